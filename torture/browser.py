"""A browser that gets pushes: it has a key and a secret, and decrypts what comes (RFC 8291)."""

import struct
from base64 import urlsafe_b64encode
from os import urandom

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


class Browser:
    """One subscription."""

    def __init__(
        self, key: EllipticCurvePrivateKey | None = None, secret: bytes | None = None
    ) -> None:
        self._key = key or generate_private_key(SECP256R1())
        self.secret = secret or urandom(16)
        self.public = self._key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    def keys(self) -> dict[str, str]:
        """As a page tells them to a server."""
        return {
            "p256dh": urlsafe_b64encode(self.public).rstrip(b"=").decode(),
            "auth": urlsafe_b64encode(self.secret).rstrip(b"=").decode(),
        }

    def decrypt(self, body: bytes) -> bytes:
        """What was pushed; raises InvalidTag where it is for somebody else."""
        salt, (size, length) = body[:16], struct.unpack("!IB", body[16:21])
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size, "one record"
        point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), sender)
        shared = self._key.exchange(ECDH(), point)
        info = b"WebPush: info\0" + self.public + sender
        material = HKDF(SHA256(), 32, self.secret, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(material)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(material)
        text = AESGCM(key).decrypt(nonce, record, None)
        assert text[-1:] == b"\x02", "the last record ends so"
        return text[:-1]
