"""Real plans and real releases for tests: drafted, approved, paid for and kept by the real code."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg

from access.acts import Doer
from insights.cells import merge
from insights.mechanism import MECHANISMS, WEEKLY
from insights.output import Query
from insights.plan import StatisticsPlan
from insights.plans import Plan, approve_plan, draft_plan, find_plan
from insights.release_tables import Figures, Period, noisy_output, release_tables
from insights.released import TableName
from tests.notifications.message_rows import tell_a_notice
from tests.servers import Place
from tests.town_builder import ADMIN, APPROVER, Town, new_id

WEEK = timedelta(days=7)
DRAFTER = Doer(UUID(int=1), ADMIN, "campaigns")
OTHER_PERSON = Doer(UUID(int=2), APPROVER, "approver")


def lists_of(first_week: date, /, **more: Any) -> StatisticsPlan:
    """Two areas with a district each and two categories; `more` replaces whole members."""
    named = {
        code: {"code": code, "names": {"ja": code, "en": code.title()}}
        for code in ("north", "south", "station", "harbour", "food", "books")
    }
    said: dict[str, Any] = {
        "first_week": first_week.isoformat(),
        "areas": [named["north"], named["south"]],
        "districts": [
            {**named["station"], "area": "north"},
            {**named["harbour"], "area": "south"},
        ],
        "categories": [named["food"], named["books"]],
    }
    return StatisticsPlan.model_validate({**said, **more})


def monday_after(day: date) -> date:
    """The first day of the next week."""
    return day + WEEK - timedelta(days=day.weekday())


async def hold_plan(town: Town, **more: Any) -> Plan:
    """A plan of next week on, drafted by one person and approved by another."""
    today, region_id, plan_id = await town.today(), town.region.region_id, new_id()
    async with town.database.transaction(region_id) as db:
        lists = lists_of(monday_after(today), **more)
        await draft_plan(db, region_id, plan_id, lists, today, DRAFTER)
        await approve_plan(db, town.region, plan_id, OTHER_PERSON)
        found = await find_plan(db, region_id, plan_id)
    assert found is not None
    return found


async def go_to(town: Town, day: date) -> None:
    """Let it be noon of that day, and something happen, so that days before it are over."""
    noon = datetime.combine(day, time(12), town.region.zone)
    await town.set_clock(noon.astimezone(UTC))
    await town.open_wallet()


def figures_of(
    plan: StatisticsPlan, table: TableName, *, yen: int = 1_000_000, payers: int = 300
) -> Figures:
    """As many yen and payers in each cell, no cell merged."""
    mechanism, cells = MECHANISMS[table], merge(table, plan, frozenset())
    cells = type(cells)(tuple(dict.fromkeys((*cells.merged, *cells.keys))), {}, frozenset())
    amounts: Mapping[str, list[int]] = {name: [yen] * len(cells.keys) for name in mechanism.amounts}
    return Figures(cells, amounts, [payers * 1_000] * len(cells.keys))


async def release_week(
    town: Town, plan: Plan, first_day: date, tables: tuple[TableName, ...] = WEEKLY, **figures: int
) -> int:
    """Release these tables of a week that is over, of made-up true figures; how many were new."""
    period = Period(first_day, first_day + timedelta(days=6), plan.plan_id, plan.digest)
    async with town.database.transaction(town.region.region_id) as db:
        told = {table: figures_of(plan.lists, table, **figures) for table in tables}
        return await release_tables(db, town.region, period, told)


FILL = """
    INSERT INTO insights.plan
        (region_id, plan_id, version, document, digest, first_week, drafted_by)
    VALUES ($1, gen_random_uuid(), 1, '{}', sha256('{}'), '2026-11-30', 'admin:x');
    INSERT INTO insights.plan_approval
    SELECT region_id, plan_id, 1, 'admin:y', drafted_at FROM insights.plan WHERE region_id = $1;
    INSERT INTO insights.budget VALUES ($1, 'year', '2026-11-30', 520000000, 2250000);
    INSERT INTO insights.release
    SELECT region_id, 1, 'district', first_week, first_week + 6, plan_id, 'year', first_week,
           digest, digest, 316228, 42164, 2250000, '{}', sha256('{}'), digest, digest, drafted_at
      FROM insights.plan WHERE region_id = $1;
    INSERT INTO insights.delivery_month
    SELECT region_id, '2026-12-01', scope, period, 1000000 FROM insights.budget
     WHERE region_id = $1;
    INSERT INTO insights.delivery_figure
    SELECT region_id, message_id, '2026-12-01', '2026-12-01', 1800, -12, 45000, now()
      FROM notifications.message WHERE region_id = $1;
"""


async def fill_statistics(place: Place, *regions: int) -> None:
    """A row in each table, which says nothing true."""
    owner = await asyncpg.connect(place.superuser_url)
    for region_id in regions:
        for statement in FILL.split(";")[:-1]:
            await owner.execute(statement, region_id)
    await owner.close()


async def keep_delivery_figures(place: Place, region_id: int) -> None:
    """Figures of deliveries of whatever notices there are; nobody paid for them."""
    owner = await asyncpg.connect(place.superuser_url)
    for statement in FILL.split(";")[-3:-1]:
        await owner.execute(statement, region_id)
    await owner.close()


async def furnish_statistics(town: Town) -> dict[str, Any]:
    """A plan to come and two releases by its lists, whose week is not waited for; by names."""
    plan, region = await hold_plan(town), town.region
    first, last = plan.lists.first_week, plan.lists.first_week + timedelta(days=6)
    owner = await asyncpg.connect(town.place.superuser_url)
    tables: tuple[TableName, ...] = ("district", "area_category")
    try:
        await owner.execute(
            "INSERT INTO insights.budget VALUES ($1, 'year', $2, 520000000, 6750000)",
            region.region_id, first,
        )  # fmt: skip
        for number, table in enumerate(tables, start=1):
            query, made = Query(region.code, table, first, last, plan.digest), MECHANISMS[table]
            output = noisy_output(query, figures_of(plan.lists, table))
            await owner.execute(
                "INSERT INTO insights.release VALUES ($1, $2, $3, $4, $5, $6, 'year', $4, $7, $7,"
                " $8, $9, $10, $11, $12, $12, $7, now())",
                region.region_id, number, table, first, last, plan.plan_id, query.hash,
                made.sigma_yen, made.sigma_payers_milli, made.cost, output,
                sha256(output).digest(),
            )  # fmt: skip
    finally:
        await owner.close()
    message_id = await tell_a_notice(town)
    await keep_delivery_figures(town.place, region.region_id)
    again = plan.lists.model_copy(update={"areas": plan.lists.areas[:1], "districts": []})
    return {
        "plan_id": plan.plan_id,
        "release_no": 1,
        "deliveries message_id": message_id,
        "details district": "station",
        "plans plan": again.model_dump(mode="json", exclude_none=True),
    }
