"""Write a delivery for each new event and each endpoint that is to be told of it, by cursor."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import uuid8
from ledger.events import Event, advance, lock_position, newest_seq, read_events
from ledger.regions import Region
from merchants.tables import store
from merchants.webhook_endpoints import READER, Endpoint, are_told, endpoints_of
from merchants.webhook_tables import webhook_delivery
from merchants.webhook_types import OF_MERCHANTS, TOLD, body_of

CHUNK: Final = 500
"""Events that one transaction reads."""
LASTS: Final = timedelta(days=3)
"""How long it is tried to deliver."""


async def queue_webhooks(
    db: AsyncSession, region: Region, *, chunk: int = CHUNK
) -> tuple[int, bool]:
    """How many deliveries were written, and whether all events are read; with the reader's number.

    An event is told once to each endpoint: its delivery has an id that follows from both, so to
    read from an older number again writes nothing twice. Without endpoints nothing is read at all.
    """
    region_id = region.region_id
    if not await are_told(db, region_id):
        return 0, True
    after = await lock_position(db, region_id, READER)
    newest = await newest_seq(db, region_id)
    if newest == after:
        return 0, True
    events = await read_events(db, region_id, after, chunk, TOLD.keys())
    written = await _write(db, region, events)
    is_all = len(events) < chunk
    last = events[-1].seq if events else after
    # Events may have come since `newest` was asked, and be among those that were read.
    await advance(db, region_id, READER, max(newest, last) if is_all else last)
    return written, is_all


async def _write(db: AsyncSession, region: Region, events: Collection[Event]) -> int:
    stores = {event.other_id for event in events if event.kind not in OF_MERCHANTS}
    owners = await _owners(db, region.region_id, {each for each in stores if each is not None})
    whose = {event.entry_id: _merchant_of(event, owners) for event in events}
    told: dict[UUID, list[tuple[Endpoint, int]]] = {}
    for endpoint, after in await endpoints_of(db, region.region_id, set(whose.values())):
        told.setdefault(endpoint.merchant_id, []).append((endpoint, after))
    rows = [
        row
        for event in events
        for row in _rows(region, event, whose[event.entry_id], told.get(whose[event.entry_id], []))
    ]
    if not rows:
        return 0
    made = insert(webhook_delivery).values(expires_at=func.clock_timestamp() + LASTS)
    key = webhook_delivery.primary_key
    await db.execute(made.on_conflict_do_nothing(constraint=key), rows)
    return len(rows)


def _rows(
    region: Region, event: Event, merchant_id: UUID, told: list[tuple[Endpoint, int]]
) -> Iterator[dict[str, Any]]:
    called, _ = TOLD[event.kind]
    store_id = None if event.kind in OF_MERCHANTS else event.other_id
    for endpoint, after in told:
        stores = endpoint.wanted.stores
        is_wanted = called in endpoint.wanted.event_types and event.seq > after
        if is_wanted and (stores is None or store_id in stores):
            yield {
                "region_id": region.region_id,
                "delivery_id": uuid8(
                    event.at, "webhook", UUID(int=event.entry_id.int), endpoint.endpoint_id
                ),
                "endpoint_id": endpoint.endpoint_id,
                "event_type": called,
                "entry_id": event.entry_id,
                "seq": event.seq,
                "store_id": store_id,
                "body": body_of(event, merchant_id, region.zone),
            }


async def _owners(db: AsyncSession, region_id: int, stores: set[UUID]) -> dict[UUID, UUID]:
    if not stores:
        return {}
    rows = await db.execute(
        select(store.c.store_id, store.c.merchant_id).where(
            store.c.region_id == region_id, store.c.store_id.in_(stores)
        )
    )
    return {UUID(int=row.store_id.int): UUID(int=row.merchant_id.int) for row in rows}


def _merchant_of(event: Event, owners: dict[UUID, UUID]) -> UUID:
    if event.kind in OF_MERCHANTS:
        assert event.holder_id is not None, "a settlement has a merchant"
        return UUID(int=event.holder_id.int)
    assert event.other_id is not None, "a sale has a store"
    return owners[UUID(int=event.other_id.int)]
