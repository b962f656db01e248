"""Failures: who guesses waits, and longer each time, counted in PostgreSQL.

A try counts before anybody looks whether it is right, so that a thousand at once are not a thousand
free ones. Whoever is right is forgiven. What is counted is a name by its MAC, whether or not
anybody is called so here: a wait tells nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from access.sign_in_tables import failure
from core.errors import Problem, problem

TOO_MANY_TRIES: Final = problem("too-many-tries", 429, "There were too many tries: wait.")

FORGET_AFTER: Final = timedelta(days=1)
"""A day after the last try, one begins anew."""

_COUNT: Final = text("""
    INSERT INTO access.failure AS held (region_id, name, key, failures)
    VALUES (:region_id, :name, :key, 1)
    ON CONFLICT (region_id, name, key) DO UPDATE SET
        failures = CASE WHEN held.counted_at < clock_timestamp() - CAST(:forget AS interval)
                        THEN 1 ELSE held.failures + 1 END,
        counted_at = clock_timestamp(),
        blocked_until = clock_timestamp() + CASE
            WHEN held.counted_at < clock_timestamp() - CAST(:forget AS interval)
              OR held.failures + 1 < CAST(:free AS integer)
            THEN interval '0'
            ELSE least(
                power(2, least(held.failures + 1 - CAST(:free AS integer), 30))
                    * interval '1 second',
                CAST(:longest AS interval))
        END
        WHERE held.blocked_until <= clock_timestamp()
    RETURNING failures
""")


@dataclass(frozen=True, slots=True)
class Patience:
    """`free` tries one after the other; then 1, 2, 4 … seconds between two, up to `longest`."""

    name: str
    free: int
    longest: timedelta


async def count_try(db: AsyncSession, region_id: int, patience: Patience, key: bytes) -> None:
    """Count one try; too-many-tries while `key` (a MAC of 32 bytes) has to wait.

    It counts once the caller's transaction commits. Two at once wait for each other.
    """
    said = {"region_id": region_id, "name": patience.name, "key": key}
    bounds = {"free": patience.free, "longest": patience.longest, "forget": FORGET_AFTER}
    if (await db.execute(_COUNT, said | bounds)).one_or_none() is not None:
        return
    left = await db.scalar(
        select(func.extract("epoch", failure.c.blocked_until - func.clock_timestamp())).where(
            failure.c.region_id == region_id,
            failure.c.name == patience.name,
            failure.c.key == key,
        )
    )
    raise Problem(TOO_MANY_TRIES, retry_after=max(1, int(left or 0) + 1))


async def forgive(db: AsyncSession, region_id: int, patience: Patience, key: bytes) -> None:
    """Forget the tries of whoever was right in the end."""
    await db.execute(
        delete(failure).where(
            failure.c.region_id == region_id,
            failure.c.name == patience.name,
            failure.c.key == key,
        )
    )


async def forget_failures(db: AsyncSession, region_id: int, most: int) -> int:
    """Delete up to `most` rows of the session's region whose day is over; how many it were."""
    is_over = (failure.c.region_id == region_id) & (
        failure.c.counted_at < func.clock_timestamp() - FORGET_AFTER
    )
    over = select(failure.c.key).where(is_over).limit(most)
    done = await db.scalars(
        delete(failure).where(is_over, failure.c.key.in_(over)).returning(failure.c.key)
    )
    return len(done.all())
