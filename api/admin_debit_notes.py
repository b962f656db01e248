"""Debit notes for finance: issued over what merchants owe, listed, paid through the bank."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.admin_books import DAY_AHEAD
from api.admin_settlements import Finance, Reader
from api.answers import Answer, accepted, in_zone
from api.attachments import binary, json_file
from api.closed_route import v1_router
from api.days import Day
from api.debit_note_answers import DebitNoteAnswer, note_answer, note_file, note_of, today_of
from api.doers import doer_of
from api.envelope import add_header
from api.fields import Body, Label, Reason, Uuid, Yen, new_id
from api.look_up import TELLS_REFUSALS, look_up
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem
from ledger.books import Entry
from ledger.post import post
from ledger.regions import Region
from merchants.debit_note import DEBIT_NOTE_UNKNOWN, DebitNoteState
from merchants.read_debit_notes import WantedNotes, list_notes
from payments.debit_notes import IssueDebitNote, PayDebt
from payments.issue_debit_note import issue_debit_note
from payments.prepare import prepare

NOTES: Final = Listing("debit-notes", (int,))

router = v1_router("administrators: settlements")

_NOTE: Final = "/admin/debit-notes/{note_id}"


@dataclass(frozen=True, slots=True)
class NoteFilters:
    """Which debit notes are wanted."""

    merchant_id: Annotated[Uuid | None, Query(description="Only those of this merchant.")] = None
    state: Annotated[DebitNoteState | None, Query(description="Only in this state.")] = None


class DebitNoteBody(Body):
    """Whom is asked, and until when; the sum is what the books say."""

    merchant_id: Uuid
    due_on: Day = Field(examples=["2027-12-31"])
    """The last day on which it is paid in time."""
    reason: Reason = Field(examples=["脱退後の返金による未収"])
    """It stands on the note."""


class DebtPaymentBody(Body):
    """What the bank's statement says."""

    amount_yen: Yen = Field(examples=[3_800])
    paid_on: Day = Field(examples=["2026-11-20"])
    """The day on which it came."""
    reference: Label = Field(examples=["入金明細 1130-17"])
    """How the bank names it, or the own books; no name of a person."""


class DebtPaymentAnswer(Answer):
    """Money that came for a debit note."""

    payment_id: UUID
    note_id: UUID
    merchant_id: UUID
    amount_yen: int = Field(examples=[3_800])
    paid_on: date
    reference: str | None = Field(examples=["入金明細 1130-17"])
    """Null once it was erased."""
    recorded_at: datetime
    recorded_by: str = Field(examples=["admin:0192f0c1-2222-7000-8000-000000000002"])
    seq: int = Field(examples=[48_100])


@router.get(
    "/admin/debit-notes", operation_id="listDebitNotes",
    summary="Debit notes to merchants, newest first",
)  # fmt: skip
async def list_all(
    request: Request, admin: Reader, paging: Paged, chosen: Annotated[NoteFilters, Depends()]
) -> Page[DebitNoteAnswer]:
    """Open, overdue and paid ones, with what settlements have netted since."""
    region, start = admin.region, NOTES.start(paging)
    wanted = WantedNotes(chosen.merchant_id, chosen.state)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await list_notes(
            db, region.region_id, wanted, today_of(request, region),
            start[0] if start else None, paging.limit + 1,
        )  # fmt: skip
    return NOTES.page(
        rows, paging, lambda row: (row.number,), lambda row: note_answer(request, region, row)
    )


