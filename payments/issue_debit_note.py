"""Issue a debit note: entry, numbered paper and letter stand together, or not at all."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem
from core.one_at_a_time import one_at_a_time
from ledger.books import Entry
from ledger.post import post
from ledger.regions import Region
from merchants.contacts import write_to_contacts
from merchants.debit_note import (
    DAY_OVER,
    DEBIT_NOTE_OPEN,
    DEBT_NETTED,
    Asked,
    DebitNote,
    write_note,
)
from merchants.debit_note_tables import debit_note
from merchants.merchant import MERCHANT_UNKNOWN
from merchants.read_business import legal_names
from merchants.read_debit_notes import WantedNotes, find_note, list_notes, owes_since
from merchants.reads import Merchant, find_merchant
from merchants.settlement_rules import SettlementRules
from payments.debit_notes import IssueDebitNote
from payments.prepare import prepare
from payments.reads import read_settings

_LETTER: Final = (
    "請求書を発行しました。管理画面でご確認のうえ、期日までにお振り込みください。\n"
    "A debit note was issued. Please look at it in the console, and pay by its day.\n"
)
"""It names no sum and no account: the console has both."""
_ROW: Final = debit_note.c


async def issue_debit_note(
    db: AsyncSession, region: Region, wished: IssueDebitNote, doer: Doer, now: datetime
) -> tuple[DebitNote, bool]:
    """The note, and whether it stood there before: the same id and content are one.

    Refuses id-in-use, day-over, merchant-unknown, debit-note-open, debt-netted, and
    merchant-owes-nothing. What is refused leaves nothing.
    """
    region_id = region.region_id
    await one_at_a_time(db, region_id, "debit notes")  # each has the number after the one before
    if await find_note(db, region_id, wished.entry_id) is not None:
        await post(db, region_id, wished, prepare)
        return await _found(db, region_id, wished.entry_id), True
    due_on = date.fromisoformat(wished.due_on)
    if due_on < region.day_of(now):
        raise Problem(DAY_OVER)
    whose = await find_merchant(db, region_id, wished.merchant_id)
    settings = await read_settings(db, region_id)
    if whose is None or settings is None:
        raise Problem(MERCHANT_UNKNOWN)
    rules = settings.settlement
    await _check(db, region, whose, now, timedelta(days=rules.debit_note_days))
    issued = (await post(db, region_id, wished, prepare)).accepted()
    new = NewNote(issued, whose, due_on, wished.reason)
    note = await keep_note(db, region, rules, new, now)
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="debit_note.issued",
        object_id=wished.entry_id, reason=wished.reason, merchant_id=str(whose.merchant_id),
    )  # fmt: skip
    await write_to_contacts(db, region_id, whose.merchant_id, "debit note", _LETTER)
    return note, False


@dataclass(frozen=True, slots=True)
class NewNote:
    """What a paper is written of: its entry and what that does not say."""

    entry: Entry
    whose: Merchant
    due_on: date
    reason: str
    corrects: int | None = None
    """The number of the note in whose place it stands."""


async def keep_note(
    db: AsyncSession, region: Region, rules: SettlementRules, new: NewNote, now: datetime
) -> DebitNote:
    """Write the paper of an entry, with the number after the last one. The caller has the turn."""
    region_id = region.region_id
    last = await db.scalar(select(func.max(_ROW.number)).where(_ROW.region_id == region_id)) or 0
    legal = await legal_names(db, region_id, [new.whose.merchant_id])
    recipient = legal.get(new.whose.merchant_id, new.whose.name)
    content = write_note(
        rules,
        Asked(
            number=last + 1,
            issued_on=region.day_of(now),
            region_name=region.name,
            recipient=recipient,
            merchant_id=new.whose.merchant_id,
            amount_yen=new.entry.amount,
            due_on=new.due_on,
            reason=new.reason,
            corrects=new.corrects,
        ),
    )
    row = {
        "region_id": region_id,
        "note_id": new.entry.entry_id,
        "number": last + 1,
        "previous": last or None,
        "merchant_id": new.whose.merchant_id,
        "amount_yen": new.entry.amount,
        "due_on": new.due_on,
        "issued_seq": new.entry.seq,
        "content": content,
        "digest": sha256(content).digest(),
        "issued_at": now,
        "issued_by": new.entry.actor,
        "corrects": new.corrects,
    }
    await db.execute(insert(debit_note).values(row))
    return await _found(db, region_id, new.entry.entry_id)


async def _check(
    db: AsyncSession, region: Region, whose: Merchant, now: datetime, wait: timedelta
) -> None:
    """Of a merchant that trades on only what is old, and never twice at once."""
    region_id = region.region_id
    open_notes = WantedNotes(merchant_id=whose.merchant_id)
    found = await list_notes(db, region_id, open_notes, date.min, None, 1)
    if found and found[0].open_yen:
        raise Problem(DEBIT_NOTE_OPEN, number=found[0].number)
    if whose.state in {"leaving", "closed"}:
        return
    since = await owes_since(db, region_id, whose.merchant_id)
    if since is not None and region.day_of(since) > region.day_of(now) - wait:
        raise Problem(DEBT_NETTED, days=wait.days)


async def _found(db: AsyncSession, region_id: int, note_id: UUID) -> DebitNote:
    found = await find_note(db, region_id, note_id)
    assert found is not None, "it was written just now"
    return found
