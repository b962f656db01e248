"""Statements: what stands in a holder's history, newest first, and how its accounts stood."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ledger import tables
from ledger.books import PENDING, Account, Entry
from ledger.find_seq import find_seq

_ENTRY = tables.entry.c
ENTRY_COLUMNS: Final = (
    "entry_id", "seq", "at", "business_date", "kind", "actor", "holder_id", "other_id", "refers_to",
    "amount", "refusal", "fingerprint", "facts",
)  # fmt: skip
"""In the order in which an `Entry` is made of them."""
UNDOING: Final = ("refund", "void")
"""What gives a payment back."""
_COLUMNS = tuple(_ENTRY[name] for name in ENTRY_COLUMNS)
_ACCOUNT = tables.account.c
_POSTING = tables.posting.c


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries are wanted; None where it does not matter. Days and bounds are inclusive."""

    holder_id: UUID | None = None
    other_id: UUID | None = None
    kinds: Sequence[str] | None = None
    from_day: date | None = None
    to_day: date | None = None
    min_yen: int | None = None
    max_yen: int | None = None
    is_refused: bool | None = False


@dataclass(frozen=True, slots=True)
class Change:
    """How one entry changed what a wallet holds."""

    coin_yen: int
    points: int
    pending_points: int


NO_CHANGE: Final = Change(0, 0, 0)


async def list_entries(
    session: AsyncSession,
    region_id: int,
    wanted: Filters,
    beyond_seq: int | None,
    limit: int,
    *,
    is_oldest_first: bool = False,
) -> list[Entry]:
    """At most `limit` entries, newest first, beyond `beyond_seq` (the last one seen)."""
    order = _ENTRY.seq.asc() if is_oldest_first else _ENTRY.seq.desc()
    query = select(*_COLUMNS).where(*_conditions(region_id, wanted)).order_by(order).limit(limit)
    if beyond_seq is not None:
        is_beyond = _ENTRY.seq > beyond_seq if is_oldest_first else _ENTRY.seq < beyond_seq
        query = query.where(is_beyond)
    return [Entry(*tuple(row)) for row in await session.execute(query)]


async def find_entry(session: AsyncSession, region_id: int, entry_id: UUID) -> Entry | None:
    """The entry under this id, accepted or refused; None if there is none in the region."""
    row = (
        await session.execute(
            select(*_COLUMNS).where(_ENTRY.region_id == region_id, _ENTRY.entry_id == entry_id)
        )
    ).one_or_none()
    return Entry(*tuple(row)) if row is not None else None


async def entries_about(
    session: AsyncSession, region_id: int, entry_id: UUID, kinds: Sequence[str] = UNDOING
) -> list[Entry]:
    """The accepted entries of these kinds that refer to this one, oldest first."""
    rows = await session.execute(
        select(*_COLUMNS)
        .where(
            _ENTRY.region_id == region_id,
            _ENTRY.refers_to == entry_id,
            _ENTRY.refusal.is_(None),
            _ENTRY.kind.in_(kinds),
        )
        .order_by(_ENTRY.seq)
    )
    return [Entry(*tuple(row)) for row in rows]


async def changes_of(
    session: AsyncSession, region_id: int, wallet_id: UUID, entries: Sequence[Entry]
) -> dict[UUID, Change]:
    """How each of `entries` changed the wallet's value; none for those that did not."""
    signed = case((_POSTING.is_debit, -_POSTING.amount), else_=_POSTING.amount)

    def total(kind: str) -> ColumnElement[int]:
        return func.coalesce(func.sum(signed).filter(_ACCOUNT.kind == kind), 0)

    rows = await session.execute(
        select(_POSTING.entry_id, total("coin"), total("points"), total(PENDING))
        .join(
            tables.account,
            and_(
                _ACCOUNT.region_id == _POSTING.region_id,
                _ACCOUNT.account_no == _POSTING.account_no,
            ),
        )
        .where(
            _POSTING.region_id == region_id,
            _POSTING.entry_id.in_([entry.entry_id for entry in entries]),
            _ACCOUNT.holder_id == wallet_id,
        )
        .group_by(_POSTING.entry_id)
    )
    return {entry_id: Change(*map(int, sums)) for entry_id, *sums in rows}


async def open_accounts(
    session: AsyncSession, region_id: int, holder_ids: Sequence[UUID]
) -> list[Account]:
    """The open accounts of these holders, as they stand now, oldest first."""
    rows = await session.execute(
        select(
            _ACCOUNT.account_no, _ACCOUNT.holder_id, _ACCOUNT.kind, _ACCOUNT["class"] == "asset",
            _ACCOUNT.source_id, _ACCOUNT.expires_on, _ACCOUNT.floor, _ACCOUNT.ceiling,
            _ACCOUNT.balance, _ACCOUNT.version, _ACCOUNT.is_open,
        )
        .where(
            _ACCOUNT.region_id == region_id,
            _ACCOUNT.holder_id.in_(holder_ids),
            _ACCOUNT.is_open,
        )
        .order_by(_ACCOUNT.account_no)
    )  # fmt: skip
    return [Account(*row) for row in rows]


async def balance_at(
    session: AsyncSession, region_id: int, account_no: int, moment: datetime
) -> int:
    """What the account held at `moment`, in yen; 0 before its first posting.

    Each posting says what it left on the account, so this reads back from the newest one.
    """
    last = await find_seq(session, region_id, moment)
    balance = await session.execute(
        select(_POSTING.balance_after)
        .where(
            _POSTING.region_id == region_id,
            _POSTING.account_no == account_no,
            _POSTING.seq <= last,
        )
        .order_by(_POSTING.version.desc())
        .limit(1)
    )
    return balance.scalar_one_or_none() or 0


def _conditions(region_id: int, wanted: Filters) -> list[ColumnElement[bool]]:
    pairs: tuple[tuple[Any, Callable[[Any], ColumnElement[bool]]], ...] = (
        (wanted.holder_id, _ENTRY.holder_id.__eq__),
        (wanted.other_id, _ENTRY.other_id.__eq__),
        (wanted.kinds, _ENTRY.kind.in_),
        (wanted.from_day, _ENTRY.business_date.__ge__),
        (wanted.to_day, _ENTRY.business_date.__le__),
        (wanted.min_yen, _ENTRY.amount.__ge__),
        (wanted.max_yen, _ENTRY.amount.__le__),
        (wanted.is_refused, _ENTRY.refusal.is_not(None).__eq__),
    )
    met = [is_met(value) for value, is_met in pairs if value is not None]
    return [_ENTRY.region_id == region_id, *met]
