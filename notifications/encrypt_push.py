"""Encrypt what a browser gets by Web Push, so that no push service reads it (RFC 8291)."""

import os
import struct
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PUBLIC_BYTES: Final = 65
"""Of a browser's public key: a point of P-256, uncompressed."""
SECRET_BYTES: Final = 16
LARGEST_BYTES: Final = 3_993
"""What a push service must take is 4,096 bytes, of which the header and the tag have 103."""
_RECORD: Final = 4_096
_LAST: Final = b"\x02"
"""Stands behind the text of the last record (RFC 8188)."""


class BadKeyError(ValueError):
    """A browser's key is no point of P-256, or its secret has another length."""


def read_public(public: bytes) -> EllipticCurvePublicKey:
    """A browser's `p256dh`. Raises BadKeyError."""
    if len(public) != PUBLIC_BYTES or public[0] != 4:
        raise BadKeyError("a point of P-256 has 65 bytes")
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public)
    except ValueError as error:
        raise BadKeyError("it is no point of P-256") from error


def encrypt_push(text: bytes, public: bytes, secret: bytes) -> bytes:
    """The body of a push, `Content-Encoding: aes128gcm`, for whoever has the key of `public`.

    `public` and `secret` are what the browser's subscription names `p256dh` and `auth`. Each call
    has a key and a salt of its own. Raises BadKeyError, and asserts at most 3,993 bytes of text.
    """
    return _encrypt(text, public, secret, generate_private_key(SECP256R1()), os.urandom(16))


def _encrypt(
    text: bytes, public: bytes, secret: bytes, own: EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    assert len(text) <= LARGEST_BYTES, "one record"
    if len(secret) != SECRET_BYTES:
        raise BadKeyError("a secret has 16 bytes")
    shared = own.exchange(ECDH(), read_public(public))
    sender = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    material = _derive(shared, secret, b"WebPush: info\x00" + public + sender, 32)
    key = _derive(material, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(material, salt, b"Content-Encoding: nonce\x00", 12)
    header = salt + struct.pack("!IB", _RECORD, len(sender)) + sender
    return header + AESGCM(key).encrypt(nonce, text + _LAST, None)


def _derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(material)
