"""Settlements for finance: runs with their sums, each merchant's, rejected, as CSV."""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import StreamingResponse

from api.admin_merchants import InNames
from api.answers import Answer, accepted, in_zone
from api.closed_route import v1_router
from api.days import EndsFrom, EndsUntil
from api.fields import Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.look_up import TELLS_REFUSALS, look_up
from api.pages import Listing, Page, Paged
from api.settlement_answers import (
    RunAnswer,
    SettlementAnswer,
    run_answer,
    settlement_answer,
)
from api.sheets import Cell, Rows, Sheet, answer_sheet, described
from api.state import state_of
from api.words_in_sheets import OBSTACLES, SETTLEMENT_STATES
from core.errors import Problem
from ledger.books import Entry
from ledger.regions import Region
from merchants.read_papers import papers_of_runs
from merchants.read_settlements import (
    Wanted,
    WantedRuns,
    find_run,
    list_runs,
    list_settlements,
    totals_of,
)
from merchants.settlement import (
    SETTLEMENT_RUN_UNKNOWN,
    SETTLEMENT_UNKNOWN,
    Obstacle,
    RunState,
    Settlement,
    SettlementState,
)
from payments.approve_run import reject_settlement
from payments.close_settlement import RejectSettlement

RUNS: Final = Listing("settlement-runs", (UUID,))
SETTLEMENTS: Final = Listing("settlements", (UUID,))
PIECE: Final = 500
"""Settlements that are read at once for a CSV."""

router = v1_router("administrators: settlements")

Finance = Annotated[AdminIdentity, administrator("finance")]
Reader = Annotated[AdminIdentity, administrator("finance", "approver", "auditor")]

_RUN: Final = "/admin/settlement-runs/{run_id}"
_CSV_HEAD: Final = (
    *("精算ID", "加盟店ID", "加盟店名", "期間開始", "期間終了", "振込予定日", "売上", "返金"),
    *("還元", "差戻し", "相殺", "精算額", "手数料", "消費税", "振込額", "状態", "繰越理由"),
    *("うち随時精算手数料", "転換"),
)
_EXAMPLE: Final = (
    "\ufeff" + ",".join(_CSV_HEAD) + "\r\n"
    "0192f0c1-2222-8000-8000-000000000001,0192f0c1-2222-7000-8000-000000000002,見本食堂,"
    "2026-11-01,2026-11-15,2026-11-30,158000,1200,7900,0,0,164700,2352,235,162113,振込待ち,,0,0\r\n"
)


@dataclass(frozen=True, slots=True)
class RunFilters:
    """Which runs are wanted."""

    state: Annotated[RunState | None, Query(description="Only in this state.")] = None
    is_on_demand: Annotated[
        bool | None, Query(description="Only those that a merchant asked for, or none of them.")
    ] = None
    first_day: EndsFrom = None
    last_day: EndsUntil = None


@dataclass(frozen=True, slots=True)
class SettlementFilters:
    """Which settlements are wanted."""

    run_id: Annotated[Uuid | None, Query(description="Only those of this run.")] = None
    merchant_id: Annotated[Uuid | None, Query(description="Only those of this merchant.")] = None
    state: Annotated[SettlementState | None, Query(description="Only in this state.")] = None
    obstacle: Annotated[
        Obstacle | None, Query(description="Only those that are carried over for this.")
    ] = None
    has_account: Annotated[
        bool | None,
        Query(description="Only those of approved runs with a bank account, or without one."),
    ] = None
    text: InNames = None
    first_day: EndsFrom = None
    last_day: EndsUntil = None


class RejectionBody(Body):
    """Why a settlement is not to be paid; the reason is kept."""

    reason: Reason = Field(examples=["架空売上の疑い、調査中"])


class RejectionAnswer(Answer):
    """A rejection of a settlement, as it was made."""

    rejection_id: UUID
    settlement_id: UUID
    due_yen: int = Field(examples=[164_700])
    """Due to the merchant again, with a later settlement; no fee was asked for."""
    reason: str = Field(examples=["架空売上の疑い、調査中"])
    rejected_at: datetime
    seq: int = Field(examples=[48_100])


@router.get(
    "/admin/settlement-runs",
    operation_id="listSettlementRuns",
    summary="Settlement runs, the latest period first",
)
async def list_all_runs(
    request: Request, admin: Reader, paging: Paged, chosen: Annotated[RunFilters, Depends()]
) -> Page[RunAnswer]:
    """A run is made by itself, soon after midnight of the day on which its period is over; or when
    a merchant asks for its own.
    """
    region = admin.region
    start = RUNS.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as session:
        rows = await list_runs(
            session,
            region.region_id,
            WantedRuns(**asdict(chosen)),
            start[0] if start else None,
            paging.limit + 1,
        )
        run_ids = [run.run_id for run in rows]
        totals = await totals_of(session, region.region_id, run_ids)
        papers = await papers_of_runs(session, region.region_id, run_ids)
    return RUNS.page(
        rows,
        paging,
        lambda run: (run.run_id,),
        lambda run: run_answer(region, run, totals.get(run.run_id), papers.get(run.run_id, 0)),
    )


