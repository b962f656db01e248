"""The job: release every week and quarter that is over and was not released, oldest first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from insights.figures import WEEK
from insights.mechanism import MECHANISMS, WEEKLY, WEEKS_A_QUARTER
from insights.newest_release import check_newest, mark_newest
from insights.plans import Plan, first_week, plan_for
from insights.read_figures import read_quarter, read_week
from insights.release_tables import Period, release_tables
from insights.released import TableName
from insights.tables import release
from ledger import tables as ledger_tables
from ledger.regions import Region

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """Days of which these tables are to be released."""

    first_day: date
    last_day: date
    tables: tuple[TableName, ...]


async def release_due(
    database: Database,
    region: Region,
    beat: Callable[[], None],
    *,
    until: date = date.max,
    folder: Path | None = None,
) -> int:
    """Release what is due of days up to `until`; how many tables it was. Twice is once.

    `folder` is told of the newest release, outside of the database (insights/newest_release.py).

    A period is due once the journal is past its last day: then nothing of it comes any more. Each
    is a transaction of its own, so what was released stands wherever this ends. Raises
    release-missing, privacy-budget-spent, the driver's errors, and OSError from the folder.
    """
    done = 0
    while True:
        async with database.snapshot(region.region_id) as db:
            await check_newest(db, region, folder)
            await mark_newest(db, region, folder)
            due = await next_due(db, region, until)
            plan = await plan_for(db, region.region_id, due.first_day) if due else None
        if due is None:
            return done
        assert plan is not None, "what is due lies after the first plan's first week"
        done += await _release(database, region, plan, due, beat)
        beat()


async def next_due(db: AsyncSession, region: Region, until: date = date.max) -> Due | None:
    """The oldest period that is over and not released."""
    begin = await first_week(db, region.region_id)
    if begin is None:
        return None
    newest = await _newest_day(db, region)
    over = min(until, newest - _ONE_DAY) if newest is not None else date.min
    rows = await db.execute(
        select(release.c.table_name, release.c.first_day).where(
            release.c.region_id == region.region_id
        )
    )
    known = {(row.table_name, row.first_day) for row in rows}
    for due in _periods(begin, over):
        if any((table, due.first_day) not in known for table in due.tables):
            return due
    return None


def _periods(begin: date, over: date) -> Iterator[Due]:
    """Weeks and quarters that have ended by `over`, by their last days."""
    first, weeks = begin, 0
    while first + WEEK - _ONE_DAY <= over:
        weeks += 1
        last = first + WEEK - _ONE_DAY
        yield Due(first, last, WEEKLY)
        if weeks % WEEKS_A_QUARTER == 0:
            yield Due(last + _ONE_DAY - WEEKS_A_QUARTER * WEEK, last, ("hour_weekday",))
        first += WEEK


async def _newest_day(db: AsyncSession, region: Region) -> date | None:
    """The business date of the newest entry; None before the first one."""
    head = ledger_tables.head.c
    at: datetime | None = await db.scalar(
        select(head.at).where(head.region_id == region.region_id, head.seq > 0)
    )
    return None if at is None else region.day_of(at)


async def _release(
    database: Database, region: Region, plan: Plan, due: Due, beat: Callable[[], None]
) -> int:
    if due.tables == WEEKLY:
        figures = await read_week(database, region, plan.lists, due.first_day, beat)
    else:
        days = (due.first_day, due.last_day)
        figures = await read_quarter(database, region, plan.lists, days, beat)
    assert figures.keys() == set(due.tables) <= MECHANISMS.keys()
    period = Period(due.first_day, due.last_day, plan.plan_id, plan.digest)
    async with database.transaction(region.region_id) as db:
        return await release_tables(db, region, period, figures)
