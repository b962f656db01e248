"""A benefit is approved, with its list, by another person than those who made and asked for it."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from access.requests import withdraw
from api.admin_benefits import Drafter
from api.admin_requests import RequestAnswer, request_answer
from api.campaign_approvals import WithdrawalBody
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.state import state_of
from campaigns.approve import find_approval
from campaigns.approve_benefit import BENEFIT_APPROVAL, ask_for_approval

router = v1_router("administrators: benefits")

_PATH: Final = "/admin/benefits/{benefit_id}/approvals/{request_id}"


class BenefitApprovalBody(Body):
    """Why the benefit and its list should be approved."""

    reason: Reason = Field(examples=["議会の議決のとおり"])


@router.put(
    _PATH,
    operation_id="askForBenefitApproval",
    summary="Ask for a benefit's approval",
    status_code=201,
)
async def put_benefit_approval(
    request: Request,
    admin: Drafter,
    benefit_id: Uuid,
    request_id: Annotated[UUID, new_id("request_id")],
    body: BenefitApprovalBody,
) -> RequestAnswer:
    """With the list that is in force, and how much its people may take together.

    An approver, who is another person at another device, decides on it within 30 days:
    `POST /v1/admin/requests/{request_id}/decisions`. Nor can who drafted the benefit or brought the
    list, also under another name at a device of theirs.
    """
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        asked = await ask_for_approval(
            db, region.region_id, request_id, doer_of(admin), benefit_id, body.reason
        )
    return request_answer(region, asked)


@router.get(
    _PATH, operation_id="getBenefitApproval", summary="One request for a benefit's approval"
)
async def get_benefit_approval(
    request: Request, admin: Drafter, benefit_id: Uuid, request_id: Uuid
) -> RequestAnswer:
    """As it stands: open, approved, refused, withdrawn or expired."""
    region = admin.region
    database = state_of(request).database
    async with database.snapshot(region.region_id, as_role=admin.database_role) as db:
        asked = await find_approval(db, region.region_id, benefit_id, request_id, BENEFIT_APPROVAL)
    return request_answer(region, asked)


@router.post(
    _PATH + "/withdrawals",
    operation_id="withdrawBenefitApproval",
    summary="Withdraw a request for a benefit's approval",
)
async def post_benefit_withdrawal(
    request: Request,
    admin: Drafter,
    benefit_id: Uuid,
    request_id: Uuid,
    body: WithdrawalBody,  # noqa: ARG001  an unknown member is refused
) -> RequestAnswer:
    """By who asked, while nobody has decided."""
    region, doer = admin.region, doer_of(admin)
    async with state_of(request).database.transaction(region.region_id) as db:
        await find_approval(db, region.region_id, benefit_id, request_id, BENEFIT_APPROVAL)
        done = await withdraw(db, region.region_id, request_id, BENEFIT_APPROVAL, doer)
    return request_answer(region, done)
