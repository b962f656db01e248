"""The money of a benefit: put in by funders, and what nobody used goes back to them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_benefits import Reader
from api.admin_budget_returns import FunderPart
from api.admin_campaigns import Funder
from api.admin_fundings import FundingBody
from api.answers import Answer, accepted, in_zone
from api.benefit_lists import Looker
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, new_id
from api.look_up import TELLS_REFUSALS, look_up_campaign
from api.state import state_of
from campaigns.benefit_money import FundBenefit, ReturnBenefit
from ledger.books import Entry
from ledger.regions import Region

router = v1_router("administrators: benefits")


class BenefitFunding(Answer):
    """A funding, as it was made."""

    funding_id: UUID
    benefit_id: UUID
    amount_yen: int = Field(examples=[125_000_000])
    funder: str = Field(examples=["city"])
    funded_at: datetime
    seq: int = Field(examples=[4711])


class BenefitReturnBody(Body):
    """All that is left is returned; the reason is kept."""

    reason: Reason = Field(examples=["the last day is over"])


class BenefitReturn(Answer):
    """A return to the funders, as it was made."""

    budget_return_id: UUID
    benefit_id: UUID
    amount_yen: int = Field(examples=[4_300_000])
    returned_to: list[FunderPart]
    """In proportion to what each put in, to the yen."""
    reason: str = Field(examples=["the last day is over"])
    returned_at: datetime
    seq: int = Field(examples=[4711])


@router.put(
    "/admin/benefits/{benefit_id}/fundings/{funding_id}",
    operation_id="fundBenefit",
    summary="Add to a benefit's budget",
    status_code=201,
)
async def fund_benefit(
    request: Request,
    admin: Funder,
    benefit_id: Uuid,
    funding_id: Annotated[UUID, new_id("funding_id")],
    body: FundingBody,
) -> BenefitFunding:
    """It is this benefit's own money: nothing else is paid from it."""
    command = FundBenefit(
        entry_id=funding_id,
        actor=admin.actor,
        benefit_id=benefit_id,
        funder=body.funder,
        amount_yen=body.amount_yen,
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _funding(admin.region, accepted(request, receipt))


@router.get(
    "/admin/benefits/{benefit_id}/fundings/{funding_id}",
    operation_id="getBenefitFunding",
    responses=TELLS_REFUSALS,
    summary="One funding of a benefit",
)
async def get_benefit_funding(
    request: Request, admin: Reader, benefit_id: Uuid, funding_id: Uuid
) -> BenefitFunding:
    """What became of it."""
    entry = await look_up_campaign(request, admin, funding_id, FundBenefit, benefit_id)
    return _funding(admin.region, entry)


@router.put(
    "/admin/benefits/{benefit_id}/budget-returns/{budget_return_id}",
    operation_id="returnBenefit",
    summary="Return what nobody used to the funders",
    status_code=201,
)
async def return_benefit(
    request: Request,
    admin: Funder,
    benefit_id: Uuid,
    budget_return_id: Annotated[UUID, new_id("budget_return_id")],
    body: BenefitReturnBody,
) -> BenefitReturn:
    """Once the benefit is closed."""
    command = ReturnBenefit(
        entry_id=budget_return_id, actor=admin.actor, benefit_id=benefit_id, reason=body.reason
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _return(admin.region, accepted(request, receipt))


@router.get(
    "/admin/benefits/{benefit_id}/budget-returns/{budget_return_id}",
    operation_id="getBenefitReturn",
    responses=TELLS_REFUSALS,
    summary="One return of a benefit's budget",
)
async def get_benefit_return(
    request: Request, admin: Looker, benefit_id: Uuid, budget_return_id: Uuid
) -> BenefitReturn:
    """What became of it."""
    entry = await look_up_campaign(request, admin, budget_return_id, ReturnBenefit, benefit_id)
    return _return(admin.region, entry)


def _funding(region: Region, entry: Entry) -> BenefitFunding:
    assert entry.holder_id is not None, "a funding has a benefit"
    return BenefitFunding(
        funding_id=entry.entry_id,
        benefit_id=entry.holder_id,
        amount_yen=entry.amount,
        funder=entry.facts["funder"],
        funded_at=in_zone(entry.at, region),
        seq=entry.seq,
    )


def _return(region: Region, entry: Entry) -> BenefitReturn:
    assert entry.holder_id is not None, "a return has a benefit"
    return BenefitReturn.model_validate(
        {
            "budget_return_id": entry.entry_id,
            "benefit_id": entry.holder_id,
            "amount_yen": entry.amount,
            "returned_to": entry.facts["returned_to"],
            "reason": entry.facts["reason"],
            "returned_at": in_zone(entry.at, region),
            "seq": entry.seq,
        }
    )
