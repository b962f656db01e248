"""An authenticator in software: real CBOR, COSE keys and signatures, as browsers send them.

Each of its habits can be changed, so that it can do wrong in every way a hostile one could.
"""

import base64
import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

UP, UV, AT = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """What was in base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One device with one passkey; `alg` is the COSE number of its signatures."""

    origin: str = "https://pay.example.jp"
    alg: int = -7
    flags: int = UP | UV
    step: int = 1
    """By how much its counter goes on; 0 for those that have none."""
    counter: int = 0
    client: dict[str, Any] = field(default_factory=dict)
    """What its client data say otherwise than they should."""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    rp_id: str = ""
    handle: bytes = b""
    key: Any = None

    def make(
        self, options: dict[str, Any], fmt: str = "none", *certificates: bytes
    ) -> dict[str, Any]:
        """Answer `navigator.credentials.create(options)`; it attests itself unless fmt is none."""
        self.rp_id = self.rp_id or options["rp"]["id"]
        self.handle = unb64(options["user"]["id"])
        self.key = self.key or _new_key(self.alg)
        cose = cbor2.dumps(_cose(self.alg, self.key))
        credential = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cose
        whole = self._head(self.flags | AT) + credential
        client = self._client("webauthn.create", options["challenge"])
        statement: dict[str, Any] = {}
        if fmt != "none":
            signature = _sign(self.alg, self.key, whole + sha256(client).digest())
            statement = {"alg": self.alg, "sig": signature}
        if certificates:
            statement["x5c"] = list(certificates)
        attested = cbor2.dumps({"fmt": fmt, "attStmt": statement, "authData": whole})
        return self._answer(client, attestationObject=b64(attested), transports=["internal"])

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.get(options)`."""
        return self.sign_challenge(options["challenge"])

    def sign_challenge(self, challenge: str) -> dict[str, Any]:
        """The same for a challenge that was not asked for: the hash of a text to confirm."""
        client = self._client("webauthn.get", challenge)
        data = self._head(self.flags)
        signature = _sign(self.alg, self.key, data + sha256(client).digest())
        return self._answer(
            client,
            authenticatorData=b64(data),
            signature=b64(signature),
            userHandle=b64(self.handle),
        )

    def _head(self, flags: int) -> bytes:
        self.counter += self.step
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | self.client).encode()

    def _answer(self, client: bytes, **response: Any) -> dict[str, Any]:
        return {
            "id": b64(self.credential_id),
            "rawId": b64(self.credential_id),
            "type": "public-key",
            "response": {"clientDataJSON": b64(client), **response},
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
        }


def _new_key(alg: int) -> Any:
    if alg == -8:
        return ed25519.Ed25519PrivateKey.generate()
    if alg == -257:
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def _cose(alg: int, key: Any) -> dict[int, Any]:
    public = key.public_key()
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {1: 1, 3: alg, -1: 6, -2: public.public_bytes_raw()}
    numbers = public.public_numbers()
    if isinstance(key, rsa.RSAPrivateKey):
        return {1: 3, 3: alg, -1: _bytes(numbers.n), -2: _bytes(numbers.e)}
    size = (key.key_size + 7) // 8
    curve = {256: 1, 384: 2, 521: 3}[key.key_size]
    return {1: 2, 3: alg, -1: curve, -2: numbers.x.to_bytes(size), -3: numbers.y.to_bytes(size)}


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


def _sign(alg: int, key: Any, data: bytes) -> bytes:
    signed: bytes
    if alg == -8:
        signed = key.sign(data)
    elif alg == -257:
        signed = key.sign(data, padding.PKCS1v15(), SHA256())
    else:
        signed = key.sign(data, ec.ECDSA(SHA256()))
    return signed
