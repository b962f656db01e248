"""Transfer files: finance makes them, another person sends them, and what the bank did is told."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from starlette.requests import Request

from api.admin_settlements import Finance, Reader
from api.answers import Answer, accepted, in_zone, in_zone_if
from api.application_answers import is_real
from api.attachments import BYTES, attachment, binary
from api.closed_route import v1_router
from api.days import Day
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.look_up import TELLS_REFUSALS, look_up
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem
from ledger.books import Entry
from ledger.regions import Region
from merchants.read_bank_file import read_bank_file
from merchants.read_settlements import find_run
from merchants.settlement import SETTLEMENT_RUN_UNKNOWN, SETTLEMENT_UNKNOWN
from merchants.transfer_file import (
    TRANSFER_FILE_UNKNOWN,
    TransferFile,
    TransferFileState,
    WantedFiles,
    content_of,
    files_of_run,
    list_files,
)
from payments.pay_out import ReturnPayout
from payments.transfer_files import make_files, pay_file, return_payout, send_file

FILES: Final = Listing("transfer-files", (UUID,))

router = v1_router("administrators: settlements")

BankDay = Annotated[
    Day | None,
    Query(description="A bank day that stands in it, inclusive.", examples=["2026-11-30"]),
]

_OF_RUN: Final = "/admin/settlement-runs/{run_id}/transfer-files"
_ONE: Final = "/admin/transfer-files/{file_id}"
_RETURN: Final = "/admin/settlements/{settlement_id}/returns/{return_id}"


class TransferFileAnswer(Answer):
    """A file of transfers, without its bytes. Amounts in yen."""

    file_id: UUID
    run_id: UUID
    pays_on: date
    """The bank day that stands in it."""
    sha256: str = Field(examples=["9f86d081884c7d65" * 4])
    transfers: int = Field(examples=[2940])
    total_yen: int = Field(examples=[479_210_000])
    state: TransferFileState = Field(examples=["made"])
    made_by: str = Field(examples=["admin:0192f0c1-2222-7000-8000-000000000001"])
    made_at: datetime
    sent_by: str | None = Field(examples=[None])
    sent_at: datetime | None
    paid_by: str | None = Field(examples=[None])
    paid_at: datetime | None


class TransferFiles(Answer):
    """All files of a run."""

    items: list[TransferFileAnswer]


class FilesBody(Body):
    """Which settlements of the run wait."""

    leave_out: Annotated[list[Uuid], Field(max_length=1_000)] = Field(
        default=[],
        examples=[[]],
        description="Settlements that cannot be written, as `transfer-unwritable` tells: they stay"
        " due, and hold nobody else up.",
    )


class StepBody(Body):
    """Nothing: who does it is told by the token."""


class PayoutReturnBody(Body):
    """What the bank says; it is kept."""

    reason: Reason = Field(examples=["口座名義相違"])


class PayoutReturnAnswer(Answer):
    """A transfer that came back, as it was entered."""

    return_id: UUID
    settlement_id: UUID
    amount_yen: int = Field(examples=[162_113])
    """Due to the merchant again, with the next settlement."""
    reason: str = Field(examples=["口座名義相違"])
    returned_at: datetime
    seq: int = Field(examples=[48_200])


@router.post(_OF_RUN, operation_id="makeTransferFiles", summary="Make the transfer files of a run")
async def make(request: Request, admin: Finance, run_id: Uuid, body: FilesBody) -> TransferFiles:
    """Once it is approved. Who comes again gets the same files: they are never made anew. A run
    that is late is paid on the next bank day.

    Settlements without a bank account are in none (`has_account`). Come again once they have one:
    a further file has them, and those that were left out, with the account in force by then.
    """
    state, region = state_of(request), admin.region
    today = region.day_of(state.clock.now())
    async with state.database.transaction(region.region_id) as db:
        files = await make_files(
            db,
            region.region_id,
            run_id,
            doer_of(admin),
            today,
            body.leave_out,
            is_real=is_real(state),
        )
    return TransferFiles(items=[_answer(region, each) for each in files])


@router.get(_OF_RUN, operation_id="listTransferFiles", summary="The transfer files of a run")
async def list_of_run(request: Request, admin: Reader, run_id: Uuid) -> TransferFiles:
    """In the order in which they were made; a bank's limits split few runs."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        if await find_run(db, region.region_id, run_id) is None:
            raise Problem(SETTLEMENT_RUN_UNKNOWN)
        files = await files_of_run(db, region.region_id, run_id)
    return TransferFiles(items=[_answer(region, each) for each in files])


