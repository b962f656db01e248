"""Forget what is over of notices: items that expired, deliveries that ended, addresses dropped.

And all of somebody who closes the account.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# An address stays until no delivery names it any more.
_OVER: Final = (
    text("""
        DELETE FROM notifications.outbox o USING (
            SELECT region_id, delivery_id FROM notifications.outbox
             WHERE region_id = :region AND state <> 'waiting'
               AND made_at < clock_timestamp() - interval '30 days'
             LIMIT :most) gone
         WHERE o.region_id = gone.region_id AND o.delivery_id = gone.delivery_id
        RETURNING 1
    """),
    text("""
        DELETE FROM notifications.inbox i USING (
            SELECT region_id, person_id, item_id FROM notifications.inbox
             WHERE region_id = :region AND expires_at < ledger.now() - interval '30 days'
             LIMIT :most) gone
         WHERE (i.region_id, i.person_id, i.item_id)
               = (gone.region_id, gone.person_id, gone.item_id)
        RETURNING 1
    """),
    text("""
        DELETE FROM notifications.address a USING (
            SELECT region_id, address_id FROM notifications.address a
             WHERE region_id = :region AND state = 'dropped'
               AND dropped_at < clock_timestamp() - interval '30 days'
               AND NOT EXISTS (SELECT FROM notifications.outbox o
                                WHERE o.region_id = a.region_id AND o.address_id = a.address_id)
             LIMIT :most) gone
         WHERE a.region_id = gone.region_id AND a.address_id = gone.address_id
        RETURNING 1
    """),
)
_OF_PERSON: Final = tuple(
    text(f"DELETE FROM notifications.{table} WHERE region_id = :region AND person_id = :person")  # noqa: S608
    for table in ("outbox", "inbox", "received", "preference", "outbox", "address")
)
"""The outbox twice: what a sender spread to addresses while the first was waited for goes too."""


async def forget_notices(db: AsyncSession, region_id: int, most: int) -> int:
    """Delete up to `most` of each of what ended a month ago; the largest number of them."""
    done = [
        len((await db.execute(each, {"region": region_id, "most": most})).all()) for each in _OVER
    ]
    return max(done)


async def forget_notices_of(db: AsyncSession, region_id: int, person_id: UUID) -> None:
    """Delete all that is kept of somebody who closes the account, in the caller's transaction."""
    for each in _OF_PERSON:
        await db.execute(each, {"region": region_id, "person": person_id})
