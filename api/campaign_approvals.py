"""A campaign, or a version of it, is approved by another person than who made it and who asked."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from access.requests import withdraw
from api.admin_campaigns import Drafter
from api.admin_requests import RequestAnswer, request_answer
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Flag, Reason, Uuid, new_id
from api.state import state_of
from campaigns.approve import (
    CAMPAIGN_APPROVAL,
    Wish,
    ask_for_approval,
    deciding,
    find_approval,
    submitting,
)
from ledger.post import post
from payments.prepare import prepare
from simulations.keep import check_simulated

router = v1_router("administrators: campaigns")

_PATH = "/admin/campaigns/{campaign_id}/approvals/{request_id}"


class ApprovalBody(Body):
    """What should be approved and why, and how it was tried before."""

    reason: Reason = Field(examples=["議会の議決のとおり"])
    version_id: Uuid | None = Field(
        default=None, description="A version of the campaign; null for the campaign itself."
    )
    simulation_id: Uuid | None = Field(
        default=None, description="The simulation that shows the approver what it would come to."
    )
    without_simulation: Annotated[Flag, Field(validate_default=True)] = Field(
        default=False,
        description="Said where there is no simulation; the reason then says why.",
        examples=[False],
    )

    @field_validator("without_simulation")
    @classmethod
    def _is_said_where_there_is_none(cls, without: bool, info: ValidationInfo) -> bool:
        if without == (info.data.get("simulation_id") is not None):
            raise PydanticCustomError(
                "simulation_missing",
                "name a simulation_id, or say true here and in the reason why there is none",
            )
        return without


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
    state = state_of(request)
    wish = Wish(reason=body.reason, version_id=body.version_id, simulation_id=body.simulation_id)
    async with state.database.transaction(region.region_id) as db:
        asked = await ask_for_approval(db, region, request_id, doer_of(admin), campaign_id, wish)
        if body.simulation_id is not None:
            form_hash = bytes.fromhex(asked.facts["terms_hash"])
            await check_simulated(db, region.region_id, body.simulation_id, form_hash)
        for step in submitting(asked, admin.actor):
            (await post(db, region.region_id, step, prepare)).accepted()
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
    region, doer, state = admin.region, doer_of(admin), state_of(request)
    async with state.database.transaction(region.region_id) as db:
        await find_approval(db, region.region_id, campaign_id, request_id)
        done = await withdraw(db, region.region_id, request_id, CAMPAIGN_APPROVAL, doer)
        step = deciding(done, doer.actor, state.clock.now(), "draft", done.reason)
        await post(db, region.region_id, step, prepare)
    return request_answer(region, done)