@router.get(
    "/admin/transfer-files",
    operation_id="listAllTransferFiles",
    summary="The transfer files of all runs, the newest first",
)
async def list_all(
    request: Request,
    admin: Reader,
    paging: Paged,
    state: Annotated[TransferFileState | None, Query(description="Only in this state.")] = None,
    pays_from: BankDay = None,
    pays_to: BankDay = None,
) -> Page[TransferFileAnswer]:
    """What is made and not sent, or sent and not paid, whichever run it is of."""
    region = admin.region
    start = FILES.start(paging)
    wanted = WantedFiles(state, pays_from, pays_to)
    async with state_of(request).database.snapshot(region.region_id) as db:
        files = await list_files(
            db, region.region_id, wanted, start[0] if start else None, paging.limit + 1
        )
    return FILES.page(
        files, paging, lambda each: (each.file_id,), lambda each: _answer(region, each)
    )


@router.get(
    _ONE + "/content",
    operation_id="downloadTransferFile",
    summary="The bytes of a transfer file, for the bank",
    response_class=Response,
    responses=binary(BYTES, "12100000012345ｾﾀｶﾞﾔｸ"),
)
async def download(request: Request, admin: Finance, file_id: Uuid) -> Response:
    """As it was made, in half-width kana of one byte each (code page 932). It was read back before
    it is given out.
    """
    async with state_of(request).database.snapshot(admin.region.region_id) as db:
        content = await content_of(db, admin.region.region_id, file_id)
    if content is None:
        raise Problem(TRANSFER_FILE_UNKNOWN)
    read_bank_file(content)
    return attachment(content, BYTES, f"{file_id}.txt")


@router.post(_ONE + "/sending", operation_id="sendTransferFile", summary="Say that it was sent")
async def send(
    request: Request,
    admin: Finance,
    file_id: Uuid,
    body: StepBody,  # noqa: ARG001  an unknown member is refused
) -> TransferFileAnswer:
    """By another person than who made it."""
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        found = await send_file(db, region.region_id, file_id, doer_of(admin))
    return _answer(region, found)


@router.post(
    _ONE + "/payment", operation_id="payTransferFile", summary="Say that the bank carried it out"
)
async def pay(
    request: Request,
    admin: Finance,
    file_id: Uuid,
    body: StepBody,  # noqa: ARG001  an unknown member is refused
) -> TransferFileAnswer:
    """Each settlement in it is paid, by an entry of its own. Who is cut off comes again."""
    state, region = state_of(request), admin.region
    found = await pay_file(
        state.database, region.region_id, file_id, doer_of(admin), state.clock.now()
    )
    return _answer(region, found)


@router.put(
    _RETURN,
    operation_id="returnPayout",
    summary="Enter a transfer that came back",
    status_code=201,
)
async def put_return(
    request: Request,
    admin: Finance,
    settlement_id: Uuid,
    return_id: Annotated[UUID, new_id("return_id")],
    body: PayoutReturnBody,
) -> PayoutReturnAnswer:
    """The merchant is due it again, with the next settlement."""
    region = admin.region
    command = ReturnPayout(
        entry_id=return_id, actor=admin.actor, settlement_id=settlement_id, reason=body.reason
    )
    async with state_of(request).database.transaction(region.region_id) as db:
        receipt = await return_payout(db, region.region_id, command)
    return _returned(region, accepted(request, receipt))


@router.get(_RETURN, operation_id="getPayoutReturn", responses=TELLS_REFUSALS, summary="One return")
async def get_return(
    request: Request, admin: Reader, settlement_id: Uuid, return_id: Uuid
) -> PayoutReturnAnswer:
    """What became of it."""
    entry = await look_up(request, admin.region, return_id, ReturnPayout)
    if entry.refers_to != settlement_id:
        raise Problem(SETTLEMENT_UNKNOWN)
    return _returned(admin.region, entry)


def _returned(region: Region, entry: Entry) -> PayoutReturnAnswer:
    assert entry.refers_to is not None, "a return has a settlement"
    return PayoutReturnAnswer(
        return_id=entry.entry_id,
        settlement_id=entry.refers_to,
        amount_yen=entry.amount,
        reason=entry.facts["reason"],
        returned_at=in_zone(entry.at, region),
        seq=entry.seq,
    )


def _answer(region: Region, found: TransferFile) -> TransferFileAnswer:
    return TransferFileAnswer(
        file_id=found.file_id,
        run_id=found.run_id,
        pays_on=found.pays_on,
        sha256=found.sha256.hex(),
        transfers=found.transfers,
        total_yen=found.total_yen,
        state=found.state,
        made_by=found.made_by,
        made_at=in_zone(found.made_at, region),
        sent_by=found.sent_by,
        sent_at=in_zone_if(found.sent_at, region),
        paid_by=found.paid_by,
        paid_at=in_zone_if(found.paid_at, region),
    )
