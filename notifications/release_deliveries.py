"""The job: tell of each notice, 72 hours later and once, how many have read it; with noise.

Somebody is in one of a notice's two numbers, and gets four notices a month: that bounds what one
person adds, and the month is paid for once (insights/mechanism.py).
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from insights.mechanism import DELIVERY_COST, DELIVERY_SIGMA_MILLI
from insights.noise import add_noise
from insights.plans import first_week
from insights.release_tables import lock_budget
from insights.tables import delivery_figure
from ledger.regions import Region
from notifications.kinds import NOTICE_KINDS
from notifications.tables import inbox, message, received

AFTER: Final = timedelta(hours=72)
MOST_AT_ONCE: Final = 100
_APPEND: Final = text("SELECT insights.append_delivery(:region, :message, :read, :unread, :sigma)")


async def release_deliveries(database: Database, region: Region) -> int:
    """Release the figures that are due, each in a transaction of its own; how many there were.

    Notices of a month that began before the region's first week of statistics get none: no budget
    was there yet. Raises privacy-budget-spent by the driver's error of the budget's check.
    """
    async with database.snapshot(region.region_id) as db:
        due = await _due(db, region)
    done = 0
    for message_id, made_at in due:
        async with database.transaction(region.region_id) as db:
            done += await _release(db, region, message_id, made_at)
    return done


async def _due(db: AsyncSession, region: Region) -> list[tuple[UUID, datetime]]:
    begin = await first_week(db, region.region_id)
    if begin is None:
        return []
    is_told = exists().where(
        delivery_figure.c.region_id == message.c.region_id,
        delivery_figure.c.message_id == message.c.message_id,
    )
    rows = await db.execute(
        select(message.c.message_id, message.c.made_at)
        .where(
            message.c.region_id == region.region_id,
            message.c.kind.in_(NOTICE_KINDS),
            message.c.made_at <= func.ledger.now() - AFTER,
            message.c.made_at >= _first_month(begin, region),
            ~is_told,
        )
        .order_by(message.c.made_at, message.c.message_id)
        .limit(MOST_AT_ONCE)
    )
    return [(row.message_id, row.made_at) for row in rows]


def _first_month(begin: date, region: Region) -> datetime:
    """When the first month begins whose first day is none before the first week."""
    first = begin if begin.day == 1 else (begin.replace(day=28) + timedelta(days=4)).replace(day=1)
    return datetime(first.year, first.month, first.day, tzinfo=region.zone)


async def _release(db: AsyncSession, region: Region, message_id: UUID, made_at: datetime) -> int:
    """Under the lock of the region's budget: whoever comes second finds it told."""
    region_id, until = region.region_id, made_at + AFTER
    await lock_budget(db, region_id, region.day_of(made_at).replace(day=1))
    known = select(delivery_figure.c.message_id).where(
        delivery_figure.c.region_id == region_id, delivery_figure.c.message_id == message_id
    )
    if await db.scalar(known) is not None:
        return 0
    true = await _count(db, region_id, message_id, until)
    read, unread = add_noise(true, 1, DELIVERY_SIGMA_MILLI // 1_000, DELIVERY_COST)
    told = {"read": read, "unread": unread, "sigma": DELIVERY_SIGMA_MILLI}
    await db.execute(_APPEND, {"region": region_id, "message": message_id, **told})
    return 1


async def _count(
    db: AsyncSession, region_id: int, message_id: UUID, until: datetime
) -> tuple[int, int]:
    """Who had it by then, and was counted as one of the month's four: read, and not read."""
    is_read = inbox.c.read_at <= until
    row = await db.execute(
        select(
            func.count().filter(is_read),
            func.count().filter(inbox.c.read_at.is_(None) | ~is_read),
        )
        .select_from(received)
        .join(
            inbox,
            (inbox.c.region_id == received.c.region_id)
            & (inbox.c.person_id == received.c.person_id)
            & (inbox.c.item_id == received.c.message_id),
        )
        .where(
            received.c.region_id == region_id,
            received.c.message_id == message_id,
            inbox.c.at <= until,
        )
    )
    read, unread = row.one()
    return int(read), int(unread)
