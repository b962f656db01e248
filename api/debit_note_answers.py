"""What is told of debit notes, to finance and to merchants, and their files."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.answers import Answer, in_zone
from api.paper_answers import kept_file
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region
from merchants.debit_note import DEBIT_NOTE_UNKNOWN, DebitNote, DebitNoteState
from merchants.read_debit_notes import find_note


class OwnDebitNote(Answer):
    """A debit note as it was issued, and what became of its sum. Amounts in yen."""

    note_id: UUID
    number: int = Field(examples=[3])
    """A region counts from 1, without a gap."""
    merchant_id: UUID
    merchant_name: str = Field(examples=["見本食堂"])
    """Of today; the note bears the one of its day."""
    amount_yen: int = Field(examples=[5_000])
    paid_yen: int = Field(examples=[0])
    """What came through the bank."""
    netted_yen: int = Field(examples=[1_200])
    """What settlements have netted of it since."""
    open_yen: int = Field(examples=[3_800])
    """What is still asked for."""
    due_on: date
    state: DebitNoteState = Field(examples=["open"])
    """`overdue` from the day after `due_on`, while something is open; `corrected` once another
    document stands in its place; `withdrawal` is one that only takes another back."""
    corrects: int | None = Field(examples=[None])
    """The number of the note in whose place it stands, or that it takes back."""
    corrected_by: int | None = Field(examples=[None])
    """The number of the document in its place."""
    issued_at: datetime
    sha256: str = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    """Of the file `note.json`; it stands on the printed page too."""


class DebitNoteAnswer(OwnDebitNote):
    """The same for finance: who issued it."""

    issued_by: str = Field(examples=["admin:0192f0c1-2222-7000-8000-000000000001"])


def note_answer(request: Request, region: Region, note: DebitNote) -> DebitNoteAnswer:
    """A debit note as finance sees it."""
    own = own_note(request, region, note)
    return DebitNoteAnswer(**own.model_dump(), issued_by=note.issued_by)


def own_note(request: Request, region: Region, note: DebitNote) -> OwnDebitNote:
    """As its merchant sees it, with the state of today."""
    names = (
        *("note_id", "number", "merchant_id", "merchant_name", "amount_yen", "paid_yen"),
        *("netted_yen", "open_yen", "due_on", "corrects", "corrected_by"),
    )
    told: dict[str, Any] = {name: getattr(note, name) for name in names}
    return OwnDebitNote(
        **told,
        state=note.state_on(today_of(request, region)),
        issued_at=in_zone(note.issued_at, region),
        sha256=note.digest.hex(),
    )


def today_of(request: Request, region: Region) -> date:
    """The region's day."""
    return region.day_of(state_of(request).clock.now())


async def note_of(
    request: Request, region: Region, note_id: UUID, merchant_id: UUID | None
) -> DebitNote:
    """One note, of this merchant or, None, of whichever. Raises debit-note-unknown."""
    async with state_of(request).database.snapshot(region.region_id) as db:
        found = await find_note(db, region.region_id, note_id)
    if found is None or merchant_id not in {None, found.merchant_id}:
        raise Problem(DEBIT_NOTE_UNKNOWN)
    return found


async def note_file(note: DebitNote, form: Literal["json", "pdf"]) -> Response:
    """The note to be kept, under a name in ASCII and one in Japanese."""
    name, told = (f"{kind}-{note.number}" for kind in ("debit-note", "請求書"))
    return await kept_file(form, note.content, note.digest, name, told, "debit_note.typ")
