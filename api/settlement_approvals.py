"""A settlement run is reviewed by one of finance, and approved by another person."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_requests import RequestAnswer, request_answer
from api.admin_settlements import Finance, Reader
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.settlement_answers import RunAnswer, run_answer
from api.state import state_of
from merchants.read_settlements import totals_of
from payments.approve_run import ask_for_run_approval, find_run_approval, review_run

router = v1_router("administrators: settlements")

_RUN: Final = "/admin/settlement-runs/{run_id}"


class RunReviewBody(Body):
    """What was looked at; the reason stands in the log of acts."""

    reason: Reason = Field(examples=["合計を総勘定と照合"])


@router.post(
    _RUN + "/review", operation_id="reviewSettlementRun", summary="Say that a run was looked at"
)
async def review(request: Request, admin: Finance, run_id: Uuid, body: RunReviewBody) -> RunAnswer:
    """Of a draft. Who comes again finds it done."""
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        run = await review_run(db, region.region_id, run_id, doer_of(admin), body.reason)
        totals = await totals_of(db, region.region_id, [run_id])
    return run_answer(region, run, totals.get(run_id))


@router.put(
    _RUN + "/approvals/{request_id}",
    operation_id="askForSettlementApproval",
    summary="Ask that a run is approved",
    status_code=201,
)
async def put_approval(
    request: Request,
    admin: Finance,
    run_id: Uuid,
    request_id: Annotated[UUID, new_id("request_id")],
    body: RunReviewBody,
) -> RequestAnswer:
    """An approver, who is neither who asks nor who reviewed it, decides within 30 days:
    `POST /v1/admin/requests/{request_id}/decisions`. Each settlement then keeps the bank account
    that was in force when it was closed, or else the one of that moment.
    """
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        asked = await ask_for_run_approval(
            db, region.region_id, request_id, doer_of(admin), run_id, body.reason
        )
    return request_answer(region, asked)


@router.get(
    _RUN + "/approvals/{request_id}",
    operation_id="getSettlementApproval",
    summary="One request to approve a run",
)
async def get_approval(
    request: Request, admin: Reader, run_id: Uuid, request_id: Uuid
) -> RequestAnswer:
    """As it stands: open, approved, refused, withdrawn or expired."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        return request_answer(
            region, await find_run_approval(db, region.region_id, run_id, request_id)
        )
