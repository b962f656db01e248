"""The doors to PostgreSQL: SQLAlchemy for everything, bare asyncpg for the ledger's engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
import orjson
from sqlalchemy import Column, MetaData, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from core import failpoints
from core.clock import Clock
from core.errors import Problem, ProblemType
from core.json_text import json_text
from core.outage import (
    CONNECT_TROUBLE,
    DATABASE_UNAVAILABLE,
    OUTCOME_UNKNOWN,
    RETRY_AFTER_S,
    TROUBLE,
    is_outage,
)
from core.silence import ANSWER_S, GRACE_S, BoundedConnection
from core.standby import Standby, confirm, listen

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[Any]
else:
    Connection: TypeAlias = asyncpg.Connection  # only the stubs know what kind of rows it returns

metadata = MetaData()
"""Every table of the project is declared on this, in the `tables.py` of its package."""


def needed(name: str, kind: Any, *more: Any, **options: Any) -> Column[Any]:
    """A column that is never empty."""
    return Column(name, kind, *more, nullable=False, **options)


APPLICATION_ROLE = "meguri_app"
CITY_ROLE = "meguri_city"
"""What the application becomes for queries of administrators who see no person."""
MATCHER_ROLE = "meguri_matcher"
"""What it becomes to find out whom a notice concerns."""
SENDER_ROLE = "meguri_sender"
"""What it becomes to send notices; like the two before, it reads no payment."""

_AS_ROLE = "as_role"
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_BOUNDS = {
    "timezone": "UTC",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    # A process that stops in the middle of a batch must not stop its region for longer than this.
    "idle_in_transaction_session_timeout": "10s",
}


class Database:
    """One PostgreSQL database, reached as one role, the application's, and never as its owner."""

    def __init__(
        self,
        url: str,
        *,
        role: str = APPLICATION_ROLE,
        pool_size: int = 10,
        answer_within_s: float = ANSWER_S,
    ) -> None:
        """`url` is a libpq URL; its login needs to be no more than a member of `role`. A session
        waits for each answer for so long, unless it is allowed more time.
        """
        self._url = url
        self._answer_within_s = answer_within_s
        self._bounds = {"role": role, **_BOUNDS}
        self.standby = Standby()
        self.sqlalchemy: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect_for_the_pool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            json_serializer=json_text,
            json_deserializer=orjson.loads,
        )
        # Each session begins with the same patience, whatever the one before was allowed.
        event.listen(self.sqlalchemy.sync_engine, "checkout", self._hurry)

    async def connect(self, **settings: str) -> Connection:
        """A connection of its own with the role and its time limits."""
        connection = await asyncpg.connect(
            self._url,
            timeout=10,
            server_settings={**self._bounds, **settings},
            connection_class=BoundedConnection,
        )
        connection.watch_line()
        listen(connection)
        return connection

    async def connect_region(self, region_id: int, **settings: str) -> Connection:
        """A connection that sees and moves one region only, for as long as it lives."""
        return await self.connect(**{"meguri.region": str(region_id)}, **settings)

    @asynccontextmanager
    async def transaction(
        self, region_id: int, *, as_role: str | None = None
    ) -> AsyncIterator[AsyncSession]:
        """A session in one transaction that sees one region; it commits when the block ends well.

        Whoever answers a client leaves this block first: the answer comes after the commit. With
        `as_role`, it may do no more than that role. Raises 503 database-unavailable, and
        outcome-unknown when the connection was lost while it committed.
        """
        async with self._session(OUTCOME_UNKNOWN) as session:
            await set_region(session, region_id)
            await _become(session, as_role)
            yield session

    @asynccontextmanager
    async def snapshot(
        self, region_id: int, *, as_role: str | None = None
    ) -> AsyncIterator[AsyncSession]:
        """A read-only session that sees one region as it stood at one moment.

        With `as_role`, it may read no more than that role. Raises 503 database-unavailable.
        """
        async with self._session(DATABASE_UNAVAILABLE) as session:
            await session.execute(text(_SNAPSHOT))
            await set_region(session, region_id)
            await _become(session, as_role)
            yield session

    @asynccontextmanager
    async def everywhere(self) -> AsyncIterator[AsyncSession]:
        """A session outside of any region: tables with row-level security look empty to it.

        Raises the same as `transaction`.
        """
        async with self._session(OUTCOME_UNKNOWN) as session:
            yield session

    async def clock(self) -> Clock:
        """The clock of this deployment, as the database keeps it."""
        async with self.everywhere() as session:
            row = await session.execute(
                text("SELECT is_demo, real_anchor, town_anchor, factor FROM ledger.deployment")
            )
            return Clock(*row.one())

    async def close(self) -> None:
        """Close the pool. Connections of `connect()` belong to whoever opened them."""
        await self.sqlalchemy.dispose()

    async def _connect_for_the_pool(self) -> Connection:
        try:
            return await self.connect()
        except CONNECT_TROUBLE as error:
            raise Problem(DATABASE_UNAVAILABLE, retry_after=RETRY_AFTER_S) from error

    def _hurry(self, _: object, record: ConnectionPoolEntry, __: object) -> None:
        connection = record.driver_connection
        assert isinstance(connection, BoundedConnection)
        connection.answer_within(self._answer_within_s)

    @asynccontextmanager
    async def _session(self, lost_in_commit: ProblemType) -> AsyncIterator[AsyncSession]:
        """A session that commits at its end; an outage on the way becomes a problem."""
        async with AsyncSession(self.sqlalchemy) as session:
            async with _outage_is(DATABASE_UNAVAILABLE, session):
                yield session
            failpoints.reach("session.before_commit")
            async with _outage_is(lost_in_commit, session):
                await self._commit(session)
            failpoints.reach("session.after_commit")

    async def _commit(self, session: AsyncSession) -> None:
        if not session.in_transaction():
            return
        connection = await _bounded(session)
        await self.standby.before_commit(connection)
        with connection.left_after(self._answer_within_s):
            await session.commit()
        confirm(connection)


