"""An ES256 key as a device makes it: what it shows of itself, and what it signs."""

import base64
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from access.signatures import checked_key


def base64url(raw: bytes) -> str:
    """Without padding, as JOSE writes it."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True)
class DeviceKey:
    """A key pair; the private half never leaves it."""

    private: EllipticCurvePrivateKey = field(
        default_factory=lambda: generate_private_key(SECP256R1())
    )

    @property
    def coordinates(self) -> tuple[bytes, bytes]:
        """Two numbers, x and y."""
        numbers = self.private.public_key().public_numbers()
        return numbers.x.to_bytes(32), numbers.y.to_bytes(32)

    @property
    def public(self) -> bytes:
        """As the database keeps it."""
        return checked_key(*self.coordinates)

    @property
    def jwk(self) -> dict[str, str]:
        """As it is sent."""
        x, y = self.coordinates
        return {"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)}

    def sign(self, text: bytes) -> bytes:
        """As WebCrypto gives it: r and s."""
        r, s = decode_dss_signature(self.private.sign(text, ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def signature(self, text: bytes) -> str:
        """The same, as it is sent."""
        return base64url(self.sign(text))
