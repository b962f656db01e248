"""Tell a push service who sends (VAPID, RFC 8292): a key of this deployment signs for it."""

import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

LASTS_S: Final = 12 * 3_600
"""Of a token; more than a day is refused by push services."""
RENEWED_S: Final = 3_600
"""Before its end."""
MOST_ORIGINS: Final = 1_000


class BadVapidKeyError(Exception):
    """The file holds no private key of P-256."""


@dataclass(slots=True)
class Vapid:
    """The sender as push services know it."""

    key: EllipticCurvePrivateKey = field(repr=False)
    contact: str
    """`mailto:` or `https://`: whom a push service may write to."""
    _headers: dict[str, tuple[float, str]] = field(default_factory=dict, repr=False)

    @property
    def public(self) -> str:
        """What a browser subscribes with (`applicationServerKey`): base64url, without padding."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return urlsafe_b64encode(point).rstrip(b"=").decode()

    def authorization(self, origin: str) -> str:
        """The header for pushes to addresses of this origin; a token is made once for it."""
        now = time.time()
        until, header = self._headers.get(origin, (0.0, ""))
        if not RENEWED_S <= until - now <= LASTS_S:  # also where the clock was set back
            if len(self._headers) >= MOST_ORIGINS:
                self._headers.clear()
            until = now + LASTS_S
            said = {"aud": origin, "exp": int(until), "sub": self.contact}
            token = jwt.encode(said, self.key, algorithm="ES256")
            header = f"vapid t={token}, k={self.public}"
            self._headers[origin] = until, header
        return header


def read_vapid(path: Path, contact: str) -> Vapid:
    """The key of a PEM file. Raises BadVapidKeyError, and OSError where it cannot be read."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise BadVapidKeyError(f"{path} holds no private key in PEM") from error
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise BadVapidKeyError(f"{path} holds no key of P-256")
    return Vapid(key, contact)
