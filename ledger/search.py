"""Search the journal, and open one entry with its postings."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from ledger import tables
from ledger.books import Entry
from ledger.find_seq import find_seq

_ENTRY = tables.entry.c
_POSTING = tables.posting.c
_ACCOUNT = tables.account.c
_COLUMNS: Final = (
    _ENTRY.entry_id, _ENTRY.seq, _ENTRY.at, _ENTRY.business_date, _ENTRY.kind, _ENTRY.actor,
    _ENTRY.holder_id, _ENTRY.other_id, _ENTRY.refers_to, _ENTRY.amount, _ENTRY.refusal,
    _ENTRY.fingerprint, _ENTRY.facts,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are wanted; None where it does not matter. Bounds are inclusive."""

    kind: str | None = None
    begins: date | datetime | None = None
    """A business date from its start, or an instant."""
    ends: date | datetime | None = None
    """A business date to its end, or an instant."""
    holder_id: UUID | None = None
    """The wallet, store, merchant or campaign, on either end."""
    actor: str | None = None
    is_refused: bool | None = None
    refers_to: UUID | None = None
    min_yen: int | None = None
    max_yen: int | None = None


@dataclass(frozen=True, slots=True)
class PostingLine:
    """One line of an entry, with the account that it stands on."""

    line: int
    account_no: int
    account_kind: str
    holder_id: UUID
    expires_on: date | None
    is_debit: bool
    amount: int
    version: int
    """How many postings the account has had with this one."""
    balance_after: int
    """What the line left on the account, on the account's own side."""


async def search(
    session: AsyncSession, region_id: int, wanted: Wanted, before_seq: int | None, limit: int
) -> list[Entry]:
    """At most `limit` entries, newest first, of those numbered below `before_seq`."""
    first, last = await numbers_between(session, region_id, wanted.begins, wanted.ends)
    if before_seq is not None:
        last = min(last, before_seq - 1)
    if first > last:
        return []
    conditions = [_ENTRY.region_id == region_id, _ENTRY.seq.between(first, last), *_equal(wanted)]
    query = _newest(select(*_COLUMNS).where(*conditions), limit)
    if wanted.holder_id is not None:
        # Each end has an index of its own that gives its newest entries first.
        ends = [
            _newest(select(*_COLUMNS).where(*conditions, end == wanted.holder_id), limit)
            for end in (_ENTRY.holder_id, _ENTRY.other_id)
        ]
        either = union_all(*(end.subquery().select() for end in ends)).subquery()
        query = select(either).order_by(either.c.seq.desc()).limit(limit)
    return [Entry(*tuple(row)) for row in await session.execute(query)]


async def postings_of(session: AsyncSession, region_id: int, entry_id: UUID) -> list[PostingLine]:
    """The lines of one entry, in their order; none for an entry that moved nothing."""
    rows = await session.execute(
        select(
            _POSTING.line, _POSTING.account_no, _ACCOUNT.kind, _ACCOUNT.holder_id,
            _ACCOUNT.expires_on, _POSTING.is_debit, _POSTING.amount, _POSTING.version,
            _POSTING.balance_after,
        )
        .join_from(
            tables.posting,
            tables.account,
            (_ACCOUNT.region_id == _POSTING.region_id)
            & (_ACCOUNT.account_no == _POSTING.account_no),
        )
        .where(_POSTING.region_id == region_id, _POSTING.entry_id == entry_id)
        .order_by(_POSTING.line)
    )  # fmt: skip
    return [PostingLine(*tuple(row)) for row in rows]


async def numbers_between(
    session: AsyncSession,
    region_id: int,
    begins: date | datetime | None,
    ends: date | datetime | None,
) -> tuple[int, int]:
    """The first and the last number within a time; both ends are inclusive."""
    first = 1
    if begins is not None:
        step = timedelta(microseconds=1) if isinstance(begins, datetime) else timedelta(days=1)
        first = 1 + await find_seq(session, region_id, begins - step)
    return first, await find_seq(session, region_id, ends)


def _equal(wanted: Wanted) -> list[ColumnElement[bool]]:
    pairs = (
        (wanted.kind, _ENTRY.kind.__eq__),
        (wanted.actor, _ENTRY.actor.__eq__),
        (wanted.is_refused, _ENTRY.refusal.is_not(None).__eq__),
        (wanted.refers_to, _ENTRY.refers_to.__eq__),
        (wanted.min_yen, _ENTRY.amount.__ge__),
        (wanted.max_yen, _ENTRY.amount.__le__),
    )
    return [is_met(value) for value, is_met in pairs if value is not None]


def _newest(query: Select[Any], limit: int) -> Select[Any]:
    return query.order_by(_ENTRY.seq.desc()).limit(limit)
