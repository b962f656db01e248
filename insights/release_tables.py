"""Release tables of one period: lock, pay, draw, keep, in one transaction; twice is once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core import failpoints
from core.database import now_of
from core.errors import Problem, problem
from insights.cells import Cells
from insights.chain import Header
from insights.mechanism import CLIP_YEN, MECHANISMS, SENSITIVITY_MILLI
from insights.noise import add_noise
from insights.output import Query, table_hash, write_output
from insights.released import TableName
from insights.tables import release
from ledger.regions import Region

BUDGET_SPENT: Final = problem(
    "privacy-budget-spent", 409, "What may be told of people in this year has been told."
)
NO_PLAN: Final = problem(
    "statistics-plan-missing", 409, "No plan of statistics holds for these days."
)

_LOCK: Final = text("SELECT * FROM insights.lock_budget(:region, :day)")
_APPEND: Final = text("""
    SELECT insights.append(:region, :number, :table, :first, :last, :plan, :query, :table_hash,
                           :sigma_yen, :sigma_payers_milli, :cost, :output, :hash, :at)
""")


@dataclass(frozen=True, slots=True)
class Figures:
    """What is true of a table, bounded: never told, and forgotten once the noise is added."""

    cells: Cells
    amounts: Mapping[str, Sequence[int]]
    payers_milli: Sequence[int]


@dataclass(frozen=True, slots=True)
class Period:
    """Days, and the plan whose lists hold in them."""

    first_day: date
    last_day: date
    plan_id: UUID
    plan_digest: bytes


async def release_tables(
    db: AsyncSession, region: Region, period: Period, tables: Mapping[TableName, Figures]
) -> int:
    """Release those that have not been yet; how many it were. All or none of them, in the caller's
    transaction, which nobody else of the region's releases comes into.

    Refuses privacy-budget-spent, and statistics-plan-missing before the first plan's first week.
    """
    region_id = region.region_id
    failpoints.reach("release.before_lock")
    budget = await lock_budget(db, region_id, period.first_day)
    failpoints.reach("release.after_lock")
    new = [name for name in tables if not await _is_known(db, region_id, name, period)]
    if budget.used + sum(MECHANISMS[name].cost for name in new) > budget.cap:
        raise Problem(BUDGET_SPENT)
    at = await now_of(db)
    previous: bytes = budget.hash
    for number, name in enumerate(new, start=budget.release_no + 1):
        query = Query(region.code, name, period.first_day, period.last_day, period.plan_digest)
        output = noisy_output(query, tables[name])
        failpoints.reach("release.after_noise")
        header = _header(query, tables[name].cells, output, number, previous, at)
        await _append(db, region_id, period.plan_id, header, output)
        failpoints.reach("release.after_keep")
        previous = header.hash
    return len(new)


async def lock_budget(db: AsyncSession, region_id: int, day: date) -> Row[Any]:
    """The budget of the year of `day` and the newest release; the region's releases wait.

    Refuses statistics-plan-missing.
    """
    row = (await db.execute(_LOCK, {"region": region_id, "day": day})).one_or_none()
    if row is None:
        raise Problem(NO_PLAN)
    return row


def noisy_output(query: Query, figures: Figures) -> bytes:
    """The bytes of a table: the only place where true figures become what may be told."""
    mechanism = MECHANISMS[query.table]
    cost = mechanism.cost_of_a_measure
    amounts = {
        name: add_noise(figures.amounts[name], CLIP_YEN, mechanism.sigma_yen, cost)
        for name in mechanism.amounts
    }
    payers = add_noise(figures.payers_milli, SENSITIVITY_MILLI, mechanism.sigma_payers_milli, cost)
    return write_output(query, mechanism, figures.cells, amounts, payers)


async def _is_known(db: AsyncSession, region_id: int, table: TableName, period: Period) -> bool:
    """Whether the table of these days was released, under whichever plan."""
    found = await db.scalar(
        select(release.c.release_no).where(
            release.c.region_id == region_id,
            release.c.table_name == table,
            release.c.first_day == period.first_day,
        )
    )
    return found is not None


def _header(
    query: Query, cells: Cells, output: bytes, number: int, previous: bytes, at: datetime
) -> Header:
    mechanism = MECHANISMS[query.table]
    return Header(
        region=query.region,
        number=number,
        table=query.table,
        first_day=query.first_day,
        last_day=query.last_day,
        query=query.hash,
        table_hash=table_hash(mechanism, cells),
        sigma_yen=mechanism.sigma_yen,
        sigma_payers_milli=mechanism.sigma_payers_milli,
        cost=mechanism.cost,
        output=sha256(output).digest(),
        previous=previous,
        released_at=at,
    )


async def _append(
    db: AsyncSession, region_id: int, plan_id: UUID, header: Header, output: bytes
) -> None:
    """Pay for it and keep it."""
    await db.execute(
        _APPEND,
        {
            "region": region_id, "number": header.number, "table": header.table,
            "first": header.first_day, "last": header.last_day, "plan": plan_id,
            "query": header.query, "table_hash": header.table_hash,
            "sigma_yen": header.sigma_yen, "sigma_payers_milli": header.sigma_payers_milli,
            "cost": header.cost, "output": output, "hash": header.hash, "at": header.released_at,
        },
    )  # fmt: skip
