"""A lane: one connection of an engine, and what happens on it within a time limit."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import asyncpg

from core import metrics
from core.database import Connection, Database
from core.outage import CONNECT_TROUBLE, NotLetInError, is_outage
from core.standby import confirm

T = TypeVar("T")

DEADLINE_S: Final = 20
"""When a connection dies in silence nobody says so. PostgreSQL's own limit on waiting for the
head (10 s) is shorter, so whatever takes longer than this is not going to be answered."""


class Lane:
    """One connection to one region, made when it is needed and left when it may be in disorder."""

    def __init__(self, database: Database, region_id: int, deadline_s: float) -> None:
        self.connection: Connection | None = None
        self._database = database
        self._region_id = region_id
        self._deadline_s = deadline_s

    async def attempt(self, work: Callable[[Connection], Awaitable[T]]) -> "asyncio.Future[T]":
        """What came of `work`, done: its result, or why there is none.

        With a result, what it committed stands on the synchronous standby, if there is one. The
        failure is what it raised, OnlyLocalError, or TimeoutError after the deadline; PostgreSQL
        then rolls back what the connection had open, for the connection is left.
        """
        task = asyncio.create_task(self._do(work))
        await asyncio.wait([task], timeout=self._deadline_s)
        if not task.done():
            self.leave()  # which ends the work that waits for the connection
            task.cancel()
            await asyncio.wait([task])
        if task.cancelled():
            self.leave()
            late: asyncio.Future[T] = asyncio.get_running_loop().create_future()
            late.set_exception(TimeoutError("a batch was not answered in time"))
            return late
        failure = task.exception()
        if failure is not None and not self._is_in_order_after(failure):
            self.leave()
        return task

    def _is_in_order_after(self, failure: BaseException) -> bool:
        """Whether a lone statement was refused, which leaves nothing behind."""
        is_refusal = isinstance(failure, asyncpg.SerializationError)
        return is_refusal and not (self.connection and self.connection.is_in_transaction())

    def leave(self) -> None:
        """Give the connection up at once."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.terminate()

    async def _do(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        if self.connection is None or self.connection.is_closed():
            self.connection = await self._connect()
        connection = self.connection
        await self._database.standby.before_work(connection)
        done = await work(connection)
        confirm(connection)
        return done

    async def _connect(self) -> Connection:
        # Its time limit is the lane's: PostgreSQL's own does not hold while a commit waits.
        made = self._database.connect_region(self._region_id, statement_timeout="0")
        try:
            return await made
        except CONNECT_TROUBLE as error:
            if is_outage(error):
                raise
            raise NotLetInError(f"no connection: {type(error).__name__}") from error


def failure_of(done: "asyncio.Future[Any]") -> BaseException | None:
    """Why an attempt has no result, if it has none; that is counted."""
    failure = done.exception()
    if failure is not None:
        metrics.engine_retries.labels(type(failure).__name__).inc()
    return failure
