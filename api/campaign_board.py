"""The public page of a region's campaigns: what is on, what comes, and how long budgets last."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field

from api.answers import Answer, in_zone, in_zone_if
from api.closed_route import v1_router
from api.copies import is_known
from api.public_region import RegionCode, public_region
from api.rate_limit import Quota
from api.state import state_of
from api.terms_in_short import TermsInShort, in_short
from campaigns.board import PublicCampaign
from campaigns.may_change import changed_fields
from campaigns.remainder import NOT_USED_UP, RemainderCode
from ledger.regions import Region

READS: Final = Quota("campaigns", 600, 60)
"""Per address."""
AGE_S: Final = 60
"""How long anyone may keep a copy."""

router: Final = v1_router("campaigns")


class RemainderAnswer(Answer):
    """What was left of the budget at the end of yesterday, in coarse steps."""

    code: RemainderCode
    """More than half, 50 to 25 %, 25 to 10 %, 10 % or less, and nothing, which is told at once. Of
    budgets below 400,000 yen only `not-used-up` and `used-up`."""
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


class NextVersionInShort(TermsInShort):
    """What a campaign will promise, as it was approved."""

    applies_from: datetime
    """From this instant on payments are decided by it."""
    changes: tuple[str, ...] = Field(examples=[("rebate", "caps")])
    """In which of these fields it differs from what holds now."""


class PublicCampaignAnswer(TermsInShort):
    """A campaign as anybody may see it. Rates are in basis points: 3000 is 30 %."""

    campaign_id: UUID
    phase: Literal["running", "scheduled"]
    starts_at: datetime | None
    """When it begins, where it was told to begin at an instant to come."""
    is_stepped_down: bool = Field(examples=[False])
    """Whether `near_end.step_down` has begun: its rates hold now, not those above."""
    last_day: date | None = Field(examples=[None])
    """The end that was announced since, by `near_end.scheduled_end`: earlier than `ends_on`."""
    next_version: NextVersionInShort | None
    """What it will promise from a time on; null where nothing is to change."""
    remainder: RemainderAnswer | None
    """Null while there is no budget."""
    forecast: ForecastAnswer | None
    """Null while too little is known: before a whole week of days, where nothing is spent, and of
    budgets below 400,000 yen."""


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
async def public_campaigns(request: Request, region: RegionCode) -> Response:
    """For anybody, without a token. A copy may be kept for a minute; its `ETag` tells it again."""
    state, found = state_of(request), public_region(request, region, READS)
    board = await state.boards.of(found)
    headers = {"cache-control": f"public, max-age={AGE_S}", "etag": board.tag}
    if is_known(request, board.tag):
        return Response(status_code=304, headers=headers)
    return Response(board.content, headers=headers, media_type="application/json")


def write_board(region: Region, shown: list[PublicCampaign]) -> bytes:
    """The page as it is sent; the same campaigns are the same bytes."""
    answer = BoardAnswer(region=region.code, campaigns=[_answer(region, each) for each in shown])
    return answer.model_dump_json().encode()


def _answer(region: Region, campaign: PublicCampaign) -> PublicCampaignAnswer:
    terms, remainder, forecast = campaign.terms, campaign.remainder, campaign.forecast
    if remainder == NOT_USED_UP:
        forecast = None  # days of a small budget may be those of a few people
    return PublicCampaignAnswer(
        **in_short(terms),
        campaign_id=campaign.campaign_id,
        terms_hash=campaign.terms_hash.hex(),
        phase="running" if campaign.is_running else "scheduled",
        starts_at=in_zone_if(campaign.starts_at, region),
        is_stepped_down=campaign.is_stepped_down,
        last_day=campaign.last_day,
        next_version=None if campaign.next is None else _next(region, campaign),
        remainder=RemainderAnswer(**remainder._asdict()) if remainder else None,
        forecast=ForecastAnswer(**asdict(forecast)) if forecast else None,
    )


def _next(region: Region, campaign: PublicCampaign) -> NextVersionInShort:
    coming = campaign.next
    assert coming is not None, "there is one"
    told = TermsInShort.model_fields
    return NextVersionInShort(
        **in_short(coming.terms),
        terms_hash=coming.terms_hash.hex(),
        applies_from=in_zone(coming.applies_from, region),
        changes=tuple(
            field for field in changed_fields(campaign.terms, coming.terms) if field in told
        ),
    )
