"""A device's own key, as a client shows it: a public JWK of P-256 (RFC 7517), nothing private."""

import base64
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from access.signatures import BadPublicKeyError, checked_key
from api.fields import Body

_COORDINATE_BYTES: Final = 32


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=")


def _coordinate(text: str) -> str:
    # The last character holds two bits that mean nothing: one number has one spelling.
    raw = _decoded(text)
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != text:
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
    return checked_key(_decoded(jwk.x), _decoded(jwk.y))
