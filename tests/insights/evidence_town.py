"""A town with a campaign that is over, and released weeks around it; the truth is known."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from campaigns.tell_gauges import tell_gauges
from insights.mechanism import MECHANISMS
from insights.plans import Plan
from insights.release_tables import Period, release_tables
from merchants.merchant import OpenMerchant, OpenStore
from merchants.open import open_many
from payments.prepare import prepare
from tests.insights.statistics_builder import WEEK, figures_of, go_to, hold_plan
from tests.town_builder import ADMIN, Town, new_id

PLACES = [(area, trade) for area in ("north", "south") for trade in ("food", "books")]
BEFORE, DURING = 8, 3


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried in the town."""

    campaign_id: UUID
    plan: Plan
    first_day: date
    last_day: date


async def open_shops(town: Town) -> None:
    """One shop of each class in each area and category."""
    commands: list[OpenMerchant | OpenStore] = []
    for area, trade in PLACES:
        for merchant_class in ("small", "street_member"):
            merchant = OpenMerchant(
                entry_id=new_id(), actor=ADMIN, name=f"{trade} {area}",
                merchant_class=merchant_class, category=trade, area=area,
            )  # fmt: skip
            store = OpenStore(
                entry_id=new_id(), actor=ADMIN, merchant_id=merchant.entry_id, name=merchant.name
            )
            commands += [merchant, store]
    await open_many(town.database, town.region.region_id, commands, prepare)


async def campaign_over(town: Town, percent: int = 30, **terms: Any) -> Tried:
    """Weeks before, a campaign of some weeks that raised the north by so many percent, its end.

    All is released but for the last week within it.
    """
    await open_shops(town)
    plan = await hold_plan(town)
    starts = plan.lists.first_week + BEFORE * WEEK
    ends = starts + DURING * WEEK - timedelta(days=1)
    await go_to(town, starts)
    form: dict[str, Any] = {"where": {"areas": ["north"]}, "starts_on": starts, "ends_on": ends}
    campaign_id = await town.live_campaign(**{**form, **terms})
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 100_000)
    await town.pay(wallet, store, 10_000)
    await go_to(town, ends + timedelta(days=1))
    await tell_gauges(town.database, town.region, await town.today())
    for week in range(BEFORE + DURING - 1):
        await release(town, plan, week, percent)
    return Tried(campaign_id, plan, starts, ends)


async def release(town: Town, plan: Plan, week: int, percent: int) -> None:
    """One week of areas and categories; in the north more within the campaign."""
    first_day = plan.lists.first_week + week * WEEK
    told = figures_of(plan.lists, "area_category", yen=20_000_000, payers=4_000)
    raised = week >= BEFORE
    for place, keys in enumerate(told.cells.keys):
        wave = 100 + week * 7 % 5
        more = percent if raised and keys[0] == "north" else 0
        told.amounts["spend_yen"][place] = 200_000 * wave * (100 + more) // 100  # type: ignore[index]
    period = Period(first_day, first_day + timedelta(days=6), plan.plan_id, plan.digest)
    assert MECHANISMS["area_category"].amounts == ("spend_yen",)
    async with town.database.transaction(town.region.region_id) as db:
        assert await release_tables(db, town.region, period, {"area_category": told}) == 1
