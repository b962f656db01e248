"""A person says what a bank line stands for, or sets it aside; and takes that back."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from api.admin_settlements import Finance, Reader
from api.bank_line_answers import LineMatchAnswer, match_answer
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.state import state_of
from core.errors import Problem
from merchants.line_match import MATCH_UNKNOWN, TRANSFERS, MatchKind, find_match
from payments.match_line import match_line
from payments.transfer_files import pay_file
from payments.undo_match import undo_with_entries
from payments.wished_match import WishedMatch

router = v1_router("administrators: bank")

_ONE: Final = "/admin/bank-lines/{line_id}/matches/{match_id}"
MOST_FEE_YEN: Final = 10_000_000


class LineMatchBody(Body):
    """What the line stands for, and why."""

    kind: MatchKind = Field(
        examples=["aside"],
        description="`file`: a transfer file was carried out in one sum; `transfer`: one settlement"
        " of it was; `return`: its transfer came back; `funding`: a funder paid; `provider`:"
        " a provider of top-ups passed money on; `debit_note`: a shop paid what it"
        " owes; `aside`: it stands for nothing of the books (fees, interest).",
    )
    target_id: Uuid | None = Field(
        examples=[None],
        description="As proposed: the file, the settlement, the funding, the provider's account,"
        " the debit note; of `aside` null.",
    )
    fee_yen: Annotated[int, Field(strict=True, ge=0, le=MOST_FEE_YEN)] = Field(
        default=0,
        examples=[0],
        description="What the bank kept, of `file`, `transfer` and `return`.",
    )
    reason: Reason = Field(examples=["口座維持手数料"])

    @model_validator(mode="after")
    def _fits(self) -> "LineMatchBody":
        if (self.target_id is None) != (self.kind == "aside"):
            raise PydanticCustomError("target_wrong", "all but `aside` have a target")
        if self.fee_yen and self.kind not in TRANSFERS:
            raise PydanticCustomError("fee_wrong", "only transfers have a fee")
        return self


class UndoingBody(Body):
    """Why it is taken back; it is kept."""

    reason: Reason = Field(examples=["別の負担金の入金"])


@router.put(
    _ONE,
    operation_id="matchBankLine",
    summary="Say what a bank line stands for",
    status_code=201,
)
async def put_match(
    request: Request,
    admin: Finance,
    line_id: Uuid,
    match_id: Annotated[UUID, new_id("match_id")],
    body: LineMatchBody,
) -> LineMatchAnswer:
    """A file or a transfer is paid by that, and a return entered, unless it was done before; money
    of funders and providers and for debit notes is entered, at most what is owed. Each entry names
    the line. Who is cut off while a file is paid comes again.
    """
    state, region = state_of(request), admin.region
    wished = WishedMatch(match_id, line_id, body.kind, body.target_id, body.fee_yen, body.reason)
    doer, now = doer_of(admin), state.clock.now()
    async with state.database.transaction(region.region_id) as db:
        kept = await match_line(db, region.region_id, wished, doer, now)
    if kept.kind == "file":
        assert kept.target_id is not None, "a file is a target"
        await pay_file(state.database, region.region_id, kept.target_id, doer, now)
    return match_answer(region, kept)


@router.get(_ONE, operation_id="getLineMatch", summary="One match of a bank line")
async def get_match(
    request: Request, admin: Reader, line_id: Uuid, match_id: Uuid
) -> LineMatchAnswer:
    """As it stands."""
    async with state_of(request).database.snapshot(admin.region.region_id) as db:
        found = await find_match(db, admin.region.region_id, match_id)
    if found is None or found.line_id != line_id:
        raise Problem(MATCH_UNKNOWN)
    return match_answer(admin.region, found)


@router.post(
    _ONE + "/undoing", operation_id="undoLineMatch", summary="Take back what a line stands for"
)
async def undo(
    request: Request, admin: Finance, line_id: Uuid, match_id: Uuid, body: UndoingBody
) -> LineMatchAnswer:
    """Of fundings and providers, whose money another entry takes off again, of what was set aside,
    and of what is only linked (`is_linked`). A payout that was entered wrongly is returned by an
    entry of its own (`…/settlements/{settlement_id}/returns/…`), and what came for a debit note
    goes back with its correction.
    """
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        undone = await undo_with_entries(
            db, region.region_id, line_id, match_id, doer_of(admin), body.reason
        )
    return match_answer(region, undone)
