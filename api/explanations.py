"""Why a payment earned what it earned, or nothing: for the resident who paid, and nobody else."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.answers import (
    Answer,
    ReasonAnswer,
    WordsAnswer,
    grants,
    in_zone,
    pending_in_words,
    reasons_for_resident,
)
from api.closed_route import v1_router
from api.coming_changes import ComingChange, coming_changes
from api.fields import Uuid
from api.identity import Resident
from api.look_up import TELLS_REFUSALS
from api.other_campaigns import OtherCampaign, other_campaigns
from api.payments import find_own_payment
from api.state import state_of
from campaigns.decide import Grant
from campaigns.explain import explain_headrooms, explain_outcome
from campaigns.find_terms import find_campaigns
from campaigns.reasons import Reason
from campaigns.record import grant_from_facts
from campaigns.sentences_of_outcomes import (
    ALL_REFUNDED,
    BEING_CHECKED,
    NO_CAMPAIGN,
    NOT_CREDITED,
    NOTHING_GRANTED,
    PARTLY_IN_COIN,
    POINTS_GRANTED,
    POINTS_KEPT,
)
from ledger.books import Entry
from ledger.regions import Region
from ledger.statement import entries_about
from payments.kept import kept_grants, what_remains
from payments.read_holds import Checked, read_checked
from payments.why_not import WhyNot, campaigns_not_told

router = v1_router("residents: payments")

_OUTCOME: Final = {"number": 300, **explain_outcome(Reason(POINTS_GRANTED, 300))}
_HEADROOM: Final = {"number": 1700, **explain_headrooms({"month": 1700})[0]}


class HeadroomAnswer(Answer):
    """What a cap of this resident had left as the payment was decided, or how far a tally was."""

    code: str = Field(examples=["month"])
    """Points left: `day`, `month`, `campaign`, `merchant`. Payments left: `day_times`,
    `campaign_times`. So far: `month_spend` in yen, `stamps` and `visits` in payments."""
    number: int = Field(examples=[1700])
    ja: str = Field(examples=[_HEADROOM["ja"]])
    ja_easy: str = Field(examples=[_HEADROOM["ja_easy"]])
    """In plain Japanese (やさしい日本語)."""
    en: str = Field(examples=[_HEADROOM["en"]])


class OutcomeAnswer(Answer):
    """What all campaigns came to."""

    code: str = Field(examples=[POINTS_GRANTED])
    """`points-granted`, `nothing-granted` or `no-campaign`; where points paid the rest
    `partly-in-coin`; after refunds also `points-kept` or `all-refunded`; while points wait for a
    check `being-checked`, and `not-credited` after one."""
    number: int | None = Field(examples=[300])
    """Points; of `partly-in-coin` yen."""
    ja: str = Field(examples=[_OUTCOME["ja"]])
    ja_easy: str = Field(examples=[_OUTCOME["ja_easy"]])
    """In plain Japanese (やさしい日本語)."""
    en: str = Field(examples=[_OUTCOME["en"]])


class KeptAnswer(Answer):
    """What is kept of a campaign's points after the refunds of the payment, and why."""

    rebate_points: int = Field(examples=[240])
    steps: list[ReasonAnswer]
    """The decision for what remains, at the headrooms of the payment itself; empty where nothing
    remains."""


class CampaignExplanation(Answer):
    """What one campaign that was live gave for the payment, step by step."""

    campaign_id: UUID
    campaign_name: str = Field(examples=["秋のにぎわい還元"])
    terms_hash: str = Field(examples=["9f2c" + 60 * "0"])
    """SHA-256 of the terms in canonical JSON, in hexadecimal: which rules these were."""
    rebate_points: int = Field(examples=[300])
    credited_on: date | None
    """The day from which its points can be used, in the region's zone; null where it is at once."""
    credited_in_words: WordsAnswer | None
    """How many of those that are kept can be used from that day on; null where there are none, and
    while they are being checked."""
    points_expire_on: date
    """The last day of the points that it grants, in the region's zone."""
    steps: list[ReasonAnswer]
    """In their order: how the points came about, then what cut them; or why there were none."""
    headrooms: list[HeadroomAnswer]
    """As the payment was decided. The campaign's budget is not told: others spend it too."""
    kept: KeptAnswer | None
    """Null while nothing of the payment was refunded."""


class ExplanationAnswer(Answer):
    """Why a payment earned what it earned: codes and figures for programs, and words to show."""

    payment_id: UUID
    paid_at: datetime
    amount_yen: int = Field(examples=[1200])
    coin_yen: int = Field(examples=[1000])
    """The part that was paid in coin: only payments with such a part earn anything."""
    refunded_yen: int = Field(examples=[200])
    remaining_yen: int = Field(examples=[1000])
    remaining_coin_yen: int = Field(examples=[800])
    """What was refunded was coin first."""
    rebate_points: int = Field(examples=[300])
    kept_points: int = Field(examples=[240])
    """What is left of them after the refunds; all of them where there was none."""
    outcome: list[OutcomeAnswer]
    campaigns: list[CampaignExplanation]
    """In the order in which they were served: each campaign whose conditions about day, shop and
    person were met, and, where these are fewer than three, others until there are three."""
    others: list[OtherCampaign]
    """All other campaigns that were live as it was paid, none of which applied."""
    coming: list[ComingChange]
    """Which of `campaigns` will go by other rules than today's, and from when."""


