"""The job: tell people what happened to their own money and data, from the journal's events.

An item's id follows from its entry, so to read from an older number again tells nothing twice.
Where a person has an address, a row of the outbox goes beside it.
"""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.record import grant_from_facts
from core.database import Database, now_of
from core.ids import uuid8
from ledger.events import Event, advance, lock_position, newest_seq, read_events
from ledger.find_seq import find_seq
from ledger.regions import Region
from notifications.kinds import OwnKind
from notifications.own_items import KEPT, PUT
from residents.look_at_wallet import LookAtWallet

READER: Final = "inboxes"
CHUNK: Final = 500
FIRST: Final = timedelta(days=1)
"""Of a region that was there before: what is older is told to nobody."""

_ITEMS: Final = text(f"""
    WITH said AS (
        SELECT i.item_id, i.kind, i.about, i.at, i.at + CAST(:kept AS interval) AS ends_at,
               h.subject_id AS person_id
          FROM jsonb_to_recordset(CAST(:items AS jsonb))
               AS i (item_id uuid, wallet_id uuid, kind text, about jsonb, at timestamptz)
          JOIN ledger.holder h ON h.region_id = :region AND h.holder_id = i.wallet_id
                              AND h.kind = 'wallet'
    ) {PUT}
""")  # noqa: S608  (our own text)


async def tell_own(database: Database, region: Region, beat: Callable[[], None]) -> int:
    """How many events were told of, until all are read. Raises the driver's errors."""
    done = 0
    while True:
        async with database.transaction(region.region_id) as db:
            told, is_all = await _tell_some(db, region)
        done += told
        beat()
        if is_all:
            return done


async def _tell_some(db: AsyncSession, region: Region) -> tuple[int, bool]:
    region_id = region.region_id
    after = await lock_position(db, region_id, READER)
    newest = await newest_seq(db, region_id)
    if newest == after:
        return 0, True
    if after == 0:
        after = await _first(db, region)
    events = await read_events(db, region_id, after, CHUNK, _TOLD.keys())
    await _write(db, region_id, events)
    is_all = len(events) < CHUNK
    last = events[-1].seq if events else after
    await advance(db, region_id, READER, max(newest, last) if is_all else last)
    return len(events), is_all


async def _first(db: AsyncSession, region: Region) -> int:
    now = await now_of(db)
    return await find_seq(db, region.region_id, now - FIRST)


async def _write(db: AsyncSession, region_id: int, events: Collection[Event]) -> None:
    items = [
        {
            "item_id": str(uuid8(event.at, "inbox", kind, UUID(int=event.entry_id.int))),
            "wallet_id": str(event.other_id if kind == "looked_at" else event.holder_id),
            "kind": kind,
            "about": about | _link(event),
            "at": event.at.isoformat(),
        }
        for event in events
        for kind, about in _TOLD[event.kind](event)
    ]
    if items:
        given = {"items": orjson.dumps(items).decode(), "region": region_id, "kept": KEPT}
        await db.execute(_ITEMS, given)


Told = list[tuple[OwnKind, dict[str, Any]]]


def _link(event: Event) -> dict[str, str]:
    """Where a person finds it: in the wallet's history, or among the looks."""
    name = "look_id" if event.kind == LookAtWallet.kind else "entry_id"
    return {name: str(UUID(int=event.entry_id.int))}


def _payment(event: Event) -> Told:
    """The payment, and the points that it brought at once: others are told as they vest."""
    return [("payment", {**_shop(event), "amount": event.amount}), *_granted(event)]


def _shop(event: Event) -> dict[str, str]:
    name = event.facts.get("store_name")
    return {"store": str(name)} if name else {}


def _granted(event: Event) -> Told:
    points = sum(
        grant_from_facts(kept).rebate_points
        for kept in event.facts.get("grants", ())
        if "credited_on" not in kept
    )
    return [("points", {"points": points})] if points else []


def _refund(event: Event) -> Told:
    return [("refund", {**_shop(event), "amount": event.amount})]


def _void(event: Event) -> Told:
    return [("refund", {**_shop(event), "amount": event.amount, "event": "void"})]


def _top_up(event: Event) -> Told:
    """Money in suspense has no wallet yet."""
    if event.holder_id is None:
        return []
    return [("top_up", {"amount": event.amount}), *_granted(event)]


def _reversed(event: Event) -> Told:
    """The provider took its money back; of money in suspense nobody knew."""
    if event.holder_id is None:
        return []
    return [("top_up", {"amount": event.amount, "event": "top_up.reversed"})]


def _vested(event: Event) -> Told:
    return [("points", {"points": event.amount})] if event.amount else []


def _looked(_: Event) -> Told:
    return [("looked_at", {})]


_TOLD: Final[dict[str, Callable[[Event], Told]]] = {
    "payment": _payment,
    "refund": _refund,
    "void": _void,
    "top_up": _top_up,
    "suspense.placed": _top_up,
    "top_up.reversed": _reversed,
    "vesting": _vested,
    "benefit.used": _vested,
    LookAtWallet.kind: _looked,
}
"""By the kind of the entry: what is told of it. Its wallet is the entry's holder; of a look, which
changes nothing, the other one."""
