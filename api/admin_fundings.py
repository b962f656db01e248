"""Money for campaigns: who put in how much."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_campaigns import Funder, Reader
from api.answers import Answer, accepted, in_zone
from api.closed_route import v1_router
from api.fields import Body, Label, Uuid, new_id, yen_up_to
from api.look_up import TELLS_REFUSALS, look_up_campaign
from api.state import state_of
from campaigns.campaign import FundCampaign
from ledger.books import Entry
from ledger.regions import Region

MOST_FUNDING_YEN = 100_000_000_000
"""The technical bound of one funding; budgets of cities are far below."""

router = v1_router("administrators: campaigns")


class FundingBody(Body):
    """Money that a funder promises."""

    amount_yen: Annotated[int, yen_up_to(MOST_FUNDING_YEN)] = Field(examples=[50_000_000])
    funder: Label = Field(examples=["city"])


class FundingAnswer(Answer):
    """A funding, as it was made."""

    funding_id: UUID
    campaign_id: UUID
    amount_yen: int = Field(examples=[50_000_000])
    funder: str = Field(examples=["city"])
    funded_at: datetime
    seq: int = Field(examples=[4711])


@router.put(
    "/admin/campaigns/{campaign_id}/fundings/{funding_id}",
    operation_id="fundCampaign",
    summary="Add to a campaign's budget",
    status_code=201,
)
async def fund_campaign(
    request: Request,
    admin: Funder,
    campaign_id: Uuid,
    funding_id: Annotated[UUID, new_id("funding_id")],
    body: FundingBody,
) -> FundingAnswer:
    """The budget is money put in: grants come out of it and can never exceed it."""
    command = FundCampaign(
        entry_id=funding_id,
        actor=admin.actor,
        campaign_id=campaign_id,
        funder=body.funder,
        amount_yen=body.amount_yen,
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _funding(admin.region, accepted(request, receipt))


@router.get(
    "/admin/campaigns/{campaign_id}/fundings/{funding_id}",
    operation_id="getFunding",
    responses=TELLS_REFUSALS,
    summary="One funding",
)
async def get_funding(
    request: Request, admin: Reader, campaign_id: Uuid, funding_id: Uuid
) -> FundingAnswer:
    """What became of it."""
    entry = await look_up_campaign(request, admin, funding_id, FundCampaign, campaign_id)
    return _funding(admin.region, entry)


def _funding(region: Region, entry: Entry) -> FundingAnswer:
    assert entry.holder_id is not None, "a funding has a campaign"
    return FundingAnswer(
        funding_id=entry.entry_id,
        campaign_id=entry.holder_id,
        amount_yen=entry.amount,
        funder=entry.facts["funder"],
        funded_at=in_zone(entry.at, region),
        seq=entry.seq,
    )
