"""What a device signs: a text that says all that matters, under its own ES256 key."""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIGNATURE_BYTES: Final = 64
"""r and s, 32 bytes each, as JOSE and WebCrypto write them."""


class BadPublicKeyError(ValueError):
    """The bytes are no point of P-256."""


def text_to_sign(purpose: str, **said: str | int) -> bytes:
    """The text that a device signs: its purpose, then `name=value`, a line each, in this order.

    No value has a line break, so no two different things have the same text.
    """
    lines = [f"meguri {purpose}", *(f"{name}={value}" for name, value in said.items())]
    assert all("\n" not in line for line in lines)
    return "\n".join(lines).encode()


def is_signed(public_key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether this key, as `checked_key` returned it, signed this text (ES256)."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
    try:
        key.verify(encode_dss_signature(r, s), text, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def checked_key(x: bytes, y: bytes) -> bytes:
    """The public key with these coordinates (32 bytes each); BadPublicKeyError if it is none."""
    try:
        key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), b"\x04" + x + y)
    except ValueError as error:
        raise BadPublicKeyError("no point of P-256") from error
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
