"""Read debit notes, with what was paid or netted of each since; and how old a debt is."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from merchants.debit_note import DebitNote, DebitNoteState

# All that is credited to the merchant's debts after a note goes off it first, whether the bank
# brought it or a settlement netted it: there is no second note before that. Once another document
# stands in its place nothing goes off it any more.
_NOTES: Final = """
    SELECT note_id, number, merchant_id, merchant_name, amount_yen, due_on, content, digest,
           issued_at, issued_by, paid_yen, open_yen, netted_yen, corrects, corrected_by
      FROM (
        SELECT n.note_id, n.number, n.merchant_id, m.name AS merchant_name, n.amount_yen, n.due_on,
               n.content, n.digest, n.issued_at, n.issued_by, paid.yen AS paid_yen,
               CASE WHEN c.number IS NULL THEN greatest(0, n.amount_yen - credited.yen) ELSE 0 END
               AS open_yen,
               greatest(0, least(n.amount_yen, credited.yen) - paid.yen) AS netted_yen,
               n.corrects, c.number AS corrected_by
          FROM merchants.debit_note n
          JOIN merchants.merchant m
            ON m.region_id = n.region_id AND m.merchant_id = n.merchant_id
          LEFT JOIN merchants.debit_note c
            ON c.region_id = :region AND c.corrects = n.number
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(p.amount), 0)::bigint AS yen
                 FROM ledger.account a
                 JOIN ledger.posting p ON p.region_id = :region AND p.account_no = a.account_no
                WHERE a.region_id = :region AND a.holder_id = n.merchant_id AND a.is_open
                  AND a.kind = 'merchant_receivable'
                  AND NOT p.is_debit AND p.seq > n.issued_seq
                  AND (c.issued_seq IS NULL OR p.seq < c.issued_seq)) credited
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(e.amount), 0)::bigint AS yen
                 FROM ledger.entry e
                WHERE e.region_id = :region AND e.refers_to = n.note_id
                  AND e.kind = 'debit_note.paid' AND e.refusal IS NULL) paid
         WHERE n.region_id = :region
           AND (CAST(:note AS uuid) IS NULL OR n.note_id = :note)
           AND (CAST(:merchant AS uuid) IS NULL OR n.merchant_id = :merchant)
           AND (CAST(:before AS bigint) IS NULL OR n.number < :before)) found
     WHERE CAST(:state AS text) IS NULL
        OR :state = CASE WHEN corrected_by IS NOT NULL THEN 'corrected'
                         WHEN amount_yen = 0 THEN 'withdrawal'
                         WHEN open_yen = 0 THEN 'paid'
                         WHEN due_on < CAST(:today AS date) THEN 'overdue' ELSE 'open' END
     ORDER BY number DESC LIMIT :most
"""

# Since its account stood at nothing the last time.
_SINCE: Final = """
    SELECT min(e.at)
      FROM ledger.account a
     CROSS JOIN LATERAL (
           SELECT p.seq FROM ledger.posting p
            WHERE p.region_id = :region AND p.account_no = a.account_no
              AND p.version > (SELECT coalesce(max(z.version), 0) FROM ledger.posting z
                                WHERE z.region_id = :region AND z.account_no = a.account_no
                                  AND z.balance_after = 0)
            ORDER BY p.version LIMIT 1) p
      JOIN ledger.entry e ON e.region_id = :region AND e.seq = p.seq
     WHERE a.region_id = :region AND a.holder_id = :merchant AND a.is_open
       AND a.kind = 'merchant_receivable'
"""


@dataclass(frozen=True, slots=True)
class WantedNotes:
    """Which debit notes are wanted; None where it does not matter."""

    merchant_id: UUID | None = None
    state: DebitNoteState | None = None
    note_id: UUID | None = None


async def list_notes(
    db: AsyncSession, region_id: int, wanted: WantedNotes, today: date, before: int | None,
    limit: int,
) -> list[DebitNote]:  # fmt: skip
    """At most `limit` notes, the newest first, of those before the one with this number."""
    given = {
        "region": region_id,
        "note": wanted.note_id,
        "merchant": wanted.merchant_id,
        "state": wanted.state,
        "today": today,
        "before": before,
        "most": limit,
    }
    return [_note(row) for row in await db.execute(text(_NOTES), given)]


async def find_note(db: AsyncSession, region_id: int, note_id: UUID) -> DebitNote | None:
    """The note, if there is one."""
    wanted = WantedNotes(note_id=note_id)
    found = await list_notes(db, region_id, wanted, date.min, None, 1)
    return found[0] if found else None


async def owes_since(db: AsyncSession, region_id: int, merchant_id: UUID) -> datetime | None:
    """Since when the merchant has owed something without a break; None where it owes nothing."""
    given = {"region": region_id, "merchant": merchant_id}
    since: datetime | None = await db.scalar(text(_SINCE), given)
    return since


def _note(row: Any) -> DebitNote:
    told = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy calls it so)
    ids = {name: UUID(int=told[name].int) for name in ("note_id", "merchant_id")}
    return DebitNote(**told | ids)
