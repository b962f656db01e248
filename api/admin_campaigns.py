"""Campaigns: draft, and what is left of each budget."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field
from starlette.requests import Request

from api.answers import Answer, accepted, in_zone, in_zone_if
from api.campaign_groups import refuse_another_way
from api.closed_route import v1_router
from api.fields import Body, Uuid, new_id
from api.form_warnings import FormWarning, warnings_of
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from campaigns.campaign import (
    CAMPAIGN_UNKNOWN,
    CreateCampaign,
    keep_terms,
)
from campaigns.groups import spans_of
from campaigns.life import CampaignState
from campaigns.read_marks import ReachedMark, read_marks
from campaigns.reads import Campaign, NextTerms, find_campaign, list_campaigns
from campaigns.terms import Terms, terms_hash
from core.errors import Problem
from ledger.post import post
from ledger.regions import Region
from payments.prepare import prepare

CAMPAIGNS = Listing("campaigns", (UUID,))

router = v1_router("administrators: campaigns")

Drafter = Annotated[AdminIdentity, administrator("campaigns")]
Funder = Annotated[AdminIdentity, administrator("finance")]
Starter = Annotated[AdminIdentity, administrator("campaigns", "approver")]
"""Starts, stops, and takes back what was planned."""
Reader = Annotated[AdminIdentity, administrator("campaigns", "approver", "finance", "auditor")]
ExactReader = Annotated[AdminIdentity, administrator("approver", "finance", "auditor")]
"""Of sums that tell what people did."""

EXAMPLE_TERMS = {
    "form_version": 1,
    "name": "秋のにぎわい還元",
    "starts_on": "2026-11-01",
    "ends_on": "2026-12-31",
    "rebate": {"rates_bp": {"street_member": 3000, "small": 3000, "convenience": 1000, "large": 0}},
    "cashback": {"rates_bp": {"street_member": 500, "small": 500, "convenience": 0, "large": 0}},
    "caps": {"per_payment_points": 3000, "per_person_month_points": 10000},
}


class CampaignBody(Body):
    """A campaign is its terms: a closed form, known by its hash and never edited."""

    terms: Terms = Field(examples=[EXAMPLE_TERMS])


class NextVersionAnswer(Answer):
    """A version that was approved, and applies by itself."""

    version_id: UUID
    applies_from: datetime
    """From this instant on payments are decided by it."""
    terms: Terms
    terms_hash: str = Field(examples=["9f2c" + 60 * "0"])


class MarkAnswer(Answer):
    """So much of the budget was used: 80 %, 95 %, all of it, and where the campaign steps down."""

    used_bp: int = Field(examples=[8000])
    """The share, in basis points."""
    used_yen: int = Field(examples=[40_000_100])
    """How much it was when it was seen, some seconds later at most."""
    reached_at: datetime


class CampaignAnswer(Answer):
    """A campaign as it stands; amounts in yen (1 point = ¥1)."""

    campaign_id: UUID
    state: CampaignState
    """`draft` until another person approves it; nothing is granted before it is `live`."""
    name: str = Field(examples=["秋のにぎわい還元"])
    terms: Terms
    terms_hash: str = Field(examples=["9f2c" + 60 * "0"])
    """SHA-256 of the terms in canonical JSON, in hexadecimal."""
    funded_yen: int = Field(examples=[50_000_000])
    step_yen: int | None = Field(examples=[None])
    """For *campaigns*: `spent_yen` is rounded in steps of so much, whose place nobody knows, and
    told once a week; null where it is exact, and of this moment."""
    as_of: date | None = Field(examples=[None])
    """For *campaigns*: the Sunday at whose end it stood so; null before the first, when nothing was
    told yet."""
    spent_yen: int = Field(examples=[1_234_500])
    """Rebates and cashback, less what refunds took back."""
    budget_left_yen: int = Field(examples=[48_765_200])
    """For *campaigns*, what was funded less what was spent by the rounded sum."""
    owed_back_yen: int | None = Field(examples=[300])
    """Taken back by refunds and not collected yet; it flows into the budget when it is. Null for
    *campaigns*, as the next two."""
    kept_yen: int | None = Field(examples=[0])
    """Brought back by refunds where `on_return` is `keep`: owed to the funders, granted no more."""
    returned_yen: int | None = Field(examples=[0])
    """What went back to the funders after the end."""
    last_day: date | None = Field(examples=[None])
    """Announced near the end of the budget, where the form says so; before `terms.ends_on`."""
    starts_at: datetime | None
    """When it starts by itself, while it is `scheduled`."""
    next_version: NextVersionAnswer | None
    """What its terms will be, and from when."""
    marks: list[MarkAnswer]
    """Shares of the budget that were reached since money was put in for the last time; for
    *campaigns*, by the rounded sums."""


class OneCampaignAnswer(CampaignAnswer):
    """One campaign, with what should be looked at before it is approved."""

    warnings: list[FormWarning]
    """As things stand now. They refuse nothing: shops may join later."""


@router.put(
    "/admin/campaigns/{campaign_id}",
    operation_id="createCampaign",
    summary="Draft a campaign",
    status_code=201,
)
async def create_campaign(
    request: Request,
    admin: Drafter,
    campaign_id: Annotated[UUID, new_id("campaign_id")],
    body: CampaignBody,
) -> OneCampaignAnswer:
    """It begins as a draft without a budget. The answer is the campaign as it was made, and warns
    of what its form says of shops that no shop is.
    """
    region_id = admin.region.region_id
    async with state_of(request).database.transaction(region_id) as session:
        digest = await keep_terms(session, region_id, body.terms)
        command = CreateCampaign(
            entry_id=campaign_id,
            actor=admin.actor,
            name=body.terms.name,
            terms_hash_hex=digest.hex(),
        )
        receipt = await post(session, region_id, command, prepare)
        if not receipt.is_replay:
            spans = spans_of(campaign_id, body.terms, None)
            await refuse_another_way(session, admin.region, spans)
        warnings = await warnings_of(session, region_id, body.terms)
    entry = accepted(request, receipt)
    made = Campaign(entry.entry_id, "draft", body.terms, digest)
    return _one(_answer(admin.region, made, ()), warnings)


@router.get(
    "/admin/campaigns/{campaign_id}",
    operation_id="getCampaign",
    summary="One campaign as it stands",
)
async def get_campaign(request: Request, admin: Reader, campaign_id: Uuid) -> OneCampaignAnswer:
    """With its terms, and what is left of its budget: at this moment, and for *campaigns* rounded,
    as of the last Sunday that is over.
    """
    region_id = admin.region.region_id
    database = state_of(request).database
    async with database.snapshot(region_id, as_role=admin.database_role) as session:
        campaign = await find_campaign(session, region_id, campaign_id)
        marks = await read_marks(session, admin.region, [campaign_id])
    if campaign is None:
        raise Problem(CAMPAIGN_UNKNOWN)
    async with database.snapshot(region_id) as session:  # of shops, which the public sees
        warnings = await warnings_of(session, region_id, campaign.terms)
    return _one(_answer(admin.region, campaign, marks[campaign_id]), warnings)


@router.get("/admin/campaigns", operation_id="listCampaigns", summary="All campaigns, newest first")
async def list_all_campaigns(
    request: Request,
    admin: Reader,
    paging: Paged,
    state: Annotated[CampaignState | None, Query(description="Only in this state.")] = None,
) -> Page[CampaignAnswer]:
    """Drafts and stopped ones too."""
    region_id = admin.region.region_id
    start = CAMPAIGNS.start(paging)
    database = state_of(request).database
    async with database.snapshot(region_id, as_role=admin.database_role) as session:
        rows = await list_campaigns(
            session, region_id, start[0] if start else None, paging.limit + 1, state=state
        )
        marks = await read_marks(session, admin.region, [row.campaign_id for row in rows])
    return CAMPAIGNS.page(
        rows,
        paging,
        lambda row: (row.campaign_id,),
        lambda row: _answer(admin.region, row, marks[row.campaign_id]),
    )


def _one(answer: CampaignAnswer, warnings: list[FormWarning]) -> OneCampaignAnswer:
    return OneCampaignAnswer(**dict(answer), warnings=warnings)


def _answer(region: Region, campaign: Campaign, marks: Sequence[ReachedMark]) -> CampaignAnswer:
    assert campaign.terms_hash == terms_hash(campaign.terms)
    starts_at = campaign.starts_at
    return CampaignAnswer.model_validate(
        {
            "campaign_id": campaign.campaign_id,
            "state": campaign.state,
            "name": campaign.terms.name,
            "terms": campaign.terms,
            "terms_hash": campaign.terms_hash.hex(),
            "funded_yen": campaign.funded_yen,
            **_sums(campaign),
            "last_day": campaign.last_day,
            "starts_at": in_zone_if(starts_at, region),
            "next_version": None if campaign.next is None else _next(region, campaign.next),
            "marks": [
                {
                    "used_bp": mark.used_bp,
                    "used_yen": mark.used_yen,
                    "reached_at": in_zone(mark.at, region),
                }
                for mark in marks
                if mark.funded_yen == campaign.funded_yen
            ],
        }
    )


def _sums(campaign: Campaign) -> dict[str, int | date | None]:
    told = campaign.told
    if told is None:
        exact = ("spent_yen", "budget_left_yen", "owed_back_yen", "kept_yen", "returned_yen")
        sums: dict[str, int | date | None] = {name: getattr(campaign, name) for name in exact}
        return sums | {"step_yen": None, "as_of": None}
    return {
        "step_yen": told.step_yen,
        "as_of": told.as_of,
        "spent_yen": told.spent_yen,
        "budget_left_yen": campaign.funded_yen - told.spent_yen,
        **dict.fromkeys(("owed_back_yen", "kept_yen", "returned_yen")),
    }


def _next(region: Region, coming: NextTerms) -> NextVersionAnswer:
    return NextVersionAnswer(
        version_id=coming.version_id,
        applies_from=in_zone(coming.applies_from, region),
        terms=coming.terms,
        terms_hash=coming.terms_hash.hex(),
    )
