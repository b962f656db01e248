"""The keys of seals: a file outside the database, for its owner only."""

import stat
from pathlib import Path

import pytest

from core.settings import load_settings
from seals.check_proof import SIGNED, key_id, read_keys
from seals.keys import (
    BadSealKeysError,
    create_seal_keys_file,
    open_seal_keys,
    public_list,
    read_seal_keys,
    rotate_seal_keys_file,
    trust,
)
from tests.commands import meguri


def test_a_file_is_made_once_and_for_its_owner_only(tmp_path: Path):
    path = tmp_path / "keys" / "seal-keys.json"
    assert create_seal_keys_file(path) is True
    before = path.read_text()
    assert create_seal_keys_file(path) is False
    assert path.read_text() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_key_signs_and_the_old_one_still_verifies(tmp_path: Path):
    path = tmp_path / "seal-keys.json"
    create_seal_keys_file(path)
    [first] = read_seal_keys(path).public
    rotated = rotate_seal_keys_file(path)
    assert rotated.public[0] == first
    assert rotated.key_id == key_id(rotated.public[1]) != key_id(first)
    assert read_seal_keys(path).key_id == rotated.key_id
    assert len(rotated.sign(b"x")) == 64
    assert SIGNED.endswith(b"\n")


def test_keys_of_others_can_be_believed_and_stay_so(tmp_path: Path):
    path = tmp_path / "seal-keys.json"
    create_seal_keys_file(path)
    other = bytes(range(32))
    assert trust(path, other).trusted == trust(path, other).trusted == (other,)
    assert rotate_seal_keys_file(path).known[key_id(other)] == other
    assert set(read_seal_keys(path).known) >= {key_id(other), read_seal_keys(path).key_id}
    assert other not in read_seal_keys(path).public


def test_what_is_published_can_be_read_and_holds_no_secret(tmp_path: Path):
    path = tmp_path / "seal-keys.json"
    create_seal_keys_file(path)
    keys = read_seal_keys(path)
    assert "private" not in str(public_list(keys.public))
    [public] = keys.public
    assert read_keys(public.hex()) == {keys.key_id: public}
    assert repr(keys).count(keys.keys[0].private_bytes_raw().hex()) == 0


@pytest.mark.parametrize(
    "text", ["", "{}", '{"keys": []}', '{"keys": [{"private": "00"}]}', '{"keys": 7}', "[" * 9999]
)
def test_a_file_that_is_no_list_of_keys_is_not_quoted(tmp_path: Path, text: str):
    path = tmp_path / "seal-keys.json"
    path.write_text(text)
    with pytest.raises(BadSealKeysError) as error:
        read_seal_keys(path)
    assert text not in str(error.value) or text == ""


def test_only_demo_and_test_make_keys_by_themselves(tmp_path: Path):
    test = load_settings(environment="test", data_dir=tmp_path)
    assert open_seal_keys(test).key_id == open_seal_keys(test).key_id
    production = load_settings(data_dir=tmp_path, keys_file=tmp_path / "keys.json")
    with pytest.raises(BadSealKeysError):
        open_seal_keys(production)
    named = production.model_copy(update={"seal_keys_file": tmp_path / "none.json"})
    with pytest.raises(FileNotFoundError):
        open_seal_keys(named)


async def test_the_command_makes_rotates_and_shows_the_public_key(tmp_path: Path):
    path = tmp_path / "seal-keys.json"
    settings = {
        "MEGURI_KEYS_FILE": str(tmp_path / "keys.json"),
        "MEGURI_SEAL_KEYS_FILE": str(path),
        "MEGURI_DATA_DIR": str(tmp_path),
    }
    code, told = await meguri("seals", "keys", **settings)
    assert (code, told.splitlines()[0]) == (0, f"Made {path}.")
    assert read_seal_keys(path).public[-1].hex() in told
    code, told = await meguri("seals", "keys", "--rotate", **settings)
    assert code == 0
    assert len(read_seal_keys(path).keys) == 2
    for no_key in ("so it is", "ab" * 31, "é" * 64):
        code, told = await meguri("seals", "trust", no_key, **settings)
        assert (code, told) == (2, "meguri: a key has 64 hex digits\n")
    del settings["MEGURI_SEAL_KEYS_FILE"]
    assert (await meguri("seals", "keys", **settings))[0] == 2
    urls = {
        "MEGURI_DATABASE_URL": "postgresql://x@127.0.0.1:1/x",
        "MEGURI_REDIS_URL": "redis://127.0.0.1:1/0",
    }
    code, told = await meguri("worker", **settings, **urls)
    assert code == 1
    assert "MEGURI_SEAL_KEYS_FILE must be set" in told
    assert "Traceback" not in told
