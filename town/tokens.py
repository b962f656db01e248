"""Whom the town's people act as: a real token for each, signed in for or made when it is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from time import monotonic
from typing import Final, Literal, Protocol
from uuid import UUID

from core.ids import uuid8
from town.colleagues import Colleagues
from town.phones import Phone

Face = Literal["resident", "merchant", "admin"]

LIFE_SECONDS: Final = 900
"""As long as a token may live."""

KEPT_SECONDS: Final = 600
"""After that another one is made: the day of a large town is longer than a token's life."""

EVERY_REGION: Final = "*"
_LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)


class Mint(Protocol):
    """Makes a signed token of LIFE_SECONDS, issued `age_seconds` ago; `cli` passes the real one."""

    def __call__(
        self, face: Face, sub: UUID, region: str, *, age_seconds: int = 0, **claims: str
    ) -> str: ...


@dataclass(slots=True)
class Tokens:
    """The tokens of one town. An administrator is told by role and a number from 0."""

    mint: Mint
    region: str
    phones: Mapping[UUID, Phone] = field(default_factory=dict)
    """Of people who have signed in by themselves; for all others a token is made."""
    colleagues: Colleagues = field(default_factory=Colleagues)
    """The same, of staff and administrators."""
    _made: dict[tuple[object, ...], tuple[float, str]] = field(default_factory=dict, repr=False)

    def resident(self, person_id: UUID) -> str:
        """A resident's token: the one that is on the phone, for who has one."""
        phone = self.phones.get(person_id)
        if phone is not None:
            return phone.access_token
        return self._once("resident", person_id, self.region)

    def expired_resident(self, person_id: UUID) -> str:
        """A resident's token that expired a minute ago, or more."""
        return self.mint("resident", person_id, self.region, age_seconds=LIFE_SECONDS + 60)

    def shop(self, owner_id: UUID, merchant_id: UUID) -> str:
        """A token of the shop's owner, for all its stores."""
        owner = self.colleagues.by_login.get(owner_id)
        if owner is not None:
            return owner.access_token
        return self._once(
            "merchant", owner_id, self.region, merchant=str(merchant_id), role="owner"
        )

    def admin(self, role: str, number: int = 0) -> str:
        """A token of one administrator of this role; an operator belongs to no region."""
        colleague = self.colleagues.by_name.get(f"{role} {number}")
        if colleague is not None:
            return colleague.access_token
        region = EVERY_REGION if role == "operator" else self.region
        return self._once("admin", administrator(role, number), region, role=role)

    def _once(self, face: Face, sub: UUID, region: str, **claims: str) -> str:
        key = (face, sub, *claims.values())
        made_at, token = self._made.get(key, (-inf, ""))
        if monotonic() - made_at > KEPT_SECONDS:
            token = self.mint(face, sub, region, age_seconds=0, **claims)
            self._made[key] = (monotonic(), token)
        return token


def administrator(role: str, number: int = 0) -> UUID:
    """The person who has a role in every demo town: always the same."""
    return uuid8(_LONG_AGO, "administrator", role, str(number))
