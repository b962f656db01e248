"""The secret of a webhook endpoint, and the signatures that it makes (Standard Webhooks 1.0)."""

import base64
import hmac
import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from access.vault import Vault

SECRET_BYTES: Final = 32
PREFIX: Final = "whsec_"


def new_secret() -> bytes:
    """A secret that nobody guesses."""
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """As whoever verifies wants it: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secret).decode()


def seal(vault: Vault, endpoint_id: UUID, secret: bytes) -> bytes:
    """As the database keeps it; a copy of the database alone signs nothing."""
    return vault.seal(_purpose(endpoint_id), secret)


def unseal(vault: Vault, endpoint_id: UUID, sealed: bytes) -> bytes:
    """The secret again. Raises SealBrokenError where another key sealed it."""
    return vault.open(_purpose(endpoint_id), sealed)


def signed(keys: Sequence[bytes], webhook_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The three headers of a webhook; a signature by each key, for whichever the receiver knows."""
    text = f"{webhook_id}.{timestamp_s}.".encode() + body
    made = (base64.b64encode(hmac.digest(key, text, "sha256")).decode() for key in keys)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(f"v1,{one}" for one in made),
    }


def _purpose(endpoint_id: UUID) -> str:
    return f"webhook secret of {endpoint_id}"
