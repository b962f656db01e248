"""Cancel a task at a chosen await, and see what it has left behind in pool and database."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from types import coroutine
from typing import Any, Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.pool import QueuePool

from core.database import Database

MOST_AWAITS: Final = 2_000

LEFT_BEHIND: Final = """
    SELECT a.pid, a.state, a.query, array_agg(DISTINCT l.locktype || ' ' || l.mode) AS locks
      FROM pg_stat_activity a LEFT JOIN pg_locks l USING (pid)
     WHERE a.datname = current_database() AND a.usename <> current_user
       AND (a.xact_start IS NOT NULL OR l.pid IS NOT NULL)
     GROUP BY a.pid, a.state, a.query
"""
"""Backends of the application that are in a transaction or hold any lock."""


async def cancel_at(work: Coroutine[Any, Any, Any], nth: int) -> bool:
    """Run `work` in a task that is cancelled at its nth await; false where it had none."""
    left = [nth]

    async def run() -> None:
        await _counted(work, left)

    with suppress(asyncio.CancelledError):
        await asyncio.create_task(run())
    return left[0] <= 0


async def cancel_at_every_await(
    work: Callable[[], Coroutine[Any, Any, Any]], look: Callable[[], Awaitable[None]]
) -> int:
    """Cancel `work`, begun anew each time, at its first await, its second, and so on.

    Looks after each. Ends when it comes to its end; returns at how many awaits it was cancelled.
    """
    for nth in range(1, MOST_AWAITS):
        was_cancelled = await cancel_at(work(), nth)
        await look()
        if not was_cancelled:
            return nth - 1
    raise AssertionError("the work never came to its end")


async def nothing_is_left(superuser_url: str, database: Database) -> None:
    """Asserts that all connections are back in the pool, no transaction is open, no lock held.

    What was given up may need a moment to end, and the app looks at revocations now and then; a
    connection that was forgotten never comes back.
    """
    superuser = await asyncpg.connect(superuser_url)
    left = await _left(database, superuser)
    for _ in range(500):
        if not left:
            break
        await asyncio.sleep(0.01)
        left = await _left(database, superuser)
    await superuser.close()
    assert left == []
    async with database.everywhere() as session:
        region = await session.execute(text("SELECT current_setting('meguri.region', true)"))
        assert not region.scalar_one(), "the next one would see a region that it has not chosen"


async def _left(database: Database, superuser: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    pool = database.sqlalchemy.pool
    assert isinstance(pool, QueuePool)
    out = [f"{pool.checkedout()} connections were not given back"] if pool.checkedout() else []
    return out + [str(dict(row)) for row in await superuser.fetch(LEFT_BEHIND)]


@coroutine
def _counted(work: Coroutine[Any, Any, Any], left: list[int]) -> Generator[Any, Any, Any]:
    """As `await work`; the task cancels itself where `left` comes to 0."""
    go_on: Callable[[Any], Any] = work.send
    given: Any = None
    while True:
        try:
            waited_for = go_on(given)
        except StopIteration as done:
            return done.value
        left[0] -= 1
        if left[0] == 0:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            given = yield waited_for
            go_on = work.send
        except BaseException as failure:  # noqa: BLE001  (handed on to whoever waits)
            given, go_on = failure, work.throw
