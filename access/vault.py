"""The vault's key: seals what must be read again, and hashes what could be guessed from a copy.

A six-digit code or a phone number is found from its plain hash within a second. Whoever holds a
copy of the database has no copy of this key, which is a file beside it.
"""

import base64
import hmac
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.secret_file import create_secret_file

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class BadVaultKeyError(ValueError):
    """The file does not hold a key of the vault. It is never quoted."""


class SealBrokenError(ValueError):
    """What was to be opened was sealed by another key, for another purpose, or was changed."""


class Vault:
    """One key, from which each purpose has its own."""

    def __init__(self, key: bytes) -> None:
        assert len(key) == KEY_BYTES
        self._mac_key = hmac.digest(key, b"meguri vault: mac", "sha256")
        self._box = AESGCM(hmac.digest(key, b"meguri vault: seal", "sha256"))

    def mac(self, purpose: str, *said: str | bytes) -> bytes:
        """32 bytes that stand for `said`, and cannot be made or tried out without the key."""
        whole = hmac.new(self._mac_key, digestmod=sha256)
        for part in (purpose, *said):
            raw = part.encode() if isinstance(part, str) else part
            whole.update(len(raw).to_bytes(4) + raw)
        return whole.digest()

    def seal(self, purpose: str, secret: bytes) -> bytes:
        """The secret, readable by `open` under the same purpose only."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._box.encrypt(nonce, secret, purpose.encode())

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """What was sealed; SealBrokenError for anything else."""
        try:
            return self._box.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError("what was sealed cannot be opened") from error


def create_vault_key_file(path: Path) -> bool:
    """Write a new key to `path` unless a file is there; True if it was written."""
    key = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    return create_secret_file(path, key + "\n")


def open_vault(path: Path) -> Vault:
    """The vault of the key in this file. Raises BadVaultKeyError, and OSError without a file."""
    try:
        key = base64.b64decode(path.read_text().strip(), altchars=b"-_", validate=True)
    except ValueError:  # its cause would quote the secret
        key = b""
    if len(key) != KEY_BYTES:
        raise BadVaultKeyError(f"a key is base64url of {KEY_BYTES} bytes")
    return Vault(key)
