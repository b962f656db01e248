"""Read what was released and what it cost, for whoever looks: by number, newest first."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from insights.figures import WEEK
from insights.mechanism import WEEKS_A_YEAR
from insights.released import TableName
from insights.tables import budget_told, released


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """A release without its bytes."""

    release_no: int
    table_name: TableName
    first_day: date
    last_day: date
    plan_id: UUID
    cost: int
    """In billionths of rho."""
    sigma_yen: int
    sigma_payers_milli: int
    output_sha256: bytes
    prev_hash: bytes
    hash: bytes
    released_at: datetime


@dataclass(frozen=True, slots=True)
class YearBudget:
    """What may be told in a year, in billionths of rho."""

    first_day: date
    last_day: date
    cap: int
    used: int


async def list_releases(
    db: AsyncSession,
    region_id: int,
    *,
    before: int | None,
    limit: int,
    table: TableName | None = None,
    from_day: date | None = None,
    to_day: date | None = None,
) -> list[ReleaseLine]:
    """At most `limit`, newest first, numbered below `before`; days are those that they cover."""
    of = released.c
    query = select(*(of[name] for name in ReleaseLine.__slots__)).where(of.region_id == region_id)
    if before is not None:
        query = query.where(of.release_no < before)
    if table is not None:
        query = query.where(of.table_name == table)
    if from_day is not None:
        query = query.where(of.last_day >= from_day)
    if to_day is not None:
        query = query.where(of.first_day <= to_day)
    rows = await db.execute(query.order_by(of.release_no.desc()).limit(limit))
    return [ReleaseLine(*row) for row in rows]


async def find_output(db: AsyncSession, region_id: int, release_no: int) -> bytes | None:
    """The bytes of a release, as they were stored."""
    of = released.c
    found: bytes | None = await db.scalar(
        select(of.output).where(of.region_id == region_id, of.release_no == release_no)
    )
    return found


async def list_budgets(db: AsyncSession, region_id: int) -> list[YearBudget]:
    """Each year of which something was released, oldest first."""
    of = budget_told.c
    rows = await db.execute(
        select(of.period, of.cap, of.used).where(of.region_id == region_id).order_by(of.period)
    )
    last = WEEKS_A_YEAR * WEEK - WEEK / 7
    return [YearBudget(row.period, row.period + last, row.cap, row.used) for row in rows]
