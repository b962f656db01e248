"""The public page of a region's campaigns: what is on, what comes, and how long budgets last."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Path, Request, Response
from pydantic import Field

from api.admin_regions import REGION_UNKNOWN
from api.answers import Answer
from api.closed_route import v1_router
from api.rate_limit import Quota, address_of
from api.state import state_of
from campaigns.board import PublicCampaign
from campaigns.bonus import Bonus
from campaigns.conditions import When, Where, Who
from campaigns.credited import Credited
from campaigns.effects import Effect, Rebate
from campaigns.form import AgeBand, MerchantClass, PaymentMode, Tier
from campaigns.meters import Caps
from campaigns.near_end import NearEnd
from campaigns.remainder import RemainderCode
from core.errors import Problem
from ledger.regions import Region

READS: Final = Quota("campaigns", 600, 60)
"""Per address."""
AGE_S: Final = 60
"""How long anyone may keep a copy."""

router: Final = v1_router("campaigns")

Category = Annotated[str, Field(examples=["food"])]
Area = Annotated[str, Field(examples=["kitazawa"])]
Street = Annotated[str, Field(examples=["しもきた商店街"])]


class WhereInShort(Answer):
    """Some merchants; null is no condition."""

    classes: tuple[MerchantClass, ...] | None
    categories: tuple[Category, ...] | None
    areas: tuple[Area, ...] | None
    streets: tuple[Street, ...] | None
    """Shopping streets (商店街)."""
    chosen_merchants: int | None = Field(examples=[None])
    """Only so many, which the campaign names."""
    excepted_merchants: int | None = Field(examples=[2])
    """All but so many, which the campaign names."""


class WhoInShort(Answer):
    """Which people take part; null is no condition."""

    tiers: tuple[Tier, ...] | None
    """How far it is known who somebody is (本人確認区分)."""
    areas: tuple[Area, ...] | None
    age_bands: tuple[AgeBand, ...] | None
    proof: Literal["verified", "declared"]
    """Whether area and age band must have been seen by somebody, or what people say is enough."""
    first_payment: Literal["at_merchant", "ever"] | None


class RemainderAnswer(Answer):
    """What is left of the budget, in coarse steps."""

    code: RemainderCode
    """More than half, 50 to 25 %, 25 to 10 %, 10 % or less, and nothing."""
    above_percent: int = Field(examples=[50])
    """More than so many percent of all that funders promised; `used-up` is exactly nothing."""


class ForecastAnswer(Answer):
    """On which day the budget ends, if days go on as the last one or two weeks did.

    Null is: not within the campaign's days. Between the first and the last of the three lie 9 of 10
    such futures.
    """

    earliest_on: date | None
    expected_on: date | None
    latest_on: date | None


class PublicCampaignAnswer(Answer):
    """A campaign as anybody may see it. Rates are in basis points: 3000 is 30 %."""

    campaign_id: UUID
    name: str = Field(examples=["秋のにぎわい還元"])
    terms_hash: str = Field(examples=["9f2c" + 60 * "0"])
    """SHA-256 of the terms in canonical JSON, in hexadecimal."""
    phase: Literal["running", "scheduled"]
    starts_on: date
    ends_on: date
    """The last day, in the region's zone."""
    when: When | None
    where: WhereInShort | None
    """Which merchants take part."""
    who: WhoInShort | None
    payment_modes: tuple[PaymentMode, ...] | None
    minimum_amount_yen: int = Field(examples=[500])
    """Of the whole payment."""
    every_nth_payment: int | None = Field(examples=[None])
    """Stamps: only each n-th payment is granted for."""
    bonus: Bonus | None
    """For the resident, in points, on top-ups: then there is neither a rebate nor a cashback."""
    rebate: Rebate | None
    """For the resident, in points."""
    cashback: Effect | None
    """For the merchant, in yen."""
    caps: Caps
    credited: Credited | None
    """When the resident's points are credited; null is at once."""
    usable_where: WhereInShort | None
    """The merchants at which the points may be spent; null is all of them."""
    near_end: NearEnd | None
    """What happens near the end of the budget, as it was announced from the beginning."""
    is_stepped_down: bool = Field(examples=[False])
    """Whether `near_end.step_down` has begun: its rates hold now, not those above."""
    last_day: date | None = Field(examples=[None])
    """The end that was announced since, by `near_end.scheduled_end`: earlier than `ends_on`."""
    remainder: RemainderAnswer | None
    """Null while there is no budget."""
    forecast: ForecastAnswer | None
    """Null while too little is known: before a whole week of days, and where nothing is spent."""


