"""Issue the papers of approved settlement runs, some at a time, behind the approval."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from core.database import Database, now_of
from ledger.regions import Region
from merchants.issue_papers import issue_papers
from merchants.settlement_tables import settlement_run
from payments.reads import read_settings

CHUNK: Final = 500
"""Settlements whose papers are issued in one transaction: another run waits for their numbers."""

_RUN: Final = settlement_run.c


async def issue_what_lacks(
    database: Database, region: Region, beat: Callable[[], None], *, chunk: int = CHUNK
) -> int:
    """All papers of all runs that were approved and lack some; how many. Twice is once.

    Who is killed in between leaves whole papers with whole numbers, and the next one goes on.
    """
    issued = 0
    while True:
        async with database.transaction(region.region_id) as db:
            found = await _next(db, region.region_id)
            if found is None:
                return issued
            issued += await _issue(db, region, *found, chunk)
        beat()


async def _next(db: AsyncSession, region_id: int) -> tuple[UUID, str] | None:
    """The oldest run that lacks papers, and who approved it; held until the transaction ends."""
    query = select(_RUN.run_id, _RUN.approved_by).where(
        _RUN.region_id == region_id, _RUN.state == "approved", _RUN.papers_at.is_(None)
    )
    row = (await db.execute(query.order_by(_RUN.run_id).limit(1).with_for_update())).one_or_none()
    return None if row is None else (UUID(int=row[0].int), row[1])


async def _issue(
    db: AsyncSession, region: Region, run_id: UUID, approved_by: str, chunk: int
) -> int:
    """Some of a run's papers, in the name of who approved it; where none lacks, it is done."""
    settings = await read_settings(db, region.region_id)
    assert settings is not None, "the region is open"
    doer = Doer(UUID(approved_by.removeprefix("admin:")), approved_by, "approver")
    now = await now_of(db)
    issuer = settings.settlement.issuer
    issued = sum((await issue_papers(db, region, issuer, run_id, doer, now, most=chunk)).values())
    if not issued:
        of_run = _RUN.region_id == region.region_id, _RUN.run_id == run_id
        done = update(settlement_run).where(*of_run).values(papers_at=func.clock_timestamp())
        await db.execute(done)
    return issued
