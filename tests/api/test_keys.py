"""Key rings: which key signs, which verify, what is shown, and what is refused."""

import json
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from jwt.algorithms import ECAlgorithm

from api.key_file import Keys, create_key_file, rotate_key_file
from api.keys import (
    AFTERLIFE_S,
    LEAD_S,
    PUBLIC_SET_AGE_S,
    BadKeysError,
    KeyRing,
    new_key,
    read_ring,
    rotated,
    write_ring,
)

NOW = 1_800_000_000


def test_a_ring_reads_back_as_it_was_written():
    ring = rotated(KeyRing([new_key(NOW - 10)]), NOW)
    again = read_ring(write_ring(ring))
    assert [(k.kid, k.signs_from, k.verifies_until) for k in again.keys] == [
        (k.kid, k.signs_from, k.verifies_until) for k in ring.keys
    ]
    assert again.signer(NOW).private.private_numbers() == ring.signer(NOW).private.private_numbers()


def test_a_rotation_never_leaves_a_moment_without_a_signer_that_everybody_knows():
    old = new_key(NOW - 1000)
    ring = rotated(KeyRing([old]), NOW)
    fresh = next(key for key in ring.keys if key.kid != old.kid)
    shown = [key["kid"] for key in ring.public_set(NOW)["keys"]]
    assert fresh.kid in shown, "the new key is shown before it signs"
    assert LEAD_S > PUBLIC_SET_AGE_S, "and for longer than a copy of the set lives"
    for second in range(0, LEAD_S + AFTERLIFE_S + 10, 5):
        signer = ring.signer(NOW + second)
        assert signer.kid == (old.kid if second < LEAD_S else fresh.kid)
        # A token signed now is verified until its last second, 15 minutes from now.
        assert ring.verifier(signer.kid, NOW + second + 900 + 5) is not None
    assert ring.verifier(old.kid, NOW + LEAD_S + AFTERLIFE_S) is None
    assert len(ring.public_set(NOW + LEAD_S + AFTERLIFE_S)["keys"]) == 1


def test_a_second_rotation_drops_what_is_over_and_extends_nothing():
    first = KeyRing([new_key(NOW)])
    second = rotated(first, NOW)
    third = rotated(second, NOW + 100)
    by_kid = {key.kid: key for key in third.keys}
    assert by_kid[first.keys[0].kid].verifies_until == NOW + LEAD_S + AFTERLIFE_S
    late = rotated(third, NOW + 10 * LEAD_S)
    assert first.keys[0].kid not in {key.kid for key in late.keys}


def test_compromised_keys_stop_at_once():
    ring = rotated(KeyRing([new_key(NOW - 10)]), NOW, is_compromised=True)
    assert len(ring.keys) == 1
    assert ring.signer(NOW) is ring.keys[0]


def test_the_public_set_has_no_private_member():
    shown = KeyRing([new_key(NOW)]).public_set(NOW)
    assert [sorted(key) for key in shown["keys"]] == [["alg", "crv", "kid", "kty", "use", "x", "y"]]


def _jwk(**changes: object) -> str:
    jwk = json.loads(write_ring(KeyRing([new_key(NOW)])))["keys"][0]
    jwk.update(changes)
    return json.dumps({"keys": [{k: v for k, v in jwk.items() if v is not None}]})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": [1]}',
        "[" * 100_000,
        _jwk(d=None),
        _jwk(kty="RSA"),
        _jwk(kty="oct", k="c2VjcmV0"),
        _jwk(alg="HS256"),
        _jwk(alg="none"),
        _jwk(crv="P-384"),
        _jwk(x="AA"),
        _jwk(kid=""),
        _jwk(kid=7),
        _jwk(signs_from="soon"),
        _jwk(signs_from=True),
        _jwk(verifies_until=1.5),
        json.dumps({"keys": [ECAlgorithm.to_jwk(generate_private_key(SECP384R1()), as_dict=True)]}),
    ],
)
def test_anything_but_a_set_of_private_p256_keys_is_refused(text: str):
    with pytest.raises(BadKeysError) as refused:
        read_ring(text)
    assert refused.value.__cause__ is None, "the cause would quote the secret"


def test_the_same_kid_twice_and_too_many_keys_are_refused():
    key = new_key(NOW)
    with pytest.raises(BadKeysError):
        KeyRing([key, key])
    with pytest.raises(BadKeysError):
        KeyRing([new_key(NOW) for _ in range(17)])


def test_no_key_that_has_not_begun_or_is_over_signs():
    with pytest.raises(BadKeysError):
        KeyRing([new_key(NOW + 1)]).signer(NOW)


def test_a_key_does_not_show_its_private_half_when_it_is_printed():
    key = new_key(NOW)
    assert repr(key) == f"Key(kid={key.kid!r}, signs_from={NOW}, verifies_until=None)"


def test_a_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path):
    path = tmp_path / "deep" / "keys.json"
    assert create_key_file(path) is True
    first = path.read_text()
    assert create_key_file(path) is False
    assert path.read_text() == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [name.name for name in path.parent.iterdir()] == ["keys.json"]


def test_a_running_process_sees_a_rotation(tmp_path: Path):
    path = tmp_path / "keys.json"
    create_key_file(path)
    keys = Keys("meguri", path)
    before = {key.kid for key in keys.ring.keys}
    rotate_key_file(path)
    assert _after_a_second(keys) > before
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.is_current


def test_a_broken_key_file_leaves_the_ring_and_is_told(tmp_path: Path):
    path = tmp_path / "keys.json"
    create_key_file(path)
    keys = Keys("meguri", path)
    before = {key.kid for key in keys.ring.keys}
    good = path.read_text()
    path.write_text("{")
    assert _after_a_second(keys) == before
    assert not keys.is_current
    path.unlink()
    assert _after_a_second(keys) == before
    assert not keys.is_current
    path.write_text(good)
    assert _after_a_second(keys) == before
    assert keys.is_current


def test_a_process_does_not_start_without_keys(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        Keys("meguri", tmp_path / "keys.json")
    (tmp_path / "keys.json").write_text("nonsense")
    with pytest.raises(BadKeysError):
        Keys("meguri", tmp_path / "keys.json")


def _after_a_second(keys: Keys) -> set[str]:
    time.sleep(1.05)
    return {key.kid for key in keys.ring.keys}
