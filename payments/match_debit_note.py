"""A line that a merchant paid a debit note by: entered by it, or linked to what was entered."""

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.one_at_a_time import one_at_a_time
from ledger import tables
from ledger.post import post
from merchants.statement_tables import line_match
from payments.debit_notes import PayDebt
from payments.match_receipt import receipt_of
from payments.prepare import prepare
from payments.wished_match import Asked, Fit

_ENTRY = tables.entry.c


async def look_at_debit_note(db: AsyncSession, asked: Asked) -> Fit:
    """Where finance had entered that sum for the note by hand, the line is that payment; the first
    of those that no line stands for. Else what `PayDebt` refuses is refused, at the end.
    """
    await one_at_a_time(db, asked.region_id, f"debit_note {asked.target_id}")
    spoken_for = exists().where(
        line_match.c.region_id == asked.region_id,
        line_match.c.entry_id == _ENTRY.entry_id,
        line_match.c.undone_at.is_(None),
    )
    entered = await db.scalar(
        select(_ENTRY.entry_id)
        .where(
            _ENTRY.region_id == asked.region_id,
            _ENTRY.refers_to == asked.target_id,
            _ENTRY.kind == PayDebt.kind,
            _ENTRY.refusal.is_(None),
            _ENTRY.amount == asked.amount_yen,
            ~_ENTRY.facts.has_key("bank_line_id"),
            ~spoken_for,
        )
        .order_by(_ENTRY.seq)
        .limit(1)
    )
    if entered is not None:
        return Fit(entry_id=entered, is_linked=True)
    payment = PayDebt(
        entry_id=receipt_of(asked.wished.match_id),
        actor=asked.doer.actor,
        note_id=asked.target_id,
        amount_yen=asked.amount_yen,
        paid_on=asked.booked_on.isoformat(),
        reference=asked.reference or str(asked.wished.line_id),
        bank_line_id=asked.wished.line_id,
    )

    async def enter() -> None:
        (await post(db, asked.region_id, payment, prepare)).accepted()

    return Fit(enter, entry_id=payment.entry_id)
