"""Faults that are planted in the worker's process: in what it does with notices."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

import worker.tell_notices
from ledger.regions import Region
from notifications.deliveries import Delivery, Mark, mark_deliveries
from torture.planted.swap import swap

_NOT_DONE: Final = text(
    "UPDATE notifications.outbox SET state = 'waiting', ended_at = NULL"
    " WHERE region_id = :region AND delivery_id = ANY(CAST(:ids AS bigint[]))"
)
_TAKE_FROM_OTHERS: Final = text(
    "UPDATE notifications.outbox SET not_before = clock_timestamp() WHERE region_id = :region"
    " AND channel = :channel AND state = 'waiting' AND tries = 1 AND why IS NULL"
)


def marked_before_sent() -> None:
    """Mark what is taken as sent at once, and take that back where the provider did not take it."""

    def change_take(take: Any) -> Any:
        async def take_as_done(db: AsyncSession, region: Region, *words: Any) -> Any:
            taken: list[Delivery] | None = await take(db, region, *words)
            marks = [Mark(each, "sent") for each in taken or ()]
            await mark_deliveries(db, region.region_id, marks)
            return taken

        return take_as_done

    def change_mark(mark: Any) -> Any:
        async def mark_what_failed(db: AsyncSession, region_id: int, marks: Sequence[Mark]) -> None:
            failed = [each.delivery.delivery_id for each in marks if each.state != "sent"]
            await db.execute(_NOT_DONE, {"region": region_id, "ids": failed})
            await mark(db, region_id, marks)

        return mark_what_failed

    swap(worker.tell_notices, "take_deliveries", change_take)
    swap(worker.tell_notices, "mark_deliveries", change_mark)


def lease_ignored() -> None:
    """Take also what somebody else has in hand for the first time, though its lease runs."""

    def change(take: Any) -> Any:
        async def take_all(db: AsyncSession, region: Region, channel: str, *words: Any) -> Any:
            of = {"region": region.region_id, "channel": channel}
            await db.execute(_TAKE_FROM_OTHERS, of)
            return await take(db, region, channel, *words)

        return take_all

    swap(worker.tell_notices, "take_deliveries", change)


PLANTS: Final[dict[str, Callable[[], None]]] = {
    "marked-before-sent": marked_before_sent,
    "lease-ignored": lease_ignored,
}
"""By name."""
