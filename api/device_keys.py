"""A device's own key and its signatures, as a client shows them: JWK (RFC 7517) and base64url."""

from typing import Annotated, Any, Final, Literal, Self

from jwt.utils import base64url_decode, base64url_encode
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from access.signatures import SIGNATURE_BYTES, BadPublicKeyError, checked_key
from api.fields import Body


def _coordinate(text: str) -> str:
    # The last character holds two bits that mean nothing: one number has one spelling.
    if base64url_encode(base64url_decode(text)).decode() != text:
        raise PydanticCustomError("base64url", "base64url of 32 bytes")
    return text


Coordinate = Annotated[
    str,
    Field(strict=True, pattern=r"^[A-Za-z0-9_-]{43}$"),
    AfterValidator(_coordinate),
]
_EXAMPLE: Final[dict[str, Any]] = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
"""The public key of RFC 7515, A.3."""


class PublicJwk(Body):
    """A public key of ES256: these four members, and no private one."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Coordinate = Field(examples=[_EXAMPLE["x"]])
    y: Coordinate = Field(examples=[_EXAMPLE["y"]])

    @model_validator(mode="after")
    def _is_a_point(self) -> Self:
        try:
            public_key(self)
        except BadPublicKeyError:
            raise PydanticCustomError("public_key", "a point of P-256 is needed") from None
        return self


def public_key(jwk: PublicJwk) -> bytes:
    """The key as it is kept."""
    return checked_key(base64url_decode(jwk.x), base64url_decode(jwk.y))


def _signature(text: str) -> str:
    try:
        decoded = base64url_decode(text)
    except ValueError:
        decoded = b""
    if len(decoded) != SIGNATURE_BYTES:
        raise PydanticCustomError("signature", "a signature is base64url of 64 bytes (r and s)")
    return text


Signature = Annotated[
    str,
    Field(strict=True, max_length=88, pattern=r"^[A-Za-z0-9_-]+=*$", examples=["A" * 86]),
    AfterValidator(_signature),
]
"""An ES256 signature as JOSE and WebCrypto write it: r and s, base64url."""


def signature_bytes(text: str) -> bytes:
    """The 64 bytes of a `Signature`."""
    return base64url_decode(text)