@asynccontextmanager
async def _outage_is(told: ProblemType, session: AsyncSession) -> AsyncIterator[None]:
    try:
        yield
    except TROUBLE as error:
        if not is_outage(error):
            raise
        await session.invalidate()
        raise Problem(told, retry_after=RETRY_AFTER_S) from error


async def _become(session: AsyncSession, role: str | None) -> None:
    """The same as SET LOCAL ROLE: it ends with the transaction."""
    if role is not None:
        become = text("SELECT set_config('role', :role, true)")
        await session.execute(become, {"role": role})
    session.info[_AS_ROLE] = role


def reads_as(session: AsyncSession) -> str | None:
    """The role with whose rights a session reads; None is the application's own."""
    role: str | None = session.info.get(_AS_ROLE)
    return role


async def set_region(session: AsyncSession, region_id: int) -> None:
    """Let the transaction of `session` see and change `region_id`, and no other region."""
    await session.execute(
        text("SELECT set_config('meguri.region', :region, true)"), {"region": str(region_id)}
    )


async def allow(session: AsyncSession, seconds: int | None) -> None:
    """Let each statement of the transaction of `session` take so long; None: as long as it does."""
    connection = await _bounded(session)
    await connection.execute(f"SET LOCAL statement_timeout = '{seconds or 0}s'")
    connection.answer_within(None if seconds is None else seconds + GRACE_S)


async def now_of(session: AsyncSession) -> datetime:
    """The time by the deployment's clock, as the database keeps it; aware, in UTC."""
    now: datetime = (await session.execute(text("SELECT ledger.now()"))).scalar_one()
    return now


async def bare(session: AsyncSession) -> Connection:
    """The asyncpg connection under `session`, in the same transaction."""
    return await _bounded(session)


async def _bounded(session: AsyncSession) -> BoundedConnection:
    connection = await (await session.connection()).get_raw_connection()
    driver: BoundedConnection = connection.driver_connection  # type: ignore[assignment]
    return driver
