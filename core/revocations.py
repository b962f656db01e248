"""Revoked tokens: PostgreSQL holds the truth, each process looks it up in a copy one second old.

A look-up is a dictionary access and never waits. A copy that could not be refreshed for ten
seconds is worth nothing: then `check` refuses everybody (fail closed), until it is fresh again.
Redis has no part in this.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    delete,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Connection, Database, metadata
from core.errors import Problem, problem
from core.outage import CONNECT_TROUBLE

TOKEN_REVOKED: Final = problem("token-revoked", 401, "This token was revoked.")
REVOCATIONS_UNKNOWN: Final = problem(
    "revocations-unknown", 503, "It cannot be known right now which tokens were revoked."
)

Kind = Literal["jti", "sub", "family"]
"""What is revoked: one token; all of a subject's so far; all that descend from one sign-in."""

EVERYWHERE: Final = 0
"""The region_id under which tokens without a region (operators) are revoked."""

REFRESH_S: Final = 1.0
STALE_S: Final = 10.0
WHOLE_S: Final = 30.0
# A row becomes visible when its transaction commits, at most 30 s (statement_timeout) and 10 s
# (idle in transaction) after it was stamped: reading a minute back misses none.
OVERLAP: Final = timedelta(seconds=60)
MOST: Final = 200_000
QUERY_TIMEOUT_S: Final = 5.0

revocation = Table(
    "revocation",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Uuid, nullable=False),
    Column(
        "revoked_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=func.clock_timestamp(),
    ),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("region_id", "kind", "value", name="revocation_key"),
    CheckConstraint("kind IN ('jti', 'sub', 'family')", name="revocation_kind_is_known"),
    CheckConstraint("expires_at > revoked_at", name="revocation_lasts"),
    Index("revocation_by_time", "revoked_at"),
    schema="access",
)

_READ: Final = """
    SELECT region_id, kind, value, revoked_at, expires_at, clock_timestamp() AS read_at
    FROM access.revocation
    WHERE revoked_at > $1 AND expires_at > clock_timestamp()
    ORDER BY revoked_at
    LIMIT $2
"""
_FROM_THE_FIRST: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")

_Entry = tuple[float, float]  # revoked_at, expires_at, in seconds of the Unix epoch


async def revoke(
    session: AsyncSession, region_id: int, kind: Kind, value: UUID, lasts: timedelta
) -> None:
    """Revoke in the caller's transaction; it holds in every process a second after the commit.

    `lasts` is at least the longest life of a token that it must outlive. For `sub`, tokens issued
    up to this moment die and later ones live, so that a person can sign in again.
    """
    assert lasts > timedelta(0)
    row = insert(revocation).values(
        region_id=region_id,
        kind=kind,
        value=value,
        revoked_at=func.clock_timestamp(),
        expires_at=func.clock_timestamp() + lasts,
    )
    later = {
        "revoked_at": row.excluded.revoked_at,
        "expires_at": func.greatest(revocation.c.expires_at, row.excluded.expires_at),
    }
    await session.execute(row.on_conflict_do_update(constraint=revocation.primary_key, set_=later))


async def forget_expired(session: AsyncSession, region_id: int, most: int) -> int:
    """Delete up to `most` revocations of the session's region that are over; how many it were."""
    of_region = revocation.c.region_id == region_id
    is_over = revocation.c.expires_at <= func.clock_timestamp()
    key = (revocation.c.kind, revocation.c.value)
    over = select(*key).where(of_region, is_over).limit(most)
    done = await session.scalars(
        delete(revocation)
        .where(of_region, is_over, tuple_(*key).in_(over))
        .returning(revocation.c.value)
    )
    return len(done.all())


class Revocations:
    """What this process knows of revoked tokens, and how old that knowledge is."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._entries: dict[tuple[int, str, UUID], _Entry] = {}
        self._read_to = _FROM_THE_FIRST
        self._fresh_at: float | None = None
        self._whole_at: float | None = None

    @property
    def age_s(self) -> float:
        """Seconds since the copy was known to be complete; infinite before the first reading."""
        if self._fresh_at is None:
            return float("inf")
        return self._monotonic() - self._fresh_at

    def check(
        self, region_id: int, *, jti: UUID, sub: UUID, family: UUID | None, issued_at: float
    ) -> None:
        """Raise 401 token-revoked, or 503 revocations-unknown when the copy is too old."""
        if self.age_s > STALE_S:
            raise Problem(REVOCATIONS_UNKNOWN, retry_after=1)
        entries = self._entries
        if not entries:
            return
        all_of_sub = entries.get((region_id, "sub", sub))
        if (
            (region_id, "jti", jti) in entries
            or (family is not None and (region_id, "family", family) in entries)
            # A token's iat is a whole second, cut off: equal means issued before, or too close.
            or (all_of_sub is not None and issued_at <= all_of_sub[0])
        ):
            raise Problem(TOKEN_REVOKED)

    async def refresh(self, connection: Connection) -> None:
        """Read what was revoked since the last reading, and now and then everything that lasts.

        Times of the database order the readings, and such a clock may be set back, or be another
        one after a failover: what that hides is found by the next whole reading.
        """
        begun = self._monotonic()
        is_whole = self._whole_at is None or begun - self._whole_at >= WHOLE_S
        if is_whole:
            self._read_to = _FROM_THE_FIRST
        rows = await connection.fetch(
            _READ, self._read_to - OVERLAP, MOST + 1, timeout=QUERY_TIMEOUT_S
        )
        assert len(rows) <= MOST, "more revocations than a process may hold"
        for row in rows:
            key = (row["region_id"], row["kind"], row["value"])
            self._entries[key] = (row["revoked_at"].timestamp(), row["expires_at"].timestamp())
        if rows:
            self._read_to = min(rows[-1]["revoked_at"], rows[-1]["read_at"])
            self._forget_before(rows[-1]["read_at"].timestamp())
        self._fresh_at = begun
        if is_whole:
            self._whole_at = begun

    def _forget_before(self, now: float) -> None:
        over = [key for key, (_, expires_at) in self._entries.items() if expires_at <= now]
        for key in over:
            del self._entries[key]


async def read_revocations(revocations: Revocations, database: Database) -> None:
    """Read them once, before the first request: until then `check` refuses everybody."""
    connection = await database.connect()
    try:
        await revocations.refresh(connection)
    finally:
        await connection.close()


async def watch_revocations(revocations: Revocations, database: Database) -> None:
    """Refresh each second until cancelled, on a connection of its own.

    Trouble with the database only lets the copy grow old, which `check` and /readyz tell.
    """
    while True:
        try:
            await _follow(revocations, database)
        except CONNECT_TROUBLE:
            await asyncio.sleep(REFRESH_S)


async def _follow(revocations: Revocations, database: Database) -> None:
    connection = await database.connect()
    try:
        while True:
            await revocations.refresh(connection)
            await asyncio.sleep(REFRESH_S)
    finally:
        connection.terminate()
