"""The keys that sign heads: a file outside PostgreSQL, and the public halves for the world.

Ed25519: the verifier needs no curve parameters and no encoding, and one signature a block costs
nothing. Keys are never taken away from the file: what an old key signed must stay verifiable.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.secret_file import create_secret_file, replace_secret_file
from core.settings import Settings
from seals.check_proof import SIGNED, key_id

MOST_KEYS: Final = 100


class BadSealKeysError(ValueError):
    """The text is not a list of seal keys. It never quotes the text."""


@dataclass(frozen=True, slots=True)
class SealKeys:
    """The private keys of a deployment, oldest first; the last one signs."""

    keys: tuple[Ed25519PrivateKey, ...]
    trusted: tuple[bytes, ...] = ()
    """Public keys whose blocks are believed too: of deployments that regions came from."""

    @property
    def known(self) -> dict[str, bytes]:
        """All public keys whose signatures are believed, by their ids."""
        return {key_id(public): public for public in (*self.public, *self.trusted)}

    @property
    def public(self) -> list[bytes]:
        """The public halves, 32 bytes each, oldest first."""
        return [key.public_key().public_bytes_raw() for key in self.keys]

    @property
    def key_id(self) -> str:
        """The name of the key that signs."""
        return key_id(self.public[-1])

    def sign(self, block_hash: bytes) -> bytes:
        """The signature of a head by the newest key."""
        return self.keys[-1].sign(SIGNED + block_hash)

    def sign_text(self, text: bytes) -> bytes:
        """The same of another statement, which says at its beginning what it is."""
        assert not text.startswith(SIGNED), "a head is signed by its hash"
        return self.keys[-1].sign(text)


def new_seal_keys() -> SealKeys:
    """One fresh key."""
    return SealKeys((Ed25519PrivateKey.generate(),))


def create_seal_keys_file(path: Path) -> bool:
    """Write a first key to `path` unless a file is there; True if it was written."""
    return create_secret_file(path, _written(new_seal_keys()))


def rotate_seal_keys_file(path: Path) -> SealKeys:
    """Add a key, which signs from the next start of each worker on. The others still verify."""
    before = read_seal_keys(path)
    keys = SealKeys((*before.keys, *new_seal_keys().keys), before.trusted)
    replace_secret_file(path, _written(keys))
    return keys


def trust(path: Path, public: bytes) -> SealKeys:
    """Believe what this key signed as well: a region came from the deployment that has it."""
    before = read_seal_keys(path)
    keys = SealKeys(before.keys, tuple(dict.fromkeys((*before.trusted, public))))
    replace_secret_file(path, _written(keys))
    return keys


def read_seal_keys(path: Path) -> SealKeys:
    """The keys in a file. Raises OSError and BadSealKeysError."""
    try:
        told = json.loads(path.read_text())
        trusted = tuple(bytes.fromhex(public) for public in told.get("trusted", []))
        keys = [
            Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key["private"]))
            for key in told["keys"]
        ]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        # The cause would quote the text, and the text is the secret.
        raise BadSealKeysError("not a list of seal keys") from None
    if not 1 <= len(keys) <= MOST_KEYS:
        raise BadSealKeysError(f"between 1 and {MOST_KEYS} seal keys are needed")
    return SealKeys(tuple(keys), trusted)


def open_seal_keys(settings: Settings) -> SealKeys:
    """The keys of the deployment. Only demo and test make them up when the file is not there.

    Raises OSError and BadSealKeysError.
    """
    path = settings.seal_keys_file
    if path is None:
        raise BadSealKeysError("MEGURI_SEAL_KEYS_FILE must be set: history is sealed with its keys")
    if settings.environment != "production":
        create_seal_keys_file(path)
    return read_seal_keys(path)


def public_list(public: list[bytes]) -> dict[str, Any]:
    """The public keys as they are published, in `keys.json` and by the API."""
    return {
        "keys": [
            {"key": key_id(each), "algorithm": "Ed25519", "public": each.hex()} for each in public
        ]
    }


def _written(keys: SealKeys) -> str:
    listed = [
        {
            "key": key_id(key.public_key().public_bytes_raw()),
            "private": key.private_bytes_raw().hex(),
        }
        for key in keys.keys
    ]
    trusted = [public.hex() for public in keys.trusted]
    return json.dumps({"keys": listed, "trusted": trusted}, indent=2) + "\n"
