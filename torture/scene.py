"""The town of a run: a region with shops, a funded campaign, and residents with full wallets."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from api.app import open_keys
from api.tokens import issue
from core.clock import Clock
from core.database import Database
from core.ids import uuid7
from ledger.regions import load_regions
from torture.ground import REGION, Ground
from town.bulk import bulk
from town.client import open_client
from town.day import Plan, Size, plan_day
from town.directory import Listing
from town.opening import Opening
from town.people import Resident
from town.settle_in import settle_in
from town.startup import analyze
from town.tokens import LIFE_SECONDS, Face, Mint, Tokens
from town.wire import ZONE

OPENING_YEN: Final = 50_000
"""What each resident has at first: the most that a counter takes at a time."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A resident with a wallet."""

    number: int
    person_id: UUID
    wallet_id: UUID


@dataclass(frozen=True, slots=True)
class Scene:
    """Who and what there is, whom requests act as, and the clock that ids follow."""

    region_id: int
    holders: tuple[Holder, ...]
    shops: tuple[Listing, ...]
    campaign_id: UUID
    budget_yen: int
    tokens: Tokens
    clock: Clock

    def new_id(self) -> UUID:
        """A client's id of this moment."""
        return uuid7(self.clock.now())


@dataclass(frozen=True, slots=True)
class TownSize:
    """How large the town of a scenario is."""

    residents: int = 400
    shops: int = 24
    budget_yen: int = 500_000_000
    opening_yen: int = OPENING_YEN


def mint_for(ground: Ground) -> Mint:
    """Signs tokens as this deployment accepts them."""
    keys = open_keys(ground.settings)

    def mint(face: Face, sub: UUID, region: str, *, age_seconds: int = 0, **claims: str) -> str:
        issued_at = int(time.time()) - age_seconds
        more: dict[str, Any] = claims
        return issue(keys, face, sub, region, ttl_s=LIFE_SECONDS, at=issued_at, **more)

    return mint


async def open_scene(ground: Ground, address: str, size: TownSize, seed: int) -> Scene:
    """Open the region, its shops and its campaign over HTTP at `address`, and settle people in."""
    plan = replace(
        plan_day(Size(max(size.residents, 2), size.shops, 1, seed)), budget_yen=size.budget_yen
    )
    tokens = Tokens(mint_for(ground), REGION)
    database = Database(ground.settings.database_url, pool_size=2)
    try:
        clock = await database.clock()
        async with open_client(address, ground.webhook_secret) as client:
            opening = Opening(client, tokens, clock)
            await opening.open_region()
            shops = await opening.open_shops(plan.shops, lambda: None)
            campaign_id = await opening.open_campaign(plan, _today())
        region_id = (await load_regions(database))[REGION].region_id
        people = _rich(plan, size.opening_yen)
        async with bulk(database, region_id) as verbs:
            settled = await settle_in(people, verbs, clock, lambda _: None)
        await analyze(ground.settings.owner_database_url)
    finally:
        await database.close()
    holders = tuple(
        Holder(who.number, who.person_id, settled.wallets[who.number]) for who in people
    )
    return Scene(region_id, holders, shops, campaign_id, size.budget_yen, tokens, clock)


def _rich(plan: Plan, opening_yen: int) -> Sequence[Resident]:
    return [replace(who, newcomer=False, opening_yen=opening_yen) for who in plan.people]


def _today() -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