@router.get(
    "/payments/{payment_id}/explanation",
    operation_id="explainPayment",
    summary="Why a payment earned so many points, or none",
    responses=TELLS_REFUSALS,
)
async def explain_payment(
    request: Request, resident: Resident, payment_id: Uuid
) -> ExplanationAnswer:
    """In Japanese, plain Japanese and English, whatever languages were asked for.

    From what the journal keeps of the payment, so it says the same for ever; only the words may get
    better, and what is to change is told as of today. A payment that was refused granted nothing:
    its refusal is told instead.
    """
    region = resident.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        payment = await find_own_payment(session, resident, payment_id)
        later = await entries_about(session, region.region_id, payment_id)
        originals = [grant_from_facts(facts) for facts in payment.facts["grants"]]
        refunded_yen = sum(undoing.amount for undoing in later)
        keys = [(grant.campaign_id, grant.hash) for grant in originals]
        versions = await find_campaigns(session, region.region_id, keys if later else ())
        checked = await read_checked(session, region.region_id, payment_id, later)
        others = await campaigns_not_told(session, region, payment)
        coming = await coming_changes(session, region, [each.campaign_id for each in originals])
    kept = kept_grants(payment, versions, refunded_yen) if later else originals
    points = _kept_points(originals, later)
    for campaign_id, rejected in checked.rejected.items() if checked else ():
        points[campaign_id] -= rejected
    is_left = refunded_yen < payment.amount
    steps = {grant.campaign_id: grant.reasons if is_left else () for grant in kept}
    answer = _answer(region, payment, originals, refunded_yen, points, steps, others, coming)
    return answer.model_copy(
        update={
            "outcome": [*answer.outcome, *outcome_of_check(checked)],
            "campaigns": without_a_day(answer.campaigns, checked),
        }
    )


def _kept_points(originals: Sequence[Grant], later: Sequence[Entry]) -> dict[UUID, int]:
    """What the journal says that each campaign's points came to after the refunds."""
    points = {grant.campaign_id: grant.rebate_points for grant in originals}
    for undoing in later:
        for back in undoing.facts["clawed_back"]:
            points[UUID(back["campaign_id"])] -= back["points"]
    return points


def _answer(
    region: Region,
    payment: Entry,
    originals: Sequence[Grant],
    refunded_yen: int,
    points: Mapping[UUID, int],
    steps: Mapping[UUID, Sequence[Reason]],
    others: Sequence[WhyNot],
    coming: list[ComingChange],
) -> ExplanationAnswer:
    remains = what_remains(payment, refunded_yen)
    told = [
        CampaignExplanation(
            campaign_id=grant.campaign_id,
            campaign_name=grant.campaign_name,
            terms_hash=original.hash.hex(),
            rebate_points=grant.rebate_points,
            credited_on=grant.credited_on,
            credited_in_words=pending_in_words(facts, points[grant.campaign_id]),
            points_expire_on=grant.points_expire_on,
            steps=grant.reasons,
            headrooms=_headrooms(original),
            kept=_kept(points[grant.campaign_id], steps[grant.campaign_id])
            if refunded_yen
            else None,
        )
        for grant, original, facts in zip(
            grants(payment.facts, {}), originals, payment.facts["grants"], strict=True
        )
    ]
    granted = sum(grant.rebate_points for grant in told)
    kept = sum(points.values())
    paid = what_remains(payment, 0)
    outcome = [*_outcome(len(told), granted, kept if refunded_yen else None, remains.amount_yen)]
    if told and 0 < paid.coin_yen < paid.amount_yen:
        outcome.insert(1, Reason(PARTLY_IN_COIN, paid.coin_yen))
    return ExplanationAnswer(
        payment_id=payment.entry_id,
        paid_at=in_zone(payment.at, region),
        amount_yen=payment.amount,
        coin_yen=paid.coin_yen,
        refunded_yen=refunded_yen,
        remaining_yen=remains.amount_yen,
        remaining_coin_yen=remains.coin_yen,
        rebate_points=granted,
        kept_points=kept,
        outcome=[
            OutcomeAnswer.model_validate({"number": each.number, **explain_outcome(each)})
            for each in outcome
        ],
        campaigns=told,
        others=other_campaigns(others),
        coming=coming,
    )


def without_a_day(
    told: list[CampaignExplanation], checked: Checked | None
) -> list[CampaignExplanation]:
    """While points are checked nobody can say from which day on they can be used."""
    if checked is None or not checked.held:
        return told
    return [each.model_copy(update={"credited_in_words": None}) for each in told]


def outcome_of_check(checked: Checked | None) -> list[OutcomeAnswer]:
    """What waits for a check, and what was not credited after one."""
    if checked is None:
        return []
    rejected = sum(checked.rejected.values())
    said = [Reason(BEING_CHECKED, checked.held)] if checked.held else []
    said += [Reason(NOT_CREDITED, rejected)] if rejected else []
    return [
        OutcomeAnswer.model_validate({"number": each.number, **explain_outcome(each)})
        for each in said
    ]


def _headrooms(grant: Grant) -> list[HeadroomAnswer]:
    read = {**grant.headroom.left, **grant.headroom.seen}
    return [
        HeadroomAnswer.model_validate({"number": read[words["code"]], **words})
        for words in explain_headrooms(read)
    ]


def _kept(points: int, steps: Sequence[Reason]) -> KeptAnswer:
    return KeptAnswer(rebate_points=points, steps=reasons_for_resident(steps))


def _outcome(
    campaigns: int, granted: int, kept: int | None, remaining_yen: int
) -> Iterator[Reason]:
    """What it came to; `kept` is None where nothing was refunded."""
    if granted:
        yield Reason(POINTS_GRANTED, granted)
        if remaining_yen == 0:
            yield Reason(ALL_REFUNDED)
        elif kept is not None:
            yield Reason(POINTS_KEPT, kept)
    else:
        yield Reason(NOTHING_GRANTED if campaigns else NO_CAMPAIGN)
