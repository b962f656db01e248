"""Opens the town before its day: region, merchants with stores, a funded campaign that is live."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from core.clock import Clock
from core.ids import uuid7
from town import answers, premises, statistics, terms, wire
from town.client import Client
from town.day import Plan
from town.directory import Listing
from town.shops import Shop
from town.tokens import Tokens
from town.wire import Answer, Call

AT_ONCE: Final = 24
SHOPS_A_CLERK: Final = 100
"""Registering a shop takes three requests, and one person may make 600 a minute."""

TOWN_NAME: Final = "ひので町"


class OpeningError(Exception):
    """The server refused something without which there is no town; says what."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What it takes to open: whom to ask, as whom, and the clock that ids follow."""

    client: Client
    tokens: Tokens
    clock: Clock
    hire: Callable[[UUID, Shop], Awaitable[UUID]] | None = None
    """Brings a shop's owner in, and says who that is; without it owners are made up."""

    async def open_region(self) -> None:
        """An operator opens the region that the tokens are for. Raises OpeningError."""
        call = wire.open_region(self.tokens.region, TOWN_NAME, self.tokens.admin("operator"))
        await must(self.client, call)

    async def open_shops(
        self, shops: Iterable[Shop], on_open: Callable[[], None]
    ) -> tuple[Listing, ...]:
        """Register every shop and fetch its QR as its owner does. Raises OpeningError."""
        room = asyncio.Semaphore(AT_ONCE)

        async def in_turn(shop: Shop) -> Listing:
            async with room:
                listing = await self._open_shop(shop)
            on_open()
            return listing

        return await _gather(in_turn(shop) for shop in shops)

    async def open_campaign(self, plan: Plan, day: date) -> UUID:
        """Draft, fund, approve and start the town's campaign, which grants nothing before `day`.

        Raises OpeningError.
        """
        campaign_id = self._new_id()
        form = {**terms.form(day), "starts_on": day.isoformat()}
        for call in steps_of_campaign(
            self.tokens, campaign_id, form, plan.budget_yen, self._new_id
        ):
            await must(self.client, call)
        return campaign_id

    async def open_statistics(self, day: date) -> None:
        """Draft and approve the town's plan of statistics. Raises OpeningError."""
        plan_id, lists = self._new_id(), statistics.plan(day)
        drafter, approver = self.tokens.admin("campaigns"), self.tokens.admin("approver")
        await must(self.client, wire.ask_for_statistics_plan(plan_id, lists, drafter))
        await must(self.client, wire.approve(plan_id, approver))

    async def _open_shop(self, shop: Shop) -> Listing:
        clerk = self.tokens.admin("finance", shop.number // SHOPS_A_CLERK)
        merchant_id, store_id = self._new_id(), self._new_id()
        await must(self.client, wire.register_merchant(merchant_id, shop, clerk))
        await must(self.client, wire.register_store(merchant_id, store_id, shop.name, clerk))
        told = premises.details_of(shop)
        await must(self.client, wire.describe_store(merchant_id, store_id, told, clerk))
        owner_id = self._new_id() if self.hire is None else await self.hire(merchant_id, shop)
        mine = await must(self.client, wire.stores(self.tokens.shop(owner_id, merchant_id)))
        return Listing(merchant_id, store_id, owner_id, answers.qr_of(mine.body, store_id))

    def _new_id(self) -> UUID:
        return uuid7(self.clock.now())


async def must(client: Client, call: Call) -> Answer:
    """Send it. Raises OpeningError where it is refused."""
    answer = await client.send(call)
    if answer.status >= 400:
        raise OpeningError(f"{call.method} {call.path}: {answer.status} {answer.slug}")
    return answer


def steps_of_campaign(
    tokens: Tokens,
    campaign_id: UUID,
    form: Mapping[str, object],
    budget_yen: int,
    new_id: Callable[[], UUID],
) -> Iterator[Call]:
    """Draft, fund, approve and start a campaign: what to send, each by whom it belongs to."""
    drafter, funder = tokens.admin("campaigns"), tokens.admin("finance")
    yield wire.draft_campaign(campaign_id, form, drafter)
    yield wire.fund_campaign(campaign_id, new_id(), budget_yen, funder)
    approver, request_id = tokens.admin("approver"), new_id()
    yield wire.ask_for_approval(campaign_id, request_id, drafter)
    yield wire.approve(request_id, approver)
    yield wire.start_campaign(campaign_id, new_id(), approver)


async def _gather(listings: Iterable[Awaitable[Listing]]) -> tuple[Listing, ...]:
    return tuple(await asyncio.gather(*listings))
