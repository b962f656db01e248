"""Carry out the simulations of a region, one at a time: the worker's part."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update

from campaigns.simulation_tables import simulation
from core.database import Connection, Database
from core.errors import Problem
from ledger.regions import Region
from simulations.asked import SIMULATION_TOO_LARGE, Asked
from simulations.open_past import open_past
from simulations.result import Json, result_of
from simulations.run import run

MOST_ATTEMPTS: Final = 3
"""So often one is begun whose worker ended in the middle of it."""
MOST_ENTRIES: Final = 50_000_000
"""Of the journal, in one simulation."""
TELL_EVERY_S: Final = 1.0
SHORTEST_REST_S: Final = 0.002

_OF: Final = simulation.c
_LOCK: Final = "SELECT pg_try_advisory_lock(hashtextextended('simulation', $1))"
_READS_ONLY: Final = {"default_transaction_read_only": "on"}

Rest = Callable[[float], Awaitable[None]]
"""Called with the seconds for which others have a turn."""


class _EndedMeanwhileError(Exception):
    """Somebody has cancelled it."""


@dataclass(slots=True)
class _Progress:
    """Rests as long as it worked, so that it never takes more than half of a processor, and says
    each second how far it has come.
    """

    database: Database
    region_id: int
    simulation_id: UUID
    beat: Callable[[], None]
    rest: Rest
    payments: int = 0
    _since: float = field(default_factory=monotonic)
    _told: float = field(default_factory=monotonic)

    async def __call__(self, payments: int) -> None:
        self.payments = payments
        worked_s = monotonic() - self._since
        await self.rest(max(SHORTEST_REST_S, worked_s))
        self._since = monotonic()
        if self._since - self._told >= TELL_EVERY_S:
            self._told = self._since
            self.beat()
            await _change(self.database, self.region_id, self.simulation_id, payments=payments)


async def work(
    database: Database, region: Region, beat: Callable[[], None], *, rest: Rest = asyncio.sleep
) -> UUID | None:
    """Carry out the oldest simulation that waits; which one it was. None where there is none.

    One at a time in a region, whatever the number of workers: the connection that reads has a lock,
    which ends with it. So one that is found running here was left by a worker that is gone, and
    begins anew. Raises 503s and the driver's errors; the simulation then waits for the next round.
    """
    region_id = region.region_id
    if not await _waits(database, region_id):
        return None
    connection = await database.connect_region(region_id, **_READS_ONLY)
    try:
        if not await connection.fetchval(_LOCK, region_id):
            return None
        taken = await _take(database, region_id)
        if taken is None:
            return None
        simulation_id, question, attempts = taken
        if attempts > MOST_ATTEMPTS:
            await _change(database, region_id, simulation_id, state="failed", failure="gave-up")
            return simulation_id
        progress = _Progress(database, region_id, simulation_id, beat, rest)
        asked = Asked.model_validate_json(question)
        with suppress(_EndedMeanwhileError):
            await _carry_out(database, connection, region, asked, progress)
        return simulation_id
    finally:
        await connection.close()


async def _carry_out(
    database: Database, connection: Connection, region: Region, asked: Asked, progress: _Progress
) -> None:
    region_id, simulation_id = region.region_id, progress.simulation_id
    try:
        exact = await _simulate(database, connection, region, asked, progress)
        await _change(
            database, region_id, simulation_id,
            state="done", payments=progress.payments, exact=exact,
        )  # fmt: skip
    except Problem as refused:
        if refused.type.status >= 500:
            raise
        slug = refused.type.slug
        await _change(database, region_id, simulation_id, state="failed", failure=slug)


async def _simulate(
    database: Database, connection: Connection, region: Region, asked: Asked, progress: _Progress
) -> Json:
    past = await open_past(database, connection, region, asked, progress.simulation_id)
    entries = past.last - past.first
    if entries > MOST_ENTRIES:
        raise Problem(SIMULATION_TOO_LARGE, most_entries=MOST_ENTRIES)
    await _change(database, region.region_id, progress.simulation_id, entries=entries)
    trial = await run(asked, past.tried, past, progress)
    return result_of(asked, trial, past.shops)


async def _waits(database: Database, region_id: int) -> bool:
    """Asked often, answered by an index that is mostly empty."""
    query = select(_OF.simulation_id).where(
        _OF.region_id == region_id, _OF.state.in_(("queued", "running"))
    )
    async with database.snapshot(region_id) as session:
        return (await session.execute(query.limit(1))).first() is not None


async def _take(database: Database, region_id: int) -> tuple[UUID, str, int] | None:
    oldest = (
        select(_OF.simulation_id)
        .where(_OF.region_id == region_id, _OF.state.in_(("queued", "running")))
        .order_by(_OF.simulation_id)
        .limit(1)
        .scalar_subquery()
    )
    async with database.transaction(region_id) as session:
        rows = await session.execute(
            update(simulation)
            .where(
                _OF.region_id == region_id,
                _OF.simulation_id == oldest,
                _OF.state.in_(("queued", "running")),
            )
            .values(
                state="running",
                attempts=_OF.attempts + 1,
                started_at=func.clock_timestamp(),
                payments=0,
            )
            .returning(_OF.simulation_id, _OF.question, _OF.attempts)
        )
        row = rows.one_or_none()
    return None if row is None else (UUID(int=row[0].int), row[1], row[2])


async def _change(
    database: Database, region_id: int, simulation_id: UUID, **values: object
) -> None:
    """Raises _EndedMeanwhileError where somebody has cancelled it."""
    if "state" in values:
        values["ended_at"] = func.clock_timestamp()
    async with database.transaction(region_id) as session:
        rows = await session.execute(
            update(simulation)
            .where(
                _OF.region_id == region_id,
                _OF.simulation_id == simulation_id,
                _OF.state == "running",
            )
            .values(**values)
            .returning(_OF.simulation_id)
        )
        is_there = rows.first() is not None
    if not is_there:
        raise _EndedMeanwhileError
