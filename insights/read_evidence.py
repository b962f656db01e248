"""Read what a report of evidence is made of: stored tables and public facts. It costs no budget."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.campaign import CAMPAIGN_UNKNOWN
from campaigns.ran import Ran, campaigns_that_ran
from campaigns.reads import find_campaign
from core.errors import Problem, problem
from insights.cube import read_released
from insights.evidence import Known, campaigns_beside, reach_in, since_of, table_of
from insights.figures import WEEK
from insights.mechanism import WEEKLY
from insights.panel import MOST_AFTER, MOST_BEFORE, weeks_around
from insights.plans import plan_for
from insights.read_traders import read_standings, traders_of
from insights.release_tables import NO_PLAN
from insights.released import Released
from ledger.regions import Region

CAMPAIGN_NOT_OVER: Final = problem(
    "campaign-not-over", 409, "Evidence is told of campaigns that have run and are over."
)
NOT_RELEASED: Final = problem(
    "statistics-not-released", 409, "The weeks of this campaign are not released yet."
)

_DAY: Final = timedelta(days=1)
_TO_SUNDAY: Final = timedelta(days=6)
"""From any day on, the next Monday is as far away at most."""


async def read_evidence(db: AsyncSession, region: Region, campaign_id: UUID) -> Known:
    """From views that every role may read that sees no person.

    Refuses campaign-unknown, campaign-not-over, statistics-plan-missing, statistics-not-released.
    """
    region_id = region.region_id
    if await find_campaign(db, region_id, campaign_id) is None:
        raise Problem(CAMPAIGN_UNKNOWN)
    today = region.day_of((await db.execute(select(func.ledger.now()))).scalar_one())
    all_of_them = await campaigns_that_ran(db, region_id)
    ran = next((each for each in all_of_them if each.campaign_id == campaign_id), None)
    if ran is None or not ran.is_over(today):
        raise Problem(CAMPAIGN_NOT_OVER)
    tables = await _tables_around(db, region_id, ran)
    plan = await plan_for(db, region_id, ran.first_day + _TO_SUNDAY)
    if plan is None:
        raise Problem(NO_PLAN)
    by_category = [each for each in tables if each.table == "area_category"]
    last_whole = ran.last_day + _DAY - WEEK
    if not by_category or by_category[-1].last_day < last_whole:
        raise Problem(NOT_RELEASED)
    traders = traders_of(
        await read_standings(db, region_id, plan.lists, ran.last_day),
        dict(_newest_within(by_category, ran).merged),
    )
    table = table_of(ran, traders)
    releases = [each for each in tables if each.table == table]
    if not releases:
        raise Problem(NOT_RELEASED)
    cells = [cell.keys for cell in _newest_within(releases, ran).cells]
    since = since_of(ran, all_of_them)
    weeks = weeks_around(ran.first_day, ran.last_day, releases, since)
    return Known(
        region=region.code,
        ran=ran,
        others=campaigns_beside(ran, all_of_them, (*weeks.used, *weeks.after)),
        traders=traders,
        lists=plan.lists,
        releases=releases,
        reach=reach_in(ran, traders, cells),
        since=since,
    )


async def _tables_around(db: AsyncSession, region_id: int, ran: Ran) -> list[Released]:
    first_day = ran.first_day - (MOST_BEFORE + 1) * WEEK
    last_day = ran.last_day + (MOST_AFTER + 1) * WEEK
    return await read_released(db, region_id, WEEKLY, first_day, last_day)


def _newest_within(releases: Sequence[Released], ran: Ran) -> Released:
    """Of the campaign's weeks, or of those before it where none of these is."""
    within = [each for each in releases if each.first_day <= ran.last_day]
    return (within or releases)[-1]
