"""Allowances: how often something may be done in a window of time, counted in PostgreSQL.

Unlike the limits of `api.rate_limit`, which share what they know a little late, nothing gets past
one of these: they stand before codes by SMS, which cost money and can be guessed.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from access.sign_in_tables import allowance

_SPEND: Final = text("""
    WITH present AS (
        SELECT date_bin(:window, clock_timestamp(), timestamptz '2000-01-01T00:00:00Z') AS begins
    ), spent AS (
        INSERT INTO access.allowance AS held (region_id, name, key, begins_at, ends_at, used)
        SELECT :region_id, :name, :key, begins, begins + :window, :many FROM present
        ON CONFLICT (region_id, name, key, begins_at)
        DO UPDATE SET used = held.used + :many WHERE held.used + :many <= :most
        RETURNING used
    )
    SELECT (SELECT used FROM spent),
           ceil(extract(epoch FROM begins + :window - clock_timestamp()))::integer
      FROM present
""")


_PAUSE: Final = text("""
    WITH taken AS (
        INSERT INTO access.allowance AS held (region_id, name, key, begins_at, ends_at, used)
        VALUES (:region_id, :name, :key, timestamptz '2000-01-01T00:00:00Z',
                clock_timestamp() + :pause, 1)
        ON CONFLICT (region_id, name, key, begins_at)
        DO UPDATE SET ends_at = clock_timestamp() + :pause WHERE held.ends_at <= clock_timestamp()
        RETURNING used
    )
    SELECT (SELECT used FROM taken),
           (SELECT ceil(extract(epoch FROM ends_at - clock_timestamp()))::integer
              FROM access.allowance
             WHERE region_id = :region_id AND name = :name AND key = :key
               AND begins_at = timestamptz '2000-01-01T00:00:00Z')
""")


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `most` in each window; windows begin at multiples of their length."""

    name: str
    most: int
    window: timedelta


async def spend(
    session: AsyncSession, region_id: int, allowed: Allowance, key: bytes, many: int = 1
) -> int:
    """Use up `many` of what `key` (a MAC of 32 bytes) may; 0, or seconds until there is more.

    It counts once the caller's transaction commits, so a caller that refuses commits first. Two at
    once wait for each other.
    """
    assert 0 < many <= allowed.most
    said = {"region_id": region_id, "name": allowed.name, "key": key, "many": many}
    bounds = {"window": allowed.window, "most": allowed.most}
    used, wait_s = (await session.execute(_SPEND, said | bounds)).one()
    return 0 if used is not None else max(1, int(wait_s))


async def take_turn(
    session: AsyncSession, region_id: int, name: str, key: bytes, pause: timedelta
) -> int:
    """Take the one turn that `key` has in any `pause`; 0, or seconds until the next.

    It is taken once the caller's transaction commits. Of two at once, one has it.
    """
    said = {"region_id": region_id, "name": name, "key": key, "pause": pause}
    taken, wait_s = (await session.execute(_PAUSE, said)).one()
    return 0 if taken is not None else max(1, int(wait_s or 1))


async def forget_allowances(session: AsyncSession, region_id: int, most: int) -> int:
    """Delete up to `most` windows of the session's region that are over; how many it were."""
    key = (allowance.c.name, allowance.c.key, allowance.c.begins_at)
    is_over = (allowance.c.region_id == region_id) & (allowance.c.ends_at < func.clock_timestamp())
    over = select(*key).where(is_over).limit(most)
    done = await session.scalars(
        delete(allowance).where(is_over, tuple_(*key).in_(over)).returning(allowance.c.name)
    )
    return len(done.all())
