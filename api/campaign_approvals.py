"""A campaign is approved by another person than those who made it and asked for it."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from access.requests import withdraw
from api.admin_campaigns import Drafter
from api.admin_requests import RequestAnswer, request_answer
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.state import state_of
from campaigns.approve import CAMPAIGN_APPROVAL, ask_for_approval, find_approval

router = v1_router("administrators: campaigns")

_PATH = "/admin/campaigns/{campaign_id}/approvals/{request_id}"


class ApprovalBody(Body):
    """Why the campaign should be approved."""

    reason: Reason = Field(examples=["議会の議決のとおり"])


class WithdrawalBody(Body):
    """Nothing: who asked is known."""


@router.put(
    _PATH,
    operation_id="askForCampaignApproval",
    summary="Ask for a campaign's approval",
    status_code=201,
)
async def put_approval(
    request: Request,
    admin: Drafter,
    campaign_id: Uuid,
    request_id: Annotated[UUID, new_id("request_id")],
    body: ApprovalBody,
) -> RequestAnswer:
    """An approver, who is another person at another device, decides on it within 30 days:
    `POST /v1/admin/requests/{request_id}/decisions`. Nor can who made the campaign, also under
    another name at a device of theirs.
    """
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        asked = await ask_for_approval(
            db, region.region_id, request_id, doer_of(admin), campaign_id, body.reason
        )
    return request_answer(region, asked)


@router.get(
    _PATH, operation_id="getCampaignApproval", summary="One request for a campaign's approval"
)
async def get_approval(
    request: Request, admin: Drafter, campaign_id: Uuid, request_id: Uuid
) -> RequestAnswer:
    """As it stands: open, approved, refused, withdrawn or expired."""
    region = admin.region
    database = state_of(request).database
    async with database.snapshot(region.region_id, as_role=admin.database_role) as db:
        asked = await find_approval(db, region.region_id, campaign_id, request_id)
    return request_answer(region, asked)


@router.post(
    _PATH + "/withdrawals",
    operation_id="withdrawCampaignApproval",
    summary="Withdraw a request for approval",
)
async def post_withdrawal(
    request: Request,
    admin: Drafter,
    campaign_id: Uuid,
    request_id: Uuid,
    body: WithdrawalBody,  # noqa: ARG001  an unknown member is refused
) -> RequestAnswer:
    """By who asked, while nobody has decided."""
    region, doer = admin.region, doer_of(admin)
    async with state_of(request).database.transaction(region.region_id) as db:
        await find_approval(db, region.region_id, campaign_id, request_id)
        done = await withdraw(db, region.region_id, request_id, CAMPAIGN_APPROVAL, doer)
    return request_answer(region, done)
