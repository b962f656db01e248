"""List bank lines with what they stand for, or may stand for; and add them up by their state."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from merchants.kana import as_bank_kana
from merchants.line_match import MatchKind
from payments.propose_matches import OF_LINE, SOURCES

LineState = Literal["unmatched", "proposed", "confirmed", "aside"]
StateFilter = Literal["open", "unmatched", "proposed", "confirmed", "aside"]
"""`open`: unmatched or proposed."""

_IS_PROPOSED: Final = f"EXISTS (SELECT FROM ({OF_LINE}) p)"
_STATE: Final = f"""
    CASE WHEN m.kind = 'aside' THEN 'aside' WHEN m.kind IS NOT NULL THEN 'confirmed'
         WHEN {_IS_PROPOSED} THEN 'proposed' ELSE 'unmatched' END"""
_CHOSEN: Final = f"""
      FROM merchants.bank_line l
      JOIN merchants.own_account o ON o.region_id = :region AND o.account_id = l.account_id
      LEFT JOIN merchants.line_match m
        ON m.region_id = :region AND m.line_id = l.line_id AND m.undone_at IS NULL
     WHERE l.region_id = :region
       AND (CAST(:line_id AS uuid) IS NULL OR l.line_id = :line_id)
       AND (CAST(:account_id AS uuid) IS NULL OR l.account_id = :account_id)
       AND (CAST(:from_day AS date) IS NULL OR l.booked_on >= :from_day)
       AND (CAST(:to_day AS date) IS NULL OR l.booked_on <= :to_day)
       AND (CAST(:is_incoming AS boolean) IS NULL OR l.is_incoming = :is_incoming)
       AND (CAST(:min_yen AS bigint) IS NULL OR l.amount_yen >= :min_yen)
       AND (CAST(:max_yen AS bigint) IS NULL OR l.amount_yen <= :max_yen)
       AND (CAST(:said AS text) IS NULL OR strpos(lower(l.said), lower(:said)) > 0
            OR l.reference = :said OR (:said_kana <> '' AND strpos(l.said_kana, :said_kana) > 0))
       AND CASE CAST(:state AS text)
           WHEN 'aside' THEN m.kind IS NOT DISTINCT FROM 'aside'
           WHEN 'confirmed' THEN m.kind IS NOT NULL AND m.kind <> 'aside'
           WHEN 'open' THEN m.kind IS NULL
           WHEN 'proposed' THEN m.kind IS NULL AND {_IS_PROPOSED}
           WHEN 'unmatched' THEN m.kind IS NULL AND NOT {_IS_PROPOSED}
           ELSE true END"""

_LINES: Final = text(f"""
    WITH {SOURCES}
    SELECT l.line_id, l.account_id, o.label, l.statement_id, l.row_no, l.booked_on, l.is_incoming,
           l.amount_yen, l.balance_yen, l.said, l.reference, {_STATE}, m.match_id, m.kind,
           m.target_id
      {_CHOSEN} AND (CAST(:before AS uuid) IS NULL OR l.line_id < :before)
     ORDER BY l.line_id DESC LIMIT :limit
""")
_TOTALS: Final = text(f"""
    WITH {SOURCES}
    SELECT state, count(*), coalesce(sum(amount_yen) FILTER (WHERE is_incoming), 0),
           coalesce(sum(amount_yen) FILTER (WHERE NOT is_incoming), 0)
      FROM (SELECT {_STATE} AS state, l.is_incoming, l.amount_yen {_CHOSEN}) s
     GROUP BY state
""")


@dataclass(frozen=True, slots=True)
class WantedLines:
    """Which lines are wanted; None where it does not matter. Days and bounds are inclusive."""

    line_id: UUID | None = None
    account_id: UUID | None = None
    from_day: date | None = None
    to_day: date | None = None
    is_incoming: bool | None = None
    min_yen: int | None = None
    max_yen: int | None = None
    said: str | None = None
    """A part of the text, in any kana, or the bank's own number."""
    state: StateFilter | None = None


@dataclass(frozen=True, slots=True, repr=False)
class BankLine:
    """A line with its state; amounts in yen. It has no repr: texts name people."""

    line_id: UUID
    account_id: UUID
    account_label: str
    statement_id: UUID
    row_no: int
    booked_on: date
    is_incoming: bool
    amount_yen: int
    balance_yen: int | None
    said: str
    reference: str
    state: LineState
    match_id: UUID | None
    kind: MatchKind | None
    target_id: UUID | None


@dataclass(frozen=True, slots=True)
class LineTotals:
    """How many lines of a state there are, and what they come to."""

    state: LineState
    lines: int
    incoming_yen: int
    outgoing_yen: int


async def list_bank_lines(
    db: AsyncSession, region_id: int, wanted: WantedLines, before: UUID | None, limit: int
) -> list[BankLine]:
    """At most `limit` lines, the latest day first, of those before the one called `before`."""
    given = _given(region_id, wanted) | {"before": before, "limit": limit}
    return [_line(row) for row in await db.execute(_LINES, given)]


async def total_bank_lines(
    db: AsyncSession, region_id: int, wanted: WantedLines
) -> list[LineTotals]:
    """For each state in which there are such lines."""
    rows = await db.execute(_TOTALS, _given(region_id, wanted))
    return sorted((LineTotals(*map(_whole, row)) for row in rows), key=lambda each: each.state)


def _given(region_id: int, wanted: WantedLines) -> dict[str, Any]:
    told = {name: getattr(wanted, name) for name in WantedLines.__slots__}
    return told | {"region": region_id, "said_kana": as_bank_kana(wanted.said or "", 200)}


def _line(row: Any) -> BankLine:
    told = dict(zip(BankLine.__slots__, row, strict=True))
    for name in ("line_id", "account_id", "statement_id", "match_id", "target_id"):
        if told[name] is not None:
            told[name] = UUID(int=told[name].int)
    return BankLine(**told)


def _whole(value: Any) -> Any:
    """Sums of whole numbers come as numerics."""
    return value if isinstance(value, str) else int(value)
