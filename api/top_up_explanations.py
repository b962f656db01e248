"""Why a top-up earned what it earned, or nothing: for the resident whose wallet it went to."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.answers import Answer, grants, in_zone, pending_in_words
from api.closed_route import v1_router
from api.explanations import (
    CampaignExplanation,
    HeadroomAnswer,
    KeptAnswer,
    OutcomeAnswer,
    outcome_of_check,
    without_a_day,
)
from api.fields import Uuid
from api.identity import Resident, ResidentIdentity
from api.other_campaigns import OtherCampaign, other_campaigns
from api.state import state_of
from campaigns.decide import Grant
from campaigns.explain import explain_headrooms, explain_outcome
from campaigns.reasons import Reason
from campaigns.record import grant_from_facts
from campaigns.sentences_of_outcomes import (
    ALL_REFUNDED,
    NO_CAMPAIGN,
    NOTHING_GRANTED,
    POINTS_GRANTED,
)
from core.errors import Problem
from ledger.books import Entry
from ledger.regions import Region
from ledger.statement import entries_about, find_entry
from payments.read_holds import Checked, read_checked
from payments.reverse_top_up import TOP_UP_UNKNOWN, ReverseTopUp
from payments.suspense import PlaceSuspense
from payments.top_up import CounterTopUp
from payments.why_not import WhyNot, campaigns_not_told
from residents.reads import find_wallet

router = v1_router("residents: wallets")


class TopUpExplanationAnswer(Answer):
    """Why a top-up earned what it earned: codes and figures for programs, and words to show."""

    top_up_id: UUID
    topped_up_at: datetime
    amount_yen: int = Field(examples=[10_000])
    is_reversed: bool = Field(examples=[False])
    """Whether the money was taken back since, and the points with it."""
    bonus_points: int = Field(examples=[300])
    kept_points: int = Field(examples=[300])
    """None where the top-up was reversed, and none of those that a check rejected."""
    outcome: list[OutcomeAnswer]
    campaigns: list[CampaignExplanation]
    """In the order in which they were served, as for a payment; of those that look at top-ups."""
    others: list[OtherCampaign]
    """All other campaigns of top-ups that were live, none of which applied."""


@router.get(
    "/top-ups/{top_up_id}/explanation",
    operation_id="explainTopUp",
    summary="Why a top-up earned so many points, or none",
)
async def explain_top_up(
    request: Request, resident: Resident, top_up_id: Uuid
) -> TopUpExplanationAnswer:
    """By its id in the wallet's history; money that was placed later has the placement's.

    In Japanese, plain Japanese and English, whatever languages were asked for.
    """
    region = resident.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        top_up = await _own_top_up(session, resident, top_up_id)
        brought_by = top_up.refers_to or top_up.entry_id
        later = await entries_about(session, region.region_id, brought_by, (ReverseTopUp.kind,))
        checked = await read_checked(session, region.region_id, top_up.entry_id, later)
        others = await campaigns_not_told(session, region, top_up)
    return _answer(region, top_up, others, checked, is_reversed=bool(later))


async def _own_top_up(session: AsyncSession, resident: ResidentIdentity, top_up_id: UUID) -> Entry:
    """The entry that brought the money into a wallet of this resident; top-up-unknown if none."""
    region_id = resident.region.region_id
    entry = await find_entry(session, region_id, top_up_id)
    if entry is None or entry.kind not in {CounterTopUp.kind, PlaceSuspense.kind}:
        raise Problem(TOP_UP_UNKNOWN)
    if entry.refusal is not None or entry.holder_id is None:
        raise Problem(TOP_UP_UNKNOWN)
    wallet = await find_wallet(session, region_id, entry.holder_id)
    if wallet is None or wallet.person_id != resident.person_id:
        raise Problem(TOP_UP_UNKNOWN)
    return entry


def _answer(
    region: Region,
    top_up: Entry,
    others: Sequence[WhyNot],
    checked: Checked | None,
    *,
    is_reversed: bool,
) -> TopUpExplanationAnswer:
    originals = [grant_from_facts(facts) for facts in top_up.facts.get("grants", ())]
    rejected = checked.rejected if checked else {}
    told = [
        CampaignExplanation(
            campaign_id=grant.campaign_id,
            campaign_name=grant.campaign_name,
            terms_hash=original.hash.hex(),
            rebate_points=grant.rebate_points,
            credited_on=grant.credited_on,
            credited_in_words=None
            if is_reversed
            else pending_in_words(facts, grant.rebate_points - rejected.get(grant.campaign_id, 0)),
            points_expire_on=grant.points_expire_on,
            steps=grant.reasons,
            headrooms=_headrooms(original),
            kept=KeptAnswer(rebate_points=0, steps=[]) if is_reversed else None,
        )
        for grant, original, facts in zip(
            grants(top_up.facts, {}, "top_up"),
            originals,
            top_up.facts.get("grants", ()),
            strict=True,
        )
    ]
    granted = sum(grant.rebate_points for grant in told)
    return TopUpExplanationAnswer(
        top_up_id=top_up.entry_id,
        topped_up_at=in_zone(top_up.at, region),
        amount_yen=top_up.amount,
        is_reversed=is_reversed,
        bonus_points=granted,
        kept_points=0 if is_reversed else granted - sum(rejected.values()),
        outcome=[
            *_outcome(len(told), granted, is_reversed=is_reversed),
            *outcome_of_check(checked),
        ],
        campaigns=without_a_day(told, checked),
        others=other_campaigns(others, "top_up"),
    )


def _headrooms(grant: Grant) -> list[HeadroomAnswer]:
    read = {**grant.headroom.left, **grant.headroom.seen}
    return [
        HeadroomAnswer.model_validate({"number": read[words["code"]], **words})
        for words in explain_headrooms(read, "top_up")
    ]


def _outcome(campaigns: int, granted: int, *, is_reversed: bool) -> list[OutcomeAnswer]:
    if granted:
        said = [Reason(POINTS_GRANTED, granted)] + [Reason(ALL_REFUNDED)] * is_reversed
    else:
        said = [Reason(NOTHING_GRANTED if campaigns else NO_CAMPAIGN)]
    return [
        OutcomeAnswer.model_validate({"number": each.number, **explain_outcome(each, "top_up")})
        for each in said
    ]
