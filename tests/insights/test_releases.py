"""A release is paid for, comes once, follows on the one before, and never changes."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import select, text

from core.database import CITY_ROLE, Connection
from core.errors import Problem
from insights.chain import NOTHING, Header
from insights.cube import read_released
from insights.mechanism import MECHANISMS, WEEKLY, WEEKLY_COST, YEAR_CAP
from insights.plans import PLAN_TOO_LATE, Plan, approve_plan, draft_plan
from insights.release_tables import BUDGET_SPENT, NO_PLAN, lock_budget
from insights.released import TableName
from insights.tables import release
from tests.insights.statistics_builder import (
    DRAFTER,
    OTHER_PERSON,
    WEEK,
    go_to,
    hold_plan,
    lists_of,
    monday_after,
    release_week,
)
from tests.town_builder import Town, new_id


@pytest.fixture(scope="module")
async def plan(city: Town) -> Plan:
    held = await hold_plan(city)
    await go_to(city, held.lists.first_week + 2 * WEEK)
    assert await release_week(city, held, held.lists.first_week) == len(WEEKLY)
    return held


@pytest.fixture
async def owner(city: Town) -> AsyncIterator[Connection]:
    session = {"role": "meguri_owner", "meguri.region": str(city.region.region_id)}
    connection = await asyncpg.connect(city.place.owner_url, server_settings=session)
    yield connection
    await connection.close()


async def used(town: Town) -> int:
    return int((await town.rows("SELECT coalesce(sum(used), 0) FROM insights.budget"))[0][0])


async def test_a_release_is_read_back_by_a_role_that_sees_nobody(city: Town, plan: Plan):
    first = plan.lists.first_week
    async with city.database.snapshot(city.region.region_id, as_role=CITY_ROLE) as db:
        tables = await read_released(db, city.region.region_id, WEEKLY, first, first + 6 * WEEK)
    assert [each.table for each in tables] == list(WEEKLY)
    areas = tables[0]
    assert [cell.keys for cell in areas.cells][:2] == [("north", "food"), ("north", "books")]
    assert (areas.sigma_yen, areas.sigma_payers_milli, areas.fewest_payers) == (223607, 29815, 80)
    assert areas.plan_digest == plan.digest
    told = next(cell for cell in areas.cells if not cell.is_suppressed)
    assert told.payers is not None
    assert told.amounts_yen is not None
    spend = told.amounts_yen["spend_yen"]
    assert spend.high - spend.value == spend.value - spend.low == 438_270
    assert told.payers.low < told.payers.value < told.payers.high


async def test_the_same_week_again_costs_nothing_and_changes_nothing(city: Town, plan: Plan):
    before = await city.rows("SELECT release_no, output, hash FROM insights.release ORDER BY 1")
    paid = await used(city)
    assert await release_week(city, plan, plan.lists.first_week, yen=5) == 0
    assert await city.rows("SELECT release_no, output, hash FROM insights.release ORDER BY 1") == (
        before
    )
    assert await used(city) == paid


async def test_each_release_names_the_one_before(city: Town, plan: Plan):
    async with city.database.snapshot(city.region.region_id) as db:
        rows = (await db.execute(select(release).order_by(release.c.release_no))).all()
    previous = NOTHING
    for row in rows:
        header = Header(
            region="setagaya", number=row.release_no, table=row.table_name,
            first_day=row.first_day, last_day=row.last_day, query=row.query_hash,
            table_hash=row.table_hash, sigma_yen=row.sigma_yen,
            sigma_payers_milli=row.sigma_payers_milli, cost=row.cost, output=row.output_sha256,
            previous=previous, released_at=row.released_at,
        )  # fmt: skip
        assert (row.prev_hash, row.hash) == (previous, header.hash)
        previous = row.hash
    assert sum(row.cost for row in rows) == await used(city)


async def test_nothing_is_released_of_a_week_that_is_not_over_or_before_the_plan(
    city: Town, plan: Plan
):
    paid = await used(city)
    with pytest.raises(Exception, match="does not follow on"):
        await release_week(city, plan, plan.lists.first_week + 2 * WEEK)
    with pytest.raises(Problem) as refused:
        await release_week(city, plan, plan.lists.first_week - WEEK)
    assert refused.value.type is NO_PLAN
    assert await used(city) == paid


async def test_over_the_cap_nothing_is_released(city: Town, plan: Plan, owner: Connection):
    transaction = owner.transaction()
    await transaction.start()
    try:
        await owner.execute("UPDATE insights.budget SET used = cap - $1", WEEKLY_COST - 1)
        with pytest.raises(asyncpg.CheckViolationError, match="budget_keeps_its_cap"):
            await owner.execute("UPDATE insights.budget SET used = used + $1", WEEKLY_COST)
    finally:
        await transaction.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE insights.release SET cost = 1",
        "DELETE FROM insights.release",
        "TRUNCATE insights.release CASCADE",
        "UPDATE insights.plan SET version = 7",
        "DELETE FROM insights.plan_approval",
        "UPDATE insights.budget SET used = used - 1",
        "UPDATE insights.budget SET used = used + 1, cap = cap - 1",
        "DELETE FROM insights.budget",
        "TRUNCATE insights.budget CASCADE",
    ],
)
async def test_not_even_the_owner_changes_what_was_told(
    owner: Connection, plan: Plan, statement: str
):
    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(statement)
    assert refused.value.sqlstate == "MG008"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO insights.release SELECT * FROM insights.release",
        "INSERT INTO insights.budget SELECT * FROM insights.budget",
        "UPDATE insights.budget SET used = 0",
        "INSERT INTO insights.plan_approval SELECT * FROM insights.plan_approval",
        "DELETE FROM insights.plan",
        "SELECT insights.header_of('x', r) FROM insights.release r",
    ],
)
async def test_the_application_writes_only_by_the_functions(city: Town, plan: Plan, statement: str):
    connection = await city.database.connect_region(city.region.region_id)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_plan_is_of_weeks_to_come(city: Town, plan: Plan):
    today, region_id = await city.today(), city.region.region_id
    begun = lists_of(monday_after(today) - WEEK)
    async with city.database.transaction(region_id) as db:
        with pytest.raises(Problem) as refused:
            await draft_plan(db, region_id, new_id(), begun, today, DRAFTER)
        assert refused.value.type is PLAN_TOO_LATE
        late = new_id()
        await draft_plan(db, region_id, late, begun, today - 2 * WEEK, DRAFTER)
        with pytest.raises(Problem) as refused:
            await approve_plan(db, city.region, late, OTHER_PERSON)
        assert refused.value.type is PLAN_TOO_LATE
        asked = text("SELECT insights.approve_plan(:region, :plan, 'admin:x')")
        with pytest.raises(Exception, match="has begun"):
            await db.execute(asked, {"region": region_id, "plan": late})


async def test_a_year_that_is_used_up_refuses_before_any_noise_is_drawn(town: Town):
    held, region_id = await hold_plan(town), town.region.region_id
    first = held.lists.first_week
    await go_to(town, first + WEEK)
    async with town.database.transaction(region_id) as db:
        await lock_budget(db, region_id, first)
    session = {"role": "meguri_owner", "meguri.region": str(region_id)}
    connection = await asyncpg.connect(town.place.owner_url, server_settings=session)
    await connection.execute("UPDATE insights.budget SET used = cap - $1", WEEKLY_COST - 1)
    await connection.close()
    with pytest.raises(Problem) as refused:
        await release_week(town, held, first)
    assert refused.value.type is BUDGET_SPENT
    assert await town.rows("SELECT 1 FROM insights.release") == []
    assert await used(town) == YEAR_CAP - WEEKLY_COST + 1


async def test_a_clock_that_was_set_back_lets_no_year_begin_anew(city: Town, plan: Plan):
    """A plan of weeks before the first one would move all years and quarters."""
    now, region_id, plan_id = await city.now(), city.region.region_id, new_id()
    await city.set_clock(now - 6 * WEEK)
    try:
        today = await city.today()
        lists = lists_of(monday_after(today))
        assert lists.first_week < plan.lists.first_week
        async with city.database.transaction(region_id) as db:
            await draft_plan(db, region_id, plan_id, lists, today, DRAFTER)
        with pytest.raises(Problem) as refused:
            async with city.database.transaction(region_id) as db:
                await approve_plan(db, city.region, plan_id, OTHER_PERSON)
        assert refused.value.type is PLAN_TOO_LATE
        by_hand = text("SELECT insights.approve_plan(:region, :plan, 'admin:x')")
        with pytest.raises(Exception, match="has begun"):
            async with city.database.transaction(region_id) as db:
                await db.execute(by_hand, {"region": region_id, "plan": plan_id})
    finally:
        await city.set_clock(now)


@pytest.mark.parametrize("table", MECHANISMS)
async def test_less_noise_than_is_paid_for_is_kept_nowhere(owner: Connection, table: TableName):
    """A ten-thousandth less of noise or cost is refused; what the mechanism says is not."""
    made = MECHANISMS[table]
    yen, payers, cost = made.sigma_yen, made.sigma_payers_milli, made.cost
    one_row = (
        "CREATE TEMPORARY TABLE tried (LIKE insights.release INCLUDING CONSTRAINTS) ON COMMIT DROP"
    )
    row = (
        "INSERT INTO tried (region_id, release_no, table_name, first_day, last_day, plan_id, scope,"
        " period, query_hash, table_hash, sigma_yen, sigma_payers_milli, cost, output,"
        " output_sha256, prev_hash, hash, released_at)"
        " VALUES (1, 1, $1, '2026-11-30', '2026-11-29'::date + $2::integer, gen_random_uuid(),"
        " 'year', '2026-11-30', sha256(''), sha256(''), $3, $4, $5, '{}', sha256('{}'), sha256(''),"
        " sha256(''), now())"
    )
    async with owner.transaction():
        await owner.execute(one_row)
        await owner.execute(row, table, 7 * made.weeks, yen, payers, cost)
        for less in (
            (yen - yen // 10_000, payers, cost),
            (yen, payers - payers // 10_000, cost),
            (yen, payers, cost - cost // 10_000),
            (1, 1, 1),
        ):
            with pytest.raises(asyncpg.CheckViolationError, match="noise_it_pays_for"):
                async with owner.transaction():
                    await owner.execute(row, table, 7 * made.weeks, *less)
