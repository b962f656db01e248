"""Read a region's events in their order, and remember how far a reader has come.

An event is an entry that was accepted. Numbers have no gap and are given under the head's lock, so
whoever sees number n sees every number below it: reading on from the last number skips nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Integer,
    Text,
    Uuid,
    column,
    func,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from ledger import tables
from ledger.books import Facts

_VIEW = table(
    "event",
    column("region_id", Integer),
    column("seq", BigInteger),
    column("at", DateTime(timezone=True)),
    column("business_date", Date),
    column("entry_id", Uuid),
    column("kind", Text),
    column("actor", Text),
    column("holder_id", Uuid),
    column("other_id", Uuid),
    column("refers_to", Uuid),
    column("amount", BigInteger),
    column("facts", JSONB),
    schema=tables.SCHEMA,
)
_EVENT = _VIEW.c


@dataclass(frozen=True, slots=True)
class Event:
    """One committed change, as the journal tells it."""

    seq: int
    at: datetime
    business_date: date
    entry_id: UUID
    kind: str
    actor: str
    holder_id: UUID | None
    other_id: UUID | None
    refers_to: UUID | None
    amount: int
    facts: Facts


async def read_events(
    session: AsyncSession,
    region_id: int,
    after_seq: int,
    limit: int,
    kinds: Collection[str] | None = None,
    *,
    others: Collection[UUID] | None = None,
) -> list[Event]:
    """At most `limit` events numbered above `after_seq`, in order, of these kinds.

    `others` keeps those at whose other end one of these stands: stores, merchants. A reader that
    got fewer than `limit` has read up to `newest_seq`, if that was asked in the same snapshot.
    """
    query = (
        select(*(_EVENT[name] for name in Event.__slots__))
        .where(_EVENT.region_id == region_id, _EVENT.seq > after_seq)
        .order_by(_EVENT.seq)
        .limit(limit)
    )
    if kinds is not None:
        query = query.where(_EVENT.kind.in_(kinds))
    if others is not None:
        query = query.where(_EVENT.other_id.in_(others))
    return [Event(*row) for row in await session.execute(query)]


async def newest_seq(session: AsyncSession, region_id: int) -> int:
    """The number of the region's newest entry; 0 before its first."""
    head = tables.head.c
    found = await session.execute(select(head.seq).where(head.region_id == region_id))
    return int(found.scalar_one())


async def position(session: AsyncSession, region_id: int, name: str) -> int:
    """The number up to which the durable reader `name` has carried out events; 0 at first."""
    reader = tables.reader.c
    found = await session.execute(
        select(reader.seq).where(reader.region_id == region_id, reader.name == name)
    )
    return found.scalar_one_or_none() or 0


async def lock_position(session: AsyncSession, region_id: int, name: str) -> int:
    """The same, and nobody else reads on as `name` until this transaction has ended."""
    reader = tables.reader
    row = insert(reader).values(region_id=region_id, name=name, seq=0)
    await session.execute(row.on_conflict_do_nothing(constraint=reader.primary_key))
    found = await session.execute(
        select(reader.c.seq)
        .where(reader.c.region_id == region_id, reader.c.name == name)
        .with_for_update()
    )
    return int(found.scalar_one())


async def advance(session: AsyncSession, region_id: int, name: str, seq: int) -> None:
    """Say that the reader `name` has carried out every event up to `seq`; never goes back.

    In the transaction of what was carried out: an event then counts once. What happens outside of
    the database may happen again after a crash, so it must be harmless twice.
    """
    row = insert(tables.reader).values(region_id=region_id, name=name, seq=seq)
    later = func.greatest(tables.reader.c.seq, row.excluded.seq)
    await session.execute(
        row.on_conflict_do_update(constraint=tables.reader.primary_key, set_={"seq": later})
    )
