"""What a token says: its claims, and which of them belong to which face."""

from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Face = Literal["resident", "merchant", "admin"]
"""The three sides of the API; a token is for one of them (its `aud`)."""

ALL_REGIONS: Final = "*"
"""The region of an operator's token: it runs the deployment and belongs to no region."""

MAX_TTL_S: Final = 900
"""No token lives longer than 15 minutes: what a process that is cut off could still believe."""

Seconds = Annotated[int, Field(strict=True, ge=0, lt=2**53)]
Words = Annotated[str, StringConstraints(strict=True, max_length=500, pattern=r"^[a-z0-9:_. -]*$")]
Code = Annotated[str, StringConstraints(strict=True, pattern=r"^(\*|[a-z0-9][a-z0-9-]{0,31})$")]
Stores = Annotated[frozenset[UUID], Field(max_length=500)]


class Claims(BaseModel):
    """The claims of one token. Every face has its own; nothing stands there that does not belong.

    `scope` holds words separated by spaces (RFC 9068). `stores` absent means every store of the
    merchant. `fam` names the sign-in from which a token descends. Times are Unix seconds.
    """

    model_config = ConfigDict(frozen=True)

    iss: str
    aud: Face
    sub: UUID
    region: Code
    scope: Words = ""
    jti: UUID
    iat: Seconds
    exp: Seconds
    nbf: Seconds | None = None
    fam: UUID | None = None
    merchant: UUID | None = None
    role: str | None = None
    stores: Stores | None = None

    @model_validator(mode="after")
    def _belongs_to_its_face(self) -> Self:
        roles = ROLES[self.aud]
        is_merchant = self.aud == "merchant"
        if self.role not in (roles or {None}):
            raise ValueError("the role is not one of this face")
        if (self.merchant is not None) != is_merchant:
            raise ValueError("a merchant stands in a merchant's token only")
        if self.stores is not None and not is_merchant:
            raise ValueError("stores stand in a merchant's token only")
        if (self.region == ALL_REGIONS) != (self.aud == "admin" and self.role == "operator"):
            raise ValueError("operators, and nobody else, are without a region")
        if not 0 < self.exp - self.iat <= MAX_TTL_S:
            raise ValueError("the token lives too long")
        return self


ROLES: Final[dict[Face, frozenset[str]]] = {
    "resident": frozenset(),
    "merchant": frozenset({"owner", "manager", "clerk", "accountant", "terminal"}),
    "admin": frozenset({"campaigns", "approver", "finance", "desk", "city", "auditor", "operator"}),
}
"""The roles of each face."""

SCOPES: Final[dict[Face, tuple[str, ...]]] = {
    "resident": ("wallet:read", "wallet:open", "pay", "me:read", "me:write", "device:read"),
    "merchant": ("sales:read", "refund", "staff", "pay", "settle"),
    "admin": ("admin:read", "admin:write"),
}
"""The scopes of each face, the one that only looks first. `refund` is for voids too; with `pay`
staff pay other shops from their merchant's wallet; with `settle` they ask to be settled at once."""

WAITING_SCOPE: Final = "device:read"
"""All that a device may that waits: whoever has only taken over a number learns nothing by it."""

_NARROW: Final[dict[str | None, tuple[str, ...]]] = {
    "accountant": ("sales:read", "settle"),
    **dict.fromkeys(("auditor", "city"), SCOPES["admin"][:1]),
}
"""Roles that have no use for most of what their face may."""


def scopes_of(face: Face, role: str | None = None) -> tuple[str, ...]:
    """The scopes of a token that was not narrowed: all that its face or role has a use for."""
    return _NARROW.get(role, SCOPES[face])
