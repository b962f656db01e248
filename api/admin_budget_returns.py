"""What is left of an ended campaign goes back to its funders."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_campaigns import ExactReader, Funder
from api.answers import Answer, accepted, in_zone
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, new_id
from api.look_up import TELLS_REFUSALS, look_up_campaign
from api.state import state_of
from campaigns.return_budget import ReturnBudget
from ledger.books import Entry
from ledger.regions import Region

router = v1_router("administrators: campaigns")


class BudgetReturnBody(Body):
    """All that is left is returned; the reason is kept."""

    reason: Reason = Field(examples=["the campaign is over"])


class FunderPart(Answer):
    """What one funder gets back."""

    funder: str = Field(examples=["city"])
    amount_yen: int = Field(examples=[48_765_200])


class BudgetReturn(Answer):
    """A return to the funders, as it was made."""

    budget_return_id: UUID
    campaign_id: UUID
    amount_yen: int = Field(examples=[48_765_200])
    returned_to: list[FunderPart]
    """In proportion to what each put in and has not got back, to the yen."""
    reason: str = Field(examples=["the campaign is over"])
    returned_at: datetime
    seq: int = Field(examples=[4711])


@router.put(
    "/admin/campaigns/{campaign_id}/budget-returns/{budget_return_id}",
    operation_id="returnBudget",
    summary="Return what is left to the funders",
    status_code=201,
)
async def return_budget(
    request: Request,
    admin: Funder,
    campaign_id: Uuid,
    budget_return_id: Annotated[UUID, new_id("budget_return_id")],
    body: BudgetReturnBody,
) -> BudgetReturn:
    """Once the campaign has ended; again where refunds bring something back after that."""
    command = ReturnBudget(
        entry_id=budget_return_id,
        actor=admin.actor,
        campaign_id=campaign_id,
        reason=body.reason,
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _answer(admin.region, accepted(request, receipt))


@router.get(
    "/admin/campaigns/{campaign_id}/budget-returns/{budget_return_id}",
    operation_id="getBudgetReturn",
    responses=TELLS_REFUSALS,
    summary="One return to the funders",
)
async def get_budget_return(
    request: Request, admin: ExactReader, campaign_id: Uuid, budget_return_id: Uuid
) -> BudgetReturn:
    """What became of it."""
    entry = await look_up_campaign(request, admin, budget_return_id, ReturnBudget, campaign_id)
    return _answer(admin.region, entry)


def _answer(region: Region, entry: Entry) -> BudgetReturn:
    assert entry.holder_id is not None, "a return has a campaign"
    return BudgetReturn.model_validate(
        {
            "budget_return_id": entry.entry_id,
            "campaign_id": entry.holder_id,
            "amount_yen": entry.amount,
            "returned_to": entry.facts["returned_to"],
            "reason": entry.facts["reason"],
            "returned_at": in_zone(entry.at, region),
            "seq": entry.seq,
        }
    )
