"""The released week by which segments are sized and matched in a calendar month: one for all."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import CITY_ROLE, Database
from core.errors import Problem, problem
from insights.cube import read_released
from insights.plan import StatisticsPlan
from insights.plans import plan_for
from insights.released import Released, TableName
from ledger.regions import Region
from notifications.notice_tables import segment_week

NOT_SIZED: Final = problem(
    "segment-not-sized", 409, "No week was released yet by which this segment could be sized."
)
_TABLES: Final[tuple[TableName, ...]] = ("area_category", "area_age_band")
_BACK: Final = timedelta(weeks=6)
_SUNDAY: Final = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Week:
    """What was released of a week, and the lists that it goes by."""

    first_day: date
    area_category: Released
    area_age_band: Released
    lists: StatisticsPlan


async def week_of_month(database: Database, region: Region, today: date) -> Week:
    """The week of this month; segment-not-sized is refused where none of six was released."""
    pinned = await pin_week(database, region, today)
    if pinned is None:
        raise Problem(NOT_SIZED)
    found = await read_week_of(database, region, pinned)
    assert found is not None, "only released weeks are pinned, and they stay"
    return found


async def pin_week(database: Database, region: Region, today: date) -> date | None:
    """The Monday of this month's week; if there is none yet, the newest released one becomes it.

    The worker sees to it as a month begins: who asks first would else choose among its weeks, whose
    noise everybody can read.
    """
    region_id, month = region.region_id, today.replace(day=1)
    async with database.snapshot(region_id) as db:
        pinned = await _pinned(db, region_id, month)
    if pinned is not None:
        return pinned
    async with database.snapshot(region_id, as_role=CITY_ROLE) as db:
        newest = await newest_week(db, region_id, today)
    if newest is None:
        return None
    async with database.transaction(region_id) as db:
        await db.execute(
            insert(segment_week)
            .values(region_id=region_id, month=month, week=newest)
            .on_conflict_do_nothing(constraint=segment_week.primary_key)
        )
        return await _pinned(db, region_id, month)


async def newest_week(db: AsyncSession, region_id: int, today: date) -> date | None:
    """The Monday of the newest week that was released, of the last six."""
    found = await read_released(db, region_id, _TABLES[:1], today - _BACK, today)
    return found[-1].first_day if found else None


async def read_week_of(database: Database, region: Region, monday: date) -> Week | None:
    """The released tables of a week, as everybody may read them."""
    async with database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
        found = await read_released(db, region.region_id, _TABLES, monday, monday + _SUNDAY)
        plan = await plan_for(db, region.region_id, monday)
    told = {each.table: each for each in found}
    if plan is None or set(told) != set(_TABLES):
        return None
    return Week(monday, told["area_category"], told["area_age_band"], plan.lists)


async def _pinned(db: AsyncSession, region_id: int, month: date) -> date | None:
    of = segment_week.c
    found: date | None = await db.scalar(
        select(of.week).where(of.region_id == region_id, of.month == month)
    )
    return found