@router.put(
    _NOTE, operation_id="issueDebitNote", summary="Ask a merchant for what it owes",
    status_code=201,
)  # fmt: skip
async def put_note(
    request: Request,
    admin: Finance,
    note_id: Annotated[UUID, new_id("note_id")],
    body: DebitNoteBody,
) -> DebitNoteAnswer:
    """Of a merchant that is leaving or closed, or whose debt is older than the region says; of any
    other it is netted. Its owners are written to. One is open at a time; what settlements net
    meanwhile goes off it.
    """
    state, region = state_of(request), admin.region
    wished = IssueDebitNote(
        entry_id=note_id,
        actor=admin.actor,
        merchant_id=body.merchant_id,
        due_on=body.due_on.isoformat(),
        reason=body.reason,
    )
    async with state.database.transaction(region.region_id) as db:
        note, is_replay = await issue_debit_note(
            db, region, wished, doer_of(admin), state.clock.now()
        )
    if is_replay:
        add_header(request, "Idempotent-Replay", "true")
    return note_answer(request, region, note)


@router.get(_NOTE, operation_id="getDebitNote", summary="One debit note")
async def get_note(request: Request, admin: Reader, note_id: Uuid) -> DebitNoteAnswer:
    """As it stands."""
    return note_answer(request, admin.region, await note_of(request, admin.region, note_id, None))


@router.get(
    _NOTE + "/note.json", operation_id="downloadDebitNote",
    summary="One debit note as JSON, byte for byte", response_class=Response,
    responses=json_file("debit_note"),
)  # fmt: skip
async def get_json(request: Request, admin: Reader, note_id: Uuid) -> Response:
    """As it was issued: `sha256` of the note is of these bytes."""
    return await note_file(await note_of(request, admin.region, note_id, None), "json")


@router.get(
    _NOTE + "/note.pdf", operation_id="printDebitNote",
    summary="One debit note as a page to print", response_class=Response,
    responses=binary("application/pdf", "%PDF-1.7…"),
)  # fmt: skip
async def get_pdf(request: Request, admin: Reader, note_id: Uuid) -> Response:
    """One page of A4 in Japanese; its font is part of the file."""
    return await note_file(await note_of(request, admin.region, note_id, None), "pdf")


@router.put(
    _NOTE + "/payments/{payment_id}", operation_id="recordDebtPayment",
    summary="Record that money came for a debit note", status_code=201,
)  # fmt: skip
async def put_payment(
    request: Request,
    admin: Finance,
    note_id: Uuid,
    payment_id: Annotated[UUID, new_id("payment_id")],
    body: DebtPaymentBody,
) -> DebtPaymentAnswer:
    """By another person than who issued it. In parts if it came so; never more than is owed."""
    region = admin.region
    today = today_of(request, region)
    if body.paid_on > today:
        raise Problem(DAY_AHEAD, today=today.isoformat())
    command = PayDebt(
        entry_id=payment_id,
        actor=admin.actor,
        note_id=note_id,
        amount_yen=body.amount_yen,
        paid_on=body.paid_on.isoformat(),
        reference=body.reference,
    )
    async with state_of(request).database.transaction(region.region_id) as db:
        receipt = await post(db, region.region_id, command, prepare)
    return _payment(region, accepted(request, receipt))


@router.get(
    _NOTE + "/payments/{payment_id}", operation_id="getDebtPayment",
    summary="One payment of a debit note", responses=TELLS_REFUSALS,
)  # fmt: skip
async def get_payment(
    request: Request, admin: Reader, note_id: Uuid, payment_id: Uuid
) -> DebtPaymentAnswer:
    """What became of it."""
    entry = await look_up(request, admin.region, payment_id, PayDebt)
    if entry.refers_to != note_id:
        raise Problem(DEBIT_NOTE_UNKNOWN)
    return _payment(admin.region, entry)


def _payment(region: Region, entry: Entry) -> DebtPaymentAnswer:
    assert entry.refers_to is not None, "a payment has a note"
    assert entry.holder_id is not None, "and that a merchant"
    return DebtPaymentAnswer(
        payment_id=entry.entry_id,
        note_id=entry.refers_to,
        merchant_id=entry.holder_id,
        amount_yen=entry.amount,
        paid_on=date.fromisoformat(entry.facts["paid_on"]),
        reference=entry.facts.get("reference"),
        recorded_at=in_zone(entry.at, region),
        recorded_by=entry.actor,
        seq=entry.seq,
    )
