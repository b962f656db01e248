"""Ways to people: which of them a worker carries by, and how many could be told by each.

A count is in hundreds, rounded down, of the whole region and of once a day: it tells of nobody.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, get_args

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import now_of
from notifications.dead_letters import OutsideChannel
from notifications.kinds import Channel
from notifications.tables import way_told

WAYS: Final[tuple[OutsideChannel, ...]] = get_args(OutsideChannel)
FRESH: Final = timedelta(minutes=10)
"""A worker that was not at work for so long carries nothing."""

_COUNT: Final = text("""
    INSERT INTO notifications.way (region_id, channel, addresses, counted_at)
    SELECT :region, c.channel,
           (SELECT count(*) / 100 * 100 FROM notifications.address a
             WHERE a.region_id = :region AND a.channel = c.channel AND a.state = 'active'),
           clock_timestamp()
      FROM unnest(CAST(:ways AS text[])) AS c (channel)
     WHERE NOT EXISTS (SELECT FROM notifications.way w
                        WHERE w.region_id = :region AND w.channel = c.channel
                          AND w.counted_at > clock_timestamp() - interval '1 day')
        ON CONFLICT ON CONSTRAINT way_pk
        DO UPDATE SET addresses = EXCLUDED.addresses, counted_at = EXCLUDED.counted_at
""")
_CARRY: Final = text(
    "UPDATE notifications.way SET carried_at = ledger.now()"
    " WHERE region_id = :region AND channel = ANY (CAST(:carried AS text[]))"
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to people."""

    channel: OutsideChannel
    is_carried: bool
    """Whether a worker that carries by it was at work within ten minutes."""
    carried_at: datetime | None
    """When one was last; None: none ever was."""
    addresses: int
    """So many addresses at least, in hundreds."""


async def tell_ways(db: AsyncSession, region_id: int, carried: Collection[Channel]) -> None:
    """Say by which ways this worker carries, and count the addresses once a day.

    In the caller's transaction, as the sender.
    """
    await db.execute(_COUNT, {"region": region_id, "ways": list(WAYS)})
    await db.execute(_CARRY, {"region": region_id, "carried": sorted(carried)})


async def ways_of(db: AsyncSession, region_id: int) -> list[Way]:
    """Every way but the inbox, whether or not anybody ever carried by it."""
    now, of = await now_of(db), way_told.c
    rows = await db.execute(
        select(of.channel, of.carried_at, of.addresses).where(of.region_id == region_id)
    )
    known = {row.channel: row for row in rows}
    return [
        Way(
            channel,
            (at := known[channel].carried_at) is not None and now - at <= FRESH,
            at,
            known[channel].addresses,
        )
        if channel in known
        else Way(channel, is_carried=False, carried_at=None, addresses=0)
        for channel in WAYS
    ]
