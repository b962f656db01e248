"""Keep plans of statistics: drafts, which of them hold, and the one for a week."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from insights.plan import StatisticsPlan
from insights.tables import plan, plan_told
from ledger.command import ID_IN_USE
from ledger.regions import Region

PLAN_UNKNOWN: Final = problem("statistics-plan-unknown", 404, "There is no such plan.")
PLAN_TOO_LATE: Final = problem(
    "statistics-plan-too-late", 409, "The plan's first week has begun; another week is needed."
)
PLANS_ENOUGH: Final = problem(
    "statistics-plans-enough", 409, "The region has drafted as many plans as it may."
)

DISTRICT_UNKNOWN: Final = problem(
    "district-unknown", 422, "The region's plan of statistics has no such district."
)

MOST_PLANS: Final = 1_000
_OF: Final = plan_told.c
_NOW: Final = text("""
    SELECT greatest(ledger.now(),
                    (SELECT h.at FROM ledger.head h WHERE h.region_id = :region AND h.seq > 0))
""")
"""By the clock, or by the journal where the clock was set back."""
_APPROVE: Final = text("SELECT insights.approve_plan(:region, :plan, :by)")


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it stands."""

    plan_id: UUID
    version: int
    lists: StatisticsPlan
    digest: bytes
    drafted_by: str
    drafted_at: datetime
    approval_no: int | None
    """Of two plans for the same week the one with the greater number holds; None: a draft."""
    approved_by: str | None
    approved_at: datetime | None


async def draft_plan(
    db: AsyncSession, region_id: int, plan_id: UUID, lists: StatisticsPlan, today: date, doer: Doer
) -> Plan:
    """Write a plan down; the same id and content are one.

    Refuses id-in-use, statistics-plan-too-late, statistics-plans-enough.
    """
    await one_at_a_time(db, region_id, "statistics plans")
    known = await find_plan(db, region_id, plan_id)
    if known is not None:
        if known.digest != lists.digest:
            raise Problem(ID_IN_USE)
        return known
    if lists.first_week <= today:
        raise Problem(PLAN_TOO_LATE)
    newest = await db.scalar(select(func.max(plan.c.version)).where(plan.c.region_id == region_id))
    version = (newest or 0) + 1
    if version > MOST_PLANS:
        raise Problem(PLANS_ENOUGH, most=MOST_PLANS)
    await db.execute(
        insert(plan).values(
            region_id=region_id,
            plan_id=plan_id,
            version=version,
            document=lists.document(),
            digest=lists.digest,
            first_week=lists.first_week,
            drafted_by=doer.actor,
        )
    )
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="statistics_plan.drafted",
        object_id=plan_id, version=version,
    )  # fmt: skip
    made = await find_plan(db, region_id, plan_id)
    assert made is not None, "it was written down just now"
    return made


async def approve_plan(db: AsyncSession, region: Region, plan_id: UUID, doer: Doer) -> None:
    """Let it hold from its first week on. The caller knows that `doer` may.

    Refuses statistics-plan-unknown, statistics-plan-too-late.
    """
    region_id = region.region_id
    found = await find_plan(db, region_id, plan_id)
    if found is None:
        raise Problem(PLAN_UNKNOWN)
    if found.approval_no is not None:
        return
    now: datetime = (await db.execute(_NOW, {"region": region_id})).scalar_one()
    if found.lists.first_week <= region.day_of(now):
        raise Problem(PLAN_TOO_LATE)
    await db.execute(_APPROVE, {"region": region_id, "plan": plan_id, "by": doer.actor})


async def find_plan(db: AsyncSession, region_id: int, plan_id: UUID) -> Plan | None:
    """The plan under this id."""
    rows = await db.execute(
        select(plan_told).where(_OF.region_id == region_id, _OF.plan_id == plan_id)
    )
    row = rows.one_or_none()
    return None if row is None else _plan(row)


async def list_plans(
    db: AsyncSession, region_id: int, *, before: int | None, limit: int, only_approved: bool = False
) -> list[Plan]:
    """At most `limit`, newest version first, of those before that one."""
    query = select(plan_told).where(_OF.region_id == region_id)
    if before is not None:
        query = query.where(_OF.version < before)
    if only_approved:
        query = query.where(_OF.approval_no.is_not(None))
    rows = await db.execute(query.order_by(_OF.version.desc()).limit(limit))
    return list(map(_plan, rows))


async def plan_for(db: AsyncSession, region_id: int, first_day: date) -> Plan | None:
    """The plan that holds in the week of this Monday: of those that began, the last to begin."""
    rows = await db.execute(
        select(plan_told)
        .where(
            _OF.region_id == region_id,
            _OF.approval_no.is_not(None),
            _OF.first_week <= first_day,
        )
        .order_by(_OF.first_week.desc(), _OF.approval_no.desc())
        .limit(1)
    )
    row = rows.one_or_none()
    return None if row is None else _plan(row)


async def check_district(db: AsyncSession, region_id: int, code: str, today: date) -> None:
    """Raises district-unknown where there are lists, now or to come, and none of them has it."""
    this_week = today - timedelta(days=today.weekday())
    plans = [await plan_for(db, region_id, day) for day in (this_week, date.max)]
    lists = [found.lists.districts for found in plans if found is not None]
    if lists and not any(each.code == code for listed in lists for each in listed):
        raise Problem(DISTRICT_UNKNOWN)


async def first_week(db: AsyncSession, region_id: int) -> date | None:
    """The first day of the first week of which there are statistics; years begin by it."""
    found: date | None = await db.scalar(
        select(func.min(_OF.first_week)).where(
            _OF.region_id == region_id, _OF.approval_no.is_not(None)
        )
    )
    return found


def _plan(row: Row[Any]) -> Plan:
    return Plan(
        plan_id=UUID(int=row.plan_id.int),
        version=row.version,
        lists=StatisticsPlan.model_validate_json(row.document),
        digest=row.digest,
        drafted_by=row.drafted_by,
        drafted_at=row.drafted_at,
        approval_no=row.approval_no,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
    )