@router.get(_RUN, operation_id="getSettlementRun", summary="One settlement run")
async def get_run(request: Request, admin: Reader, run_id: Uuid) -> RunAnswer:
    """As it stands: closing, draft, reviewed or approved."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        run = await find_run(session, region.region_id, run_id)
        totals = await totals_of(session, region.region_id, [run_id])
        papers = await papers_of_runs(session, region.region_id, [run_id])
    if run is None:
        raise Problem(SETTLEMENT_RUN_UNKNOWN)
    return run_answer(region, run, totals.get(run_id), papers.get(run_id, 0))


@router.get(
    "/admin/settlements",
    operation_id="listSettlements",
    summary="Settlements of merchants, the latest period first",
)
async def list_all_settlements(
    request: Request, admin: Reader, paging: Paged, chosen: Annotated[SettlementFilters, Depends()]
) -> Page[SettlementAnswer]:
    """Also those that were carried over, rejected, paid or sent back."""
    region_id = admin.region.region_id
    start = SETTLEMENTS.start(paging)
    async with state_of(request).database.snapshot(region_id) as session:
        wanted = Wanted(**asdict(chosen))
        rows = await list_settlements(
            session, region_id, wanted, start[0] if start else None, paging.limit + 1
        )
    return SETTLEMENTS.page(rows, paging, lambda row: (row.settlement_id,), settlement_answer)


@router.get(
    "/admin/settlements.csv",
    operation_id="downloadSettlements",
    summary="The same as a table for spreadsheets",
    response_class=StreamingResponse,
    responses=described("csv", _EXAMPLE),
)
async def download(
    request: Request, admin: Reader, chosen: Annotated[SettlementFilters, Depends()]
) -> StreamingResponse:
    """UTF-8 with a byte order mark, as Excel reads it; made while it is sent."""
    pages = _pages(request, admin.region, Wanted(**asdict(chosen)))
    return await answer_sheet(Sheet("settlements", "精算", _CSV_HEAD, pages), "csv")


@router.get(
    "/admin/settlements/{settlement_id}",
    operation_id="getSettlement",
    summary="One settlement",
)
async def get_settlement(request: Request, admin: Reader, settlement_id: Uuid) -> SettlementAnswer:
    """As it stands."""
    region_id = admin.region.region_id
    async with state_of(request).database.snapshot(region_id) as session:
        found = await list_settlements(
            session, region_id, Wanted(settlement_id=settlement_id), None, 1
        )
    if not found:
        raise Problem(SETTLEMENT_UNKNOWN)
    return settlement_answer(found[0])


@router.put(
    "/admin/settlements/{settlement_id}/rejections/{rejection_id}",
    operation_id="rejectSettlement",
    summary="Reject a settlement before its run is approved",
    status_code=201,
)
async def put_rejection(
    request: Request,
    admin: Finance,
    settlement_id: Uuid,
    rejection_id: Annotated[UUID, new_id("rejection_id")],
    body: RejectionBody,
) -> RejectionAnswer:
    """What it was for is due again, with the next settlement that is made."""
    region = admin.region
    command = RejectSettlement(
        entry_id=rejection_id, actor=admin.actor, settlement_id=settlement_id, reason=body.reason
    )
    async with state_of(request).database.transaction(region.region_id) as db:
        receipt = await reject_settlement(db, region.region_id, command)
    return _rejection(region, accepted(request, receipt))


@router.get(
    "/admin/settlements/{settlement_id}/rejections/{rejection_id}",
    operation_id="getSettlementRejection",
    responses=TELLS_REFUSALS,
    summary="One rejection",
)
async def get_rejection(
    request: Request, admin: Reader, settlement_id: Uuid, rejection_id: Uuid
) -> RejectionAnswer:
    """What became of it."""
    entry = await look_up(request, admin.region, rejection_id, RejectSettlement)
    if entry.refers_to != settlement_id:
        raise Problem(SETTLEMENT_UNKNOWN)
    return _rejection(admin.region, entry)


def _rejection(region: Region, entry: Entry) -> RejectionAnswer:
    assert entry.refers_to is not None, "a rejection has a settlement"
    return RejectionAnswer(
        rejection_id=entry.entry_id,
        settlement_id=entry.refers_to,
        due_yen=entry.amount,
        reason=entry.facts["reason"],
        rejected_at=in_zone(entry.at, region),
        seq=entry.seq,
    )


async def _pages(request: Request, region: Region, wanted: Wanted) -> AsyncIterator[Rows]:
    """Each is read in a session of its own, so a slow download holds no connection."""
    before: UUID | None = None
    while True:
        async with state_of(request).database.snapshot(region.region_id) as session:
            rows = await list_settlements(session, region.region_id, wanted, before, PIECE)
        yield [_cells(row) for row in rows]
        if len(rows) < PIECE:
            return
        before = rows[-1].settlement_id


def _cells(row: Settlement) -> list[Cell]:
    return [
        str(row.settlement_id), str(row.merchant_id), row.merchant_name, str(row.first_day),
        str(row.last_day), str(row.pays_on), row.sales_yen, row.refunded_yen, row.cashback_yen,
        row.returned_yen, row.owed_yen, row.due_yen, row.fee_yen, row.tax_yen, row.payout_yen,
        SETTLEMENT_STATES[row.state], OBSTACLES[row.obstacle] if row.obstacle else "",
        row.on_demand_fee_yen, row.converted_yen,
    ]  # fmt: skip
