"""Hires the town's people: an operator, the region's administrators, and the owner of each shop.

Each is invited by whom it belongs to, reads the invitation, and enrols.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final
from uuid import UUID

from core.clock import Clock
from core.database import Database
from core.ids import uuid7
from town import wire
from town.client import Client
from town.colleagues import Colleagues, read_invitation
from town.opening import SHOPS_A_CLERK, OpeningError
from town.shops import Shop
from town.tokens import Tokens

ROLES: Final = ("campaigns", "approver", "auditor")
"""Of the region's office, one person each; finance has one for so many shops."""


@dataclass(frozen=True, slots=True)
class Hiring:
    """What it takes: through whom to ask, as whom, from where each comes, and whose outbox."""

    client: Client
    households: Sequence[Client]
    tokens: Tokens
    clock: Clock
    database: Database

    async def operator(self, invitation: str, email: str) -> None:
        """The operator enrols, with the word that was given at the server."""
        await self.colleagues.enrol(self.client, "operator 0", email, invitation)

    async def office(self, region_id: int, shops: int) -> int:
        """The operator invites the region's administrators, and they enrol; how many it were."""
        region, count = self.tokens.region, 0
        for name, role in _office(shops):
            email = f"{name.replace(' ', '-')}@{region}.example.jp"
            token = self.tokens.admin("operator")
            call = wire.invite(f"operators/regions/{region}", self._new_id(), email, role, token)
            await self._bring_in(call, region_id, name, email, self.client)
            count += 1
        return count

    def owners(self, region_id: int) -> Callable[[UUID, Shop], Awaitable[UUID]]:
        """How a shop gets its owner: finance invites, and the owner enrols."""

        async def hire(merchant_id: UUID, shop: Shop) -> UUID:
            name = f"owner {shop.number}"
            email = f"owner-{shop.number}@{self.tokens.region}.example.jp"
            clerk = self.tokens.admin("finance", shop.number // SHOPS_A_CLERK)
            place = f"admin/merchants/{merchant_id}"
            call = wire.invite(place, self._new_id(), email, "owner", clerk)
            household = self.households[shop.number % len(self.households)]
            await self._bring_in(call, region_id, name, email, household)
            return self.colleagues.by_name[name].login_id

        return hire

    @property
    def colleagues(self) -> Colleagues:
        """Everybody who was hired so far."""
        return self.tokens.colleagues

    async def _bring_in(
        self, call: wire.Call, region_id: int, name: str, email: str, household: Client
    ) -> None:
        answer = await self.client.send(call)
        if answer.status >= 400:
            raise OpeningError(f"{call.method} {call.path}: {answer.status} {answer.slug}")
        invitation = await read_invitation(self.database, region_id, email)
        await self.colleagues.enrol(household, name, email, invitation)

    def _new_id(self) -> UUID:
        return uuid7(self.clock.now())


def _office(shops: int) -> Iterator[tuple[str, str]]:
    """What each administrator is called, and the role."""
    yield from ((f"{role} 0", role) for role in ROLES)
    yield from ((f"finance {number}", "finance") for number in range(ceil(shops / SHOPS_A_CLERK)))
