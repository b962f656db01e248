"""What was spent of the privacy budget, release by release and year by year, for anybody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from insights.mechanism import WEEKS_A_YEAR
from insights.package import tables_of
from insights.package_dcat import Kind, kind_of
from insights.released import TableName
from insights.tables import budget_told, released

MOST_RELEASES: Final = 4_000
"""So many of the newest are told: those of more than twenty years."""


@dataclass(frozen=True, slots=True)
class Paid:
    """A release and what it took, without its figures."""

    release_no: int
    table: TableName
    first_day: date
    last_day: date
    plan_id: UUID
    cost: int
    """In billionths of rho."""
    output_sha256: bytes
    hash: bytes
    """Of the release and, through it, of all before it."""
    released_at: datetime


@dataclass(frozen=True, slots=True)
class Year:
    """A year of the budget: 52 weeks."""

    first_day: date
    cap: int
    used: int

    @property
    def last_day(self) -> date:
        """Its last Sunday."""
        return self.first_day + timedelta(days=7 * WEEKS_A_YEAR - 1)

    @property
    def left(self) -> int:
        """What may still be told in it."""
        return self.cap - self.used


@dataclass(frozen=True, slots=True)
class Spending:
    """All of a region, newest first."""

    years: tuple[Year, ...]
    releases: tuple[Paid, ...]

    @property
    def used(self) -> int:
        """Since the first release of all."""
        return sum(year.used for year in self.years)


@dataclass(frozen=True, slots=True)
class Period:
    """Days of which there is a package."""

    kind: Kind
    first_day: date
    last_day: date
    released_at: datetime


async def read_spending(db: AsyncSession, region_id: int) -> Spending:
    """From views that every role may read."""
    of, year = released.c, budget_told.c
    rows = await db.execute(
        select(
            of.release_no, of.table_name, of.first_day, of.last_day, of.plan_id, of.cost,
            of.output_sha256, of.hash, of.released_at,
        )
        .where(of.region_id == region_id)
        .order_by(of.release_no.desc())
        .limit(MOST_RELEASES)
    )  # fmt: skip
    years = await db.execute(
        select(year.period, year.cap, year.used)
        .where(year.region_id == region_id)
        .order_by(year.period.desc())
    )
    return Spending(
        years=tuple(Year(row.period, row.cap, row.used) for row in years),
        releases=tuple(Paid(*row) for row in rows),
    )


async def read_newest(db: AsyncSession, region_id: int) -> tuple[int, int]:
    """What grows with everything that is told: the newest release, and what was used in all."""
    of, year = released.c, budget_told.c
    newest = await db.scalar(
        select(func.coalesce(func.max(of.release_no), 0)).where(of.region_id == region_id)
    )
    used = await db.scalar(
        select(func.coalesce(func.sum(year.used), 0)).where(year.region_id == region_id)
    )
    return int(newest or 0), int(used or 0)


def periods_of(releases: Iterable[Paid]) -> list[Period]:
    """Those of which every table was released, newest first."""
    found: dict[tuple[Kind, date], list[Paid]] = {}
    for each in releases:
        found.setdefault((kind_of(each.table), each.first_day), []).append(each)
    whole = [
        Period(kind, day, them[0].last_day, max(each.released_at for each in them))
        for (kind, day), them in found.items()
        if {each.table for each in them} == set(tables_of(kind))
    ]
    return sorted(whole, key=lambda each: (each.last_day, each.kind), reverse=True)
