"""Verify a region with its statistics: releases follow on each other, and budgets are their sum."""

from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import BigInteger, Row, cast, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from insights.chain import NOTHING, Header
from insights.mechanism import MECHANISMS
from insights.newest_release import is_missing, marked
from insights.output import Output, Query
from insights.plans import first_week
from insights.tables import budget, delivery_month, plan, release
from ledger.regions import Region
from ledger.verify import MOST_FAULTS, Check, Verdict, verify_region
from payments.verify import CHECKS
from payments.verify_acts import ACTS
from payments.verify_rows import ROWS

_AT_ONCE: Final = 50
"""Releases that are held in memory together."""


async def verify_whole_region(
    database: Database, region: Region, folder: Path | None = None
) -> Verdict:
    """As `verify_books`, and beside it what was told of people, and who was let do what.

    With the folder of published heads, also whether the newest release is the one written there.
    Raises OSError where that cannot be read.
    """
    mark = marked(folder, region.code)

    async def _newest(db: AsyncSession, region: Region) -> list[str]:
        if mark is None or not await is_missing(db, region, mark):
            return []
        return [f"release {mark.release_no} is not there, or is another one"]

    published = {"the newest release that was published is there": _newest}
    return await verify_region(
        database, region, {**CHECKS, **ACTS, **ROWS, **STATISTICS, **published}
    )


async def _follow_on(db: AsyncSession, region: Region) -> list[str]:
    """Numbers, hashes and bytes of every release, recomputed."""
    faults: list[str] = []
    number, previous = 0, NOTHING
    async for row in _releases(db, region.region_id):
        number += 1
        found = _fault_of(region, row, number, previous)
        if found is not None and len(faults) < MOST_FAULTS:
            faults.append(f"release {row.release_no}: {found}")
        number, previous = row.release_no, row.hash
    return faults


def _fault_of(region: Region, row: Row[Any], number: int, previous: bytes) -> str | None:
    """What is wrong with a release that should have this number and follow on that hash."""
    header = Header(
        region=region.code,
        number=row.release_no,
        table=row.table_name,
        first_day=row.first_day,
        last_day=row.last_day,
        query=row.query_hash,
        table_hash=row.table_hash,
        sigma_yen=row.sigma_yen,
        sigma_payers_milli=row.sigma_payers_milli,
        cost=row.cost,
        output=row.output_sha256,
        previous=row.prev_hash,
        released_at=row.released_at,
    )
    if row.release_no != number or row.prev_hash != previous:
        return "it does not follow on the one before"
    if header.hash != row.hash:
        return "it is not what its hash says"
    if sha256(row.output).digest() != row.output_sha256:
        return "its bytes are not what their hash says"
    if not _answers_its_question(region, row):
        return "it answers another question"
    return _misfit_of(row)


def _answers_its_question(region: Region, row: Row[Any]) -> bool:
    """Whether what was asked is this table of the region, of these days, by the row's plan."""
    if row.plan_digest is None:
        return False
    query = Query(region.code, row.table_name, row.first_day, row.last_day, row.plan_digest)
    return bool(query.hash == row.query_hash)


def _misfit_of(row: Row[Any]) -> str | None:
    """Whether the bytes tell another table, other days, lists, noise or cost than the row."""
    try:
        told = Output.model_validate_json(row.output)
    except ValidationError:
        return "its bytes cannot be read"
    said = (
        told.table, told.first_day, told.last_day, told.plan, told.sigma_yen,
        told.sigma_payers_milli, told.cost_nano_rho,
    )  # fmt: skip
    kept = (
        row.table_name, row.first_day.isoformat(), row.last_day.isoformat(),
        row.plan_digest.hex(), row.sigma_yen, row.sigma_payers_milli, row.cost,
    )  # fmt: skip
    mechanism = MECHANISMS[told.table]
    paid = mechanism.sigma_yen, mechanism.sigma_payers_milli, mechanism.cost
    if said != kept or said[4:] != paid:
        return "its bytes tell another table, noise or cost"
    return None


async def _budgets(db: AsyncSession, region: Region) -> list[str]:
    """What is used of each year is what its releases and its months of notices cost."""
    each = union_all(
        *(
            select(of.c.scope, of.c.period, of.c.cost).where(of.c.region_id == region.region_id)
            for of in (release, delivery_month)
        )
    ).subquery()
    paid = (
        select(each.c.scope, each.c.period, cast(func.sum(each.c.cost), BigInteger).label("cost"))
        .group_by(each.c.scope, each.c.period)
        .subquery()
    )
    kept = select(budget).where(budget.c.region_id == region.region_id).subquery()
    same = (paid.c.scope == kept.c.scope) & (paid.c.period == kept.c.period)
    used, cost = func.coalesce(kept.c.used, 0), func.coalesce(paid.c.cost, 0)
    rows = await db.execute(
        select(func.coalesce(kept.c.period, paid.c.period), used, cost)
        .select_from(kept)
        .join(paid, same, full=True)
        .where(used != cost)
        .order_by(func.coalesce(kept.c.period, paid.c.period))
        .limit(MOST_FAULTS)
    )
    return [
        f"year from {period}: used {used_up}, and releases cost {spent}"
        for period, used_up, spent in rows
    ]


async def _whole_periods(db: AsyncSession, region: Region) -> list[str]:
    """Each is of a week from Monday, or of the thirteen of a quarter from the first week on."""
    begin = await first_week(db, region.region_id)
    rows = await db.execute(
        select(release.c.release_no, release.c.table_name, release.c.first_day, release.c.last_day)
        .where(release.c.region_id == region.region_id)
        .order_by(release.c.release_no)
    )
    faults = []
    for number, table, first_day, last_day in rows:
        weeks = MECHANISMS[table].weeks
        since = (first_day - begin).days if begin is not None else -1
        if since < 0 or since % (7 * weeks) or (last_day - first_day).days != 7 * weeks - 1:
            faults.append(f"release {number}")
    return faults[:MOST_FAULTS]


async def _plans(db: AsyncSession, region: Region) -> list[str]:
    """A plan is what its digest says."""
    of = plan.c
    rows = await db.execute(
        select(of.version, of.document, of.digest).where(of.region_id == region.region_id)
    )
    return [
        f"plan {row.version}"
        for row in rows
        if sha256(row.document.encode()).digest() != row.digest
    ][:MOST_FAULTS]


STATISTICS: Final[Mapping[str, Check]] = {
    "releases are what their hashes say, each after the one before": _follow_on,
    "releases are of whole weeks and quarters": _whole_periods,
    "what is used of a privacy budget is what releases cost": _budgets,
    "plans of statistics are what their digests say": _plans,
}


async def _releases(db: AsyncSession, region_id: int) -> AsyncIterator[Row[Any]]:
    after = 0
    while True:
        rows = (
            await db.execute(
                select(release, plan.c.digest.label("plan_digest"))
                .join(
                    plan,
                    (plan.c.region_id == release.c.region_id)
                    & (plan.c.plan_id == release.c.plan_id),
                    isouter=True,
                )
                .where(release.c.region_id == region_id, release.c.release_no > after)
                .order_by(release.c.release_no)
                .limit(_AT_ONCE)
            )
        ).all()
        for row in rows:
            yield row
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].release_no
