"""The town of a run: a region with shops, a funded campaign, and residents with full wallets."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from api.key_file import Keys
from api.open_secrets import open_keys
from api.tokens import issue
from core.clock import Clock
from core.database import Database
from core.ids import uuid7
from ledger.regions import load_regions
from torture.ground import REGION, Ground
from town import terms, wire
from town.bulk import bulk
from town.client import Client, open_client
from town.day import Plan, Size, plan_day
from town.directory import Listing
from town.opening import TOWN_NAME, Opening, must, steps_of_campaign
from town.people import Resident
from town.settle_in import settle_in
from town.startup import analyze
from town.tokens import LIFE_SECONDS, Face, Tokens
from town.wire import ZONE

OPENING_YEN: Final = 50_000
"""What each resident has at first: the most that a counter takes at a time."""

NEIGHBOUR_NAME: Final = "峠町"


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
    mint: "Backdated"

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
    per_person_day_points: int | None = None
    """A cap of the campaign in place of those that the town has by itself."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Settings of the region that differ from their defaults."""
    terms: Mapping[str, object] = field(default_factory=dict)
    """Fields of the campaign's form that differ from the town's."""


@dataclass(slots=True)
class Backdated:
    """Signs tokens as this deployment accepts them, issued so many seconds ago."""

    keys: Keys
    ago_s: int = 0

    def __call__(
        self, face: Face, sub: UUID, region: str, *, age_seconds: int = 0, **claims: str
    ) -> str:
        """A signed token of LIFE_SECONDS."""
        issued_at = int(time.time()) - age_seconds - self.ago_s
        more: dict[str, Any] = claims
        return issue(self.keys, face, sub, region, ttl_s=LIFE_SECONDS, at=issued_at, **more)


def mint_for(ground: Ground) -> Backdated:
    """Signs tokens as this deployment accepts them."""
    return Backdated(open_keys(ground.settings))


async def open_neighbour(ground: Ground, address: str, code: str) -> None:
    """Open one more region over HTTP at `address`: nobody and nothing is in it.

    Raises OpeningError.
    """
    operator = Tokens(mint_for(ground), code).admin("operator")
    async with open_client(address, ground.webhook_secret) as client:
        await must(client, wire.open_region(code, NEIGHBOUR_NAME, operator))


async def open_scene(ground: Ground, address: str, size: TownSize, seed: int) -> Scene:
    """Open the region, its shops and its campaign over HTTP at `address`, and settle people in."""
    plan = plan_day(Size(max(size.residents, 2), size.shops, 1, seed))
    mint = mint_for(ground)
    tokens = Tokens(mint, REGION)
    database = Database(ground.settings.database_url, pool_size=2)
    try:
        clock = await database.clock()
        async with open_client(address, ground.webhook_secret) as client:
            opening = Opening(client, tokens, clock)
            settings = {**wire.SETTINGS, **size.settings}
            operator = tokens.admin("operator")
            await must(client, wire.open_region(REGION, TOWN_NAME, operator, settings))
            shops = await opening.open_shops(plan.shops, lambda: None)
            campaign_id = await open_campaign(client, tokens, clock, _form(size), size.budget_yen)
        region_id = (await load_regions(database))[REGION].region_id
        people = _rich(plan, size.opening_yen)
        async with bulk(database, region_id) as verbs:
            settled = await settle_in(people, {}, verbs, clock, lambda _: None)
        await analyze(ground.settings.owner_database_url)
    finally:
        await database.close()
    holders = tuple(
        Holder(who.number, who.person_id, settled.wallets[who.number]) for who in people
    )
    return Scene(region_id, holders, shops, campaign_id, size.budget_yen, tokens, clock, mint)


async def open_campaign(
    client: Client, tokens: Tokens, clock: Clock, form: Mapping[str, object], budget_yen: int
) -> UUID:
    """A funded campaign that is live, by the hands of those who may. Raises OpeningError."""
    campaign_id = uuid7(clock.now())
    steps = steps_of_campaign(tokens, campaign_id, form, budget_yen, lambda: uuid7(clock.now()))
    for call in steps:
        await must(client, call)
    return campaign_id


def _form(size: TownSize) -> Mapping[str, object]:
    form = {**terms.form(_today()), **size.terms}
    if size.per_person_day_points is not None:
        form["caps"] = {
            "per_payment_points": terms.CAP_PAYMENT_POINTS,
            "per_person_day_points": size.per_person_day_points,
        }
    return form


def _rich(plan: Plan, opening_yen: int) -> Sequence[Resident]:
    return [replace(who, newcomer=False, opening_yen=opening_yen) for who in plan.people]


def _today() -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
