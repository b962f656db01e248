"""Search the single sales of a merchant: payments, refunds and voids of its stores."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, case, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from ledger import tables
from ledger.books import Entry
from ledger.search import numbers_between
from ledger.statement import ENTRY_COLUMNS, UNDOING
from merchants.sale import KINDS
from merchants.tables import store

State = Literal["paid", "partly_refunded", "refunded", "voided"]

_ENTRY: Final = tables.entry.c
_PAID: Final = tables.entry.alias("paid")
"""The payment that a refund or a void is about."""
_BACK: Final = tables.entry.alias("back")
"""What gave a payment back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSales:
    """Which sales are wanted; None where it does not matter. Bounds are inclusive."""

    merchant_id: UUID
    stores: frozenset[UUID] | None = None
    begins: date | datetime | None = None
    """A business date from its start, or an instant."""
    ends: date | datetime | None = None
    """A business date to its end, or an instant."""
    kind: str | None = None
    state: State | None = None
    """What became of the payment: then nothing but payments is wanted."""
    terminal: str | None = None
    """At which till it was paid, also of what was given back."""
    reference: str | None = None
    """The shop's own name for the bill that was paid, also of what was given back."""
    min_yen: int | None = None
    max_yen: int | None = None
    id_ends_with: str | None = None
    """The last digits of the payment's id, in small letters."""


async def search_sales(
    session: AsyncSession,
    region_id: int,
    wanted: WantedSales,
    beyond_seq: int | None,
    limit: int,
    *,
    is_oldest_first: bool = False,
) -> list[Entry]:
    """At most `limit` of them, newest first, beyond the number of the last one that was seen."""
    first, last = await numbers_between(session, region_id, wanted.begins, wanted.ends)
    if beyond_seq is not None and is_oldest_first:
        first = max(first, beyond_seq + 1)
    elif beyond_seq is not None:
        last = min(last, beyond_seq - 1)
    if first > last:
        return []
    # Each store by itself: its index gives its sales in order, and a page reads no more of them.
    of_store = (
        select(*(_ENTRY[name] for name in ENTRY_COLUMNS))
        .where(
            _ENTRY.region_id == region_id,
            _ENTRY.other_id == store.c.store_id,
            _ENTRY.seq.between(first, last),
            *_conditions(region_id, wanted),
        )
        .order_by(_ENTRY.seq if is_oldest_first else _ENTRY.seq.desc())
        .limit(limit)
        .lateral("sale")
    )
    query = (
        select(of_store)
        .select_from(store.join(of_store, true()))
        .where(store.c.region_id == region_id, store.c.merchant_id == wanted.merchant_id)
        .order_by(of_store.c.seq if is_oldest_first else of_store.c.seq.desc())
        .limit(limit)
    )
    if wanted.stores is not None:
        query = query.where(store.c.store_id.in_(wanted.stores))
    return [Entry(*tuple(row)) for row in await session.execute(query)]


def _conditions(region_id: int, wanted: WantedSales) -> list[ColumnElement[bool]]:
    kinds = KINDS if wanted.kind is None else (wanted.kind,)
    met: list[ColumnElement[bool]] = [_ENTRY.refusal.is_(None), _ENTRY.kind.in_(kinds)]
    if wanted.min_yen is not None:
        met.append(_ENTRY.amount >= wanted.min_yen)
    if wanted.max_yen is not None:
        met.append(_ENTRY.amount <= wanted.max_yen)
    if wanted.id_ends_with is not None:
        named = func.coalesce(_ENTRY.refers_to, _ENTRY.entry_id).cast(Text)
        met.append(func.right(named, len(wanted.id_ends_with)) == wanted.id_ends_with)
    marks = (("terminal", wanted.terminal), ("reference", wanted.reference))
    met += [_of_payment(region_id, name) == mark for name, mark in marks if mark is not None]
    if wanted.state is not None:
        met += [_ENTRY.kind == "payment", _state(region_id) == wanted.state]
    return met


def _of_payment(region_id: int, name: str) -> ColumnElement[Any]:
    """A fact of the payment, which what gives it back does not repeat; empty where it has none."""
    paid = select(_PAID.c.facts[name].astext).where(
        _PAID.c.region_id == region_id, _PAID.c.entry_id == _ENTRY.refers_to
    )
    return func.coalesce(_ENTRY.facts[name].astext, paid.scalar_subquery(), "")


def _state(region_id: int) -> ColumnElement[Any]:
    """What became of a payment, as api/sales.py says it of one."""
    given = select(
        case(
            (func.bool_or(_BACK.c.kind == "void"), "voided"),
            (func.sum(_BACK.c.amount) >= _ENTRY.amount, "refunded"),
            (func.sum(_BACK.c.amount) > 0, "partly_refunded"),
            else_="paid",
        )
    ).where(
        and_(
            _BACK.c.region_id == region_id,
            _BACK.c.refers_to == _ENTRY.entry_id,
            _BACK.c.kind.in_(UNDOING),
            _BACK.c.refusal.is_(None),
        )
    )
    return given.correlate(tables.entry).scalar_subquery()
