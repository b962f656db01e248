"""Forged tokens: none is believed, whatever was changed and whoever signed it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from api.tokens import LONGEST_TOKEN
from tests.api.token_world import World


def _set(**claims) -> Callable[[dict[str, Any]], None]:
    return lambda said: said.update(claims)


def _drop(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda said: said.pop(name)


@pytest.mark.parametrize(
    "change",
    [
        *[_drop(n) for n in ("iss", "aud", "sub", "region", "jti", "iat", "exp")],
        _set(iss="elsewhere"),
        _set(aud="everybody"),
        _set(aud=["resident", "admin"]),
        _set(sub="42"),
        _set(sub=None),
        _set(region="nowhere"),
        _set(region="*"),
        _set(role="owner"),
        _set(exp=2**52),
        _set(exp=True),
        _set(exp="1800000000"),
        _set(exp=1.5),
        _set(iat=None),
        _set(scope=["pay"]),
        lambda said: said.update(exp=said["iat"] + 901),
        lambda said: said.update(exp=said["iat"]),
        lambda said: said.update(iat=said["iat"] + 60, exp=said["exp"] + 60),
        lambda said: said.update(nbf=said["iat"] + 60),
    ],
)
def test_a_signed_token_with_wrong_claims_is_not_believed(change):
    world = World()
    assert world.refused(world.forged(change)) == "token-invalid"


def test_the_unchanged_forgery_is_believed_so_the_cases_above_mean_something():
    world = World()
    world.verifier.verify(world.forged(), "resident")


def test_another_key_another_algorithm_and_no_signature_are_not_believed():
    world = World()
    claims = jwt.decode(world.token(), options={"verify_signature": False})
    kid = world.keys.ring.signer(world.clock.now).kid
    public = world.keys.ring.verifier(kid, world.clock.now)
    stranger = generate_private_key(SECP256R1())
    assert public is not None
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    unsigned = jwt.encode(claims, "", "none", headers={"kid": kid})
    for token in (
        jwt.encode(claims, stranger, "ES256", headers={"kid": kid}),
        jwt.encode(claims, stranger, "ES256", headers={"kid": "unknown"}),
        jwt.encode(claims, stranger, "ES256"),
        _hs256(claims, kid, pem),
        unsigned,
        unsigned.replace(unsigned.split(".")[0], _part({"alg": "None", "kid": kid})),
        world.forged(crit=["b64"], b64=True),
    ):
        assert world.refused(token) == "token-invalid"


def test_a_changed_byte_anywhere_is_not_believed():
    world = World()
    token = world.token()
    world.verifier.verify(token, "resident")
    for place in range(0, len(token), 7):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        if token[place] == "." or _same_bytes(token, changed):
            continue
        assert world.refused(changed) == "token-invalid"


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.binary(max_size=200).map(lambda b: b.decode("latin-1"))))
def test_no_text_is_believed_or_breaks_anything(text):
    assert SHARED.refused(text) == "token-invalid"


def test_a_token_as_long_as_a_book_is_not_even_looked_at():
    world = World()
    assert world.refused("a" * (LONGEST_TOKEN + 1)) == "token-invalid"


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _hs256(claims: dict[str, Any], kid: str, secret: bytes) -> str:
    """The old trick: the public key as the secret of a symmetric algorithm."""
    signed = f"{_part({'alg': 'HS256', 'kid': kid, 'typ': 'JWT'})}.{_part(claims)}"
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _same_bytes(token: str, changed: str) -> bool:
    """The last character of a part may hold bits that no byte uses."""

    def decoded(text: str) -> list[bytes]:
        return [base64.urlsafe_b64decode(p + "=" * (-len(p) % 4)) for p in text.split(".")]

    return decoded(token) == decoded(changed)


SHARED = World()
