"""A debit note that is wrong: finance asks for another document in its place, another approves."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_requests import RequestAnswer, request_answer
from api.admin_settlements import Finance, Reader
from api.closed_route import v1_router
from api.days import Day
from api.doers import doer_of
from api.fields import Body, Flag, Reason, Uuid, new_id
from api.state import state_of
from payments.correct_debit_note import WishedCorrection, ask_for_correction, find_correction

router = v1_router("administrators: settlements")

_PATH: Final = "/admin/debit-notes/{note_id}/corrections/{request_id}"


class DebitNoteCorrectionBody(Body):
    """What should stand in the place of the note."""

    due_on: Day | None = Field(default=None, examples=["2027-12-31"])
    """The day of another note, over what is owed by then. Null: the note is taken back."""
    pays_back: Flag = Field(default=False, examples=[False])
    """Whether what the bank brought for it is sent back: then so much is owed again."""
    reason: Reason = Field(examples=["別の加盟店に宛てるところでした"])
    """It stands on the new document."""


@router.put(
    _PATH,
    operation_id="askForDebitNoteCorrection",
    summary="Ask that a debit note is corrected or taken back",
    status_code=201,
)
async def put_correction(
    request: Request,
    admin: Finance,
    note_id: Uuid,
    request_id: Annotated[UUID, new_id("request_id")],
    body: DebitNoteCorrectionBody,
) -> RequestAnswer:
    """Another person of finance, or an approver, decides on it within 30 days:
    `POST /v1/admin/requests/{request_id}/decisions`. Then the new document has the next number and
    names the old one, which stays. What settlements have netted stays netted: it was owed.
    """
    state, region = state_of(request), admin.region
    wished = WishedCorrection(request_id, note_id, body.due_on, body.pays_back, body.reason)
    async with state.database.transaction(region.region_id) as db:
        asked = await ask_for_correction(db, region, wished, doer_of(admin), state.clock.now())
    return request_answer(region, asked)


@router.get(
    _PATH,
    operation_id="getDebitNoteCorrection",
    summary="One request to correct a debit note",
)
async def get_correction(
    request: Request, admin: Reader, note_id: Uuid, request_id: Uuid
) -> RequestAnswer:
    """As it stands: open, approved, refused, withdrawn or expired."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        return request_answer(
            region, await find_correction(db, region.region_id, note_id, request_id)
        )
