"""Add up what moved residents' value until a number of the journal, from the last base date on."""

from collections import defaultdict
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.tables import base_date

_ROW: Final = base_date.c
_SUMS: Final = text("""
    SELECT a.kind, a.value, e.kind AS entry_kind, p.is_debit, sum(p.amount)::bigint AS yen
      FROM ledger.posting p
      JOIN ledger.account a ON a.region_id = :region AND a.account_no = p.account_no
      JOIN ledger.entry e ON e.region_id = :region AND e.entry_id = p.entry_id
     WHERE p.region_id = :region AND p.seq > :after AND p.seq <= :until AND a.value IS NOT NULL
     GROUP BY a.kind, a.value, e.kind, p.is_debit
""")


class Move(NamedTuple):
    """What postings on a wallet's value have in common."""

    kind: str
    """Of the account."""
    value: str
    """`paid` or `free`."""
    entry_kind: str
    is_debit: bool


Sums = dict[Move, int]
"""Yen of each move since the region began."""


async def sums_until(session: AsyncSession, region_id: int, seq: int) -> Sums:
    """The sums up to and with an entry's number.

    Entries are never changed and none comes in between, so what was remembered of an earlier number
    is right for ever, and only what came later is read: every posting, where nothing is remembered.
    The caller allows for a long read.
    """
    after, sums = await _remembered(session, region_id, seq)
    if after < seq:
        given = {"region": region_id, "after": after, "until": seq}
        for *move, yen in await session.execute(_SUMS, given):
            sums[Move(*move)] += yen
    return dict(sums)


async def remember(session: AsyncSession, region_id: int, day: date, seq: int, sums: Sums) -> None:
    """Keep the sums of a base date that is over; what is kept already stays."""
    row: dict[str, Any] = {
        "region_id": region_id,
        "base_date": day,
        "seq": seq,
        "sums": [[*move, yen] for move, yen in sorted(sums.items())],
    }
    await session.execute(insert(base_date).values(row).on_conflict_do_nothing())


async def _remembered(
    session: AsyncSession, region_id: int, seq: int
) -> tuple[int, defaultdict[Move, int]]:
    """The newest sums of a number up to this one; none at all before the first."""
    rows = await session.execute(
        select(_ROW.seq, _ROW.sums)
        .where(_ROW.region_id == region_id, _ROW.seq <= seq)
        .order_by(_ROW.seq.desc())
        .limit(1)
    )
    known = rows.one_or_none()
    sums: defaultdict[Move, int] = defaultdict(int)
    if known is None:
        return 0, sums
    sums.update({Move(*move): yen for *move, yen in known.sums})
    return known.seq, sums
