"""Merchants see the debit notes that they are to pay."""

from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.attachments import binary
from api.closed_route import v1_router
from api.debit_note_answers import OwnDebitNote, note_file, note_of, own_note, today_of
from api.fields import Uuid
from api.pages import Listing, Page, Paged
from api.papers import Bookkeeper
from api.state import state_of
from merchants.debit_note import DebitNoteState
from merchants.read_debit_notes import WantedNotes, list_notes

OWN_NOTES: Final = Listing("own-debit-notes", (int,))

router = v1_router("merchants")


@router.get(
    "/merchant/debit-notes", operation_id="listOwnDebitNotes",
    summary="What my merchant is asked to pay, newest first",
)  # fmt: skip
async def list_own(
    request: Request,
    staff: Bookkeeper,
    paging: Paged,
    state: Annotated[DebitNoteState | None, Query(description="Only in this state.")] = None,
) -> Page[OwnDebitNote]:
    """They come where nothing nets any more what refunds left to be owed."""
    region, start = staff.region, OWN_NOTES.start(paging)
    wanted = WantedNotes(staff.merchant_id, state)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await list_notes(
            db, region.region_id, wanted, today_of(request, region),
            start[0] if start else None, paging.limit + 1,
        )  # fmt: skip
    return OWN_NOTES.page(
        rows, paging, lambda row: (row.number,), lambda row: own_note(request, region, row)
    )


@router.get(
    "/merchant/debit-notes/{note_id}", operation_id="getOwnDebitNote",
    summary="One of my debit notes",
)  # fmt: skip
async def get_own(request: Request, staff: Bookkeeper, note_id: Uuid) -> OwnDebitNote:
    """As it stands."""
    note = await note_of(request, staff.region, note_id, staff.merchant_id)
    return own_note(request, staff.region, note)


@router.get(
    "/merchant/debit-notes/{note_id}/note.pdf", operation_id="printOwnDebitNote",
    summary="One of my debit notes as a page to print", response_class=Response,
    responses=binary("application/pdf", "%PDF-1.7…"),
)  # fmt: skip
async def get_own_pdf(request: Request, staff: Bookkeeper, note_id: Uuid) -> Response:
    """One page of A4 in Japanese; its font is part of the file."""
    return await note_file(await note_of(request, staff.region, note_id, staff.merchant_id), "pdf")