class BoardAnswer(Answer):
    """The campaigns that are on and those to come, at most 100; those that end first, first."""

    region: str = Field(examples=["setagaya"])
    campaigns: list[PublicCampaignAnswer]


@router.get(
    "/regions/{region}/campaigns",
    operation_id="listPublicCampaigns",
    summary="What is on in a region, and what comes",
    response_model=BoardAnswer,
    responses={304: {"description": "As it was: `If-None-Match` had its tag."}},
)
async def public_campaigns(
    request: Request, region: Annotated[str, Path(max_length=40, examples=["setagaya"])]
) -> Response:
    """For anybody, without a token. A copy may be kept for a minute; its `ETag` tells it again."""
    state = state_of(request)
    state.limiter.limit(request, READS, address_of(request))
    found = state.regions.find(region)
    if found is None:
        raise Problem(REGION_UNKNOWN)
    board = await state.boards.of(found)
    headers = {"cache-control": f"public, max-age={AGE_S}", "etag": board.tag}
    if _is_known(request, board.tag):
        return Response(status_code=304, headers=headers)
    return Response(board.content, headers=headers, media_type="application/json")


def write_board(region: Region, shown: list[PublicCampaign]) -> bytes:
    """The page as it is sent; the same campaigns are the same bytes."""
    answer = BoardAnswer(region=region.code, campaigns=[_answer(campaign) for campaign in shown])
    return answer.model_dump_json().encode()


def _is_known(request: Request, tag: str) -> bool:
    """Whether the client has it (RFC 9110, 13.1.2): tags are compared weakly, `*` is any."""
    given = ",".join(request.headers.getlist("if-none-match")).split(",")
    return any(each.strip().removeprefix("W/") in {tag, "*"} for each in given)


def _answer(campaign: PublicCampaign) -> PublicCampaignAnswer:
    terms, remainder, forecast = campaign.terms, campaign.remainder, campaign.forecast
    return PublicCampaignAnswer(
        campaign_id=campaign.campaign_id,
        name=terms.name,
        terms_hash=campaign.terms_hash.hex(),
        phase="running" if campaign.is_running else "scheduled",
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        when=terms.when,
        where=_where(terms.where),
        who=_who(terms.who),
        payment_modes=terms.payment_modes,
        minimum_amount_yen=terms.minimum_amount_yen,
        every_nth_payment=terms.every_nth_payment,
        bonus=terms.bonus,
        rebate=terms.rebate,
        cashback=terms.cashback,
        caps=terms.caps,
        credited=terms.credited,
        usable_where=_where(terms.usable_where),
        near_end=terms.near_end,
        is_stepped_down=campaign.is_stepped_down,
        last_day=campaign.last_day,
        remainder=RemainderAnswer(**remainder._asdict()) if remainder else None,
        forecast=ForecastAnswer(**asdict(forecast)) if forecast else None,
    )


def _where(where: Where | None) -> WhereInShort | None:
    if where is None:
        return None
    return WhereInShort(
        classes=where.classes,
        categories=where.categories,
        areas=where.areas,
        streets=where.streets,
        chosen_merchants=_count(where.only_merchants),
        excepted_merchants=_count(where.except_merchants),
    )


def _who(who: Who | None) -> WhoInShort | None:
    return None if who is None else WhoInShort.model_validate(who, from_attributes=True)


def _count(merchants: tuple[UUID, ...] | None) -> int | None:
    return None if merchants is None else len(merchants)
