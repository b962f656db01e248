"""Correct a debit note or take it back: asked for by one, approved by another (four eyes)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.requests import REQUEST_UNKNOWN, Request, RequestKind, find_request, make_request
from core.errors import Problem
from core.ids import uuid8
from core.one_at_a_time import one_at_a_time
from ledger.post import post
from ledger.regions import Region
from merchants.contacts import write_to_contacts
from merchants.debit_note import (
    DAY_OVER,
    DEBIT_NOTE_CORRECTED,
    DEBIT_NOTE_UNKNOWN,
    DEBIT_NOTE_UNPAID,
    DebitNote,
)
from merchants.read_debit_notes import find_note
from merchants.reads import find_merchant
from payments.debit_notes import CorrectDebitNote, PayDebtBack
from payments.issue_debit_note import NewNote, keep_note
from payments.prepare import prepare
from payments.reads import read_settings

DEBIT_NOTE_CORRECTION: Final = RequestKind("debit_note.correction", timedelta(days=30))
"""Its object is the note."""

_LETTERS: Final = {
    False: (
        "請求書を訂正しました。お支払いの前に、新しい請求書を管理画面でご確認ください。\n"
        "A debit note was corrected. Please look at the new one in the console before you pay.\n"
    ),
    True: (
        "請求書を取り消しました。お支払いは不要です。管理画面でご確認ください。\n"
        "A debit note was taken back. Nothing is to be paid for it. The console has more.\n"
    ),
}
"""Whether it was taken back. They name no sum and no account: the console has both."""


@dataclass(frozen=True, slots=True)
class WishedCorrection:
    """What should stand in the place of a note."""

    request_id: UUID
    note_id: UUID
    due_on: date | None
    """None: it is taken back."""
    pays_back: bool
    """Whether what the bank brought for it goes back."""
    reason: str


async def ask_for_correction(
    db: AsyncSession, region: Region, wished: WishedCorrection, doer: Doer, now: datetime
) -> Request:
    """The request; the same id and content are one.

    Refuses debit-note-unknown, debit-note-corrected, debit-note-unpaid, day-over, and what
    `make_request` refuses.
    """
    due_on = wished.due_on
    note = await _standing(db, region.region_id, wished.note_id)
    if wished.pays_back and note.paid_yen == 0:
        raise Problem(DEBIT_NOTE_UNPAID)
    if due_on is not None and due_on < region.day_of(now):
        raise Problem(DAY_OVER)
    return await make_request(
        db, region.region_id, wished.request_id, DEBIT_NOTE_CORRECTION, doer, wished.note_id,
        wished.reason, due_on=due_on and due_on.isoformat(), pays_back=wished.pays_back,
    )  # fmt: skip


async def find_correction(
    db: AsyncSession, region_id: int, note_id: UUID, request_id: UUID
) -> Request:
    """The request, if it is about this note; request-unknown for any other."""
    asked = await find_request(db, region_id, request_id)
    if (asked.kind, asked.object_id) != (DEBIT_NOTE_CORRECTION.name, note_id):
        raise Problem(REQUEST_UNKNOWN)
    return asked


async def correct_debit_note(
    db: AsyncSession, region: Region, asked: Request, doer: Doer, now: datetime
) -> DebitNote:
    """Write the document that was asked for, in the transaction of its approval: it has the number
    after the last one. What the bank brought goes back first, where that was asked for.

    Refuses debit-note-unknown, debit-note-corrected, debit-note-unpaid, day-over where its day has
    passed meanwhile, and merchant-owes-nothing where nothing is left to ask for.
    """
    region_id, note_id, given = region.region_id, asked.object_id, asked.facts["due_on"]
    await one_at_a_time(db, region_id, "debit notes")  # each has the number after the one before
    wrong = await _standing(db, region_id, note_id)
    due_on = wrong.due_on if given is None else date.fromisoformat(given)
    if given is not None and due_on < region.day_of(now):
        raise Problem(DAY_OVER)
    if asked.facts["pays_back"]:
        back = PayDebtBack(
            entry_id=uuid8(now, PayDebtBack.kind, asked.request_id), actor=doer.actor,
            note_id=note_id, reason=asked.reason,
        )  # fmt: skip
        (await post(db, region_id, back, prepare)).accepted()
    command = CorrectDebitNote(
        entry_id=uuid8(now, CorrectDebitNote.kind, asked.request_id), actor=doer.actor,
        note_id=note_id, due_on=given, reason=asked.reason,
    )  # fmt: skip
    entry = (await post(db, region_id, command, prepare)).accepted()
    whose = await find_merchant(db, region_id, wrong.merchant_id)
    settings = await read_settings(db, region_id)
    assert whose is not None, "a debit note has a merchant"
    assert settings is not None, "the region is open"
    new = NewNote(entry, whose, due_on, asked.reason, wrong.number)
    note = await keep_note(db, region, settings.settlement, new, now)
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="debit_note.corrected",
        object_id=note_id, reason=asked.reason, number=note.number,
    )  # fmt: skip
    letter = _LETTERS[given is None]
    await write_to_contacts(db, region_id, wrong.merchant_id, "debit note", letter)
    return note


async def _standing(db: AsyncSession, region_id: int, note_id: UUID) -> DebitNote:
    """The note, if it asks for something and no other document stands in its place."""
    note = await find_note(db, region_id, note_id)
    if note is None or note.amount_yen == 0:
        raise Problem(DEBIT_NOTE_UNKNOWN)
    if note.corrected_by is not None:
        raise Problem(DEBIT_NOTE_CORRECTED)
    return note
