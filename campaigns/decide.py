"""The decision what campaigns grant for a payment: pure, from what was read beforehand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

from campaigns.explain import (
    BELOW_MINIMUM,
    BUDGET_EMPTY,
    CASHBACK_CUT_BY_BUDGET,
    CASHBACK_CUT_BY_PAYMENT_CAP,
    CASHBACK_CUT_TO_ORIGINAL,
    CASHBACK_RATE_APPLIED,
    CLASS_NOT_ELIGIBLE,
    CUT_BY_BUDGET,
    CUT_BY_CAMPAIGN_CAP,
    CUT_BY_CEILING,
    CUT_BY_DAY_CAP,
    CUT_BY_MONTH_CAP,
    CUT_BY_PAYMENT_CAP,
    CUT_TO_ORIGINAL,
    ENDED,
    FACT_MISSING_MERCHANT_CLASS,
    NO_COIN_PART,
    NOT_STARTED,
    RATE_APPLIED,
    Reason,
)
from campaigns.terms import Terms, terms_hash

WHOLE_BP: Final = 10_000


class Rates(NamedTuple):
    """What one class of merchant gets, with the reasons that say so."""

    rebate_bp: int
    cashback_bp: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """Terms made ready for the decision, once per campaign: plain values, no models."""

    order: tuple[int, int]
    starts_on: date
    ends_on: date
    minimum_amount_yen: int
    rates: Mapping[str, Rates]
    per_payment_points: int
    has_day_cap: bool
    has_month_cap: bool
    has_campaign_cap: bool
    cashback_per_payment_yen: int | None


@dataclass(frozen=True, slots=True)
class LiveCampaign:
    """A campaign that may grant, with the hash of its terms; build it once and keep it."""

    campaign_id: UUID
    hash: bytes
    terms: Terms
    rules: Rules = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        assert self.hash == terms_hash(self.terms), "a campaign's hash is the hash of its terms"
        object.__setattr__(self, "rules", _rules(self.campaign_id, self.terms))


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What a decision may know of a payment; `business_date` is a day of the region's zone."""

    amount_yen: int
    coin_yen: int
    merchant_class: str | None
    business_date: date


@dataclass(frozen=True, slots=True)
class Headroom:
    """What is left as it was read: yen in the budget, points for the person; None is no cap."""

    budget_yen: int
    person_day: int | None = None
    person_month: int | None = None
    person_campaign: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What one campaign gives for one payment, with all it takes to explain and recompute it."""

    campaign_id: UUID
    hash: bytes
    rebate_points: int
    cashback_yen: int
    headroom: Headroom
    reasons: tuple[Reason, ...]

    @property
    def spent_yen(self) -> int:
        """What the budget pays: 1 point is 1 yen."""
        return self.rebate_points + self.cashback_yen

    @property
    def is_eligible(self) -> bool:
        """Whether the campaign applied at all, even if limits left nothing to grant."""
        return self.reasons[0].code == RATE_APPLIED


def decide_all(
    campaigns: Sequence[LiveCampaign], facts: PaymentFacts, headrooms: Mapping[UUID, Headroom]
) -> tuple[Grant, ...]:
    """One grant per campaign, the highest priority first, then by id.

    All rebates together are never more than the coin part; whoever comes first is served first.
    With more campaigns or a larger amount the sum of the rebates never falls.
    """
    room = facts.coin_yen
    grants = []
    for campaign in sorted(campaigns, key=attrgetter("rules.order")):
        grant = decide(campaign, facts, headrooms[campaign.campaign_id], room)
        room -= grant.rebate_points
        grants.append(grant)
    return tuple(grants)


def decide(campaign: LiveCampaign, facts: PaymentFacts, headroom: Headroom, room: int) -> Grant:
    """What this campaign grants, when `room` points are left below the payment's ceiling.

    Eligibility, rate, cap per payment, caps per person, ceiling, budget, in this order
    (docs/RULES.md, section 3). The end of a budget serves the resident first, then the shop.
    """
    rules = campaign.rules
    rates = _rates_or_obstacle(rules, facts, headroom)
    if isinstance(rates, Reason):
        return Grant(campaign.campaign_id, campaign.hash, 0, 0, headroom, (rates,))
    reasons = rates.reasons
    points = _floor_share(facts.coin_yen, rates.rebate_bp)
    for left, code in (
        (rules.per_payment_points, CUT_BY_PAYMENT_CAP),
        (headroom.person_day, CUT_BY_DAY_CAP),
        (headroom.person_month, CUT_BY_MONTH_CAP),
        (headroom.person_campaign, CUT_BY_CAMPAIGN_CAP),
        (room, CUT_BY_CEILING),
        (headroom.budget_yen, CUT_BY_BUDGET),
    ):
        if left is not None and points > left:
            points = left
            reasons += (Reason(code, left),)
    cashback_yen = _floor_share(facts.coin_yen, rates.cashback_bp)
    for left, code in (
        (rules.cashback_per_payment_yen, CASHBACK_CUT_BY_PAYMENT_CAP),
        (headroom.budget_yen - points, CASHBACK_CUT_BY_BUDGET),
    ):
        if left is not None and cashback_yen > left:
            cashback_yen = left
            reasons += (Reason(code, left),)
    assert 0 <= points <= facts.coin_yen
    assert 0 <= cashback_yen <= facts.coin_yen
    assert points + cashback_yen <= headroom.budget_yen
    return Grant(campaign.campaign_id, campaign.hash, points, cashback_yen, headroom, reasons)


def recompute_all(
    originals: Sequence[Grant], campaigns: Mapping[UUID, LiveCampaign], facts: PaymentFacts
) -> tuple[Grant, ...]:
    """What is kept of all grants of a payment when only `facts` of it remains after refunds.

    `originals` are the grants of the payment itself, in their order, never those kept after an
    earlier refund: the path does not matter. Nothing that is kept grows when less remains, so
    a refund only ever takes back. Two choices see to that where campaigns meet at the ceiling:
    a campaign's place below it is counted before rounding, and stays taken when the remainder
    falls under that campaign's minimum.
    """
    room_bp = facts.coin_yen * WHOLE_BP
    kept = []
    for original in originals:
        campaign = campaigns[original.campaign_id]
        kept.append(recompute(original, campaign, facts, room_bp // WHOLE_BP))
        room_bp = max(0, room_bp - _taken_bp(original, campaign.rules, facts))
    return tuple(kept)


def recompute(
    original: Grant, campaign: LiveCampaign, facts: PaymentFacts, room: int | None = None
) -> Grant:
    """What is kept of one grant: the decision for the remainder at the original's headrooms.

    `facts` has the payment's own day and class with the amounts that remain. `room` may be
    omitted when no other campaign granted anything. No effect is ever above the original.
    """
    assert original.hash == campaign.hash, "a grant is recomputed under the terms it came from"
    again = decide(campaign, facts, original.headroom, facts.coin_yen if room is None else room)
    points, cashback_yen, reasons = again.rebate_points, again.cashback_yen, again.reasons
    if points > original.rebate_points:
        points = original.rebate_points
        reasons += (Reason(CUT_TO_ORIGINAL, points),)
    if cashback_yen > original.cashback_yen:
        cashback_yen = original.cashback_yen
        reasons += (Reason(CASHBACK_CUT_TO_ORIGINAL, cashback_yen),)
    return replace(again, rebate_points=points, cashback_yen=cashback_yen, reasons=reasons)


def _rates_or_obstacle(  # noqa: PLR0911  (one line for each reason reads best in a row)
    rules: Rules, facts: PaymentFacts, headroom: Headroom
) -> Rates | Reason:
    """The rates that apply to this payment, or the first reason why none do."""
    assert 0 <= facts.coin_yen <= facts.amount_yen
    assert (headroom.person_day is not None) is rules.has_day_cap
    assert (headroom.person_month is not None) is rules.has_month_cap
    assert (headroom.person_campaign is not None) is rules.has_campaign_cap
    if facts.business_date < rules.starts_on:
        return Reason(NOT_STARTED, _day_number(rules.starts_on))
    if facts.business_date > rules.ends_on:
        return Reason(ENDED, _day_number(rules.ends_on))
    if facts.merchant_class is None:
        return Reason(FACT_MISSING_MERCHANT_CLASS)
    rates = rules.rates.get(facts.merchant_class)
    if rates is None:
        return Reason(CLASS_NOT_ELIGIBLE)
    if facts.coin_yen == 0:
        return Reason(NO_COIN_PART)
    if facts.amount_yen < rules.minimum_amount_yen:
        return Reason(BELOW_MINIMUM, rules.minimum_amount_yen)
    if headroom.budget_yen == 0:
        return Reason(BUDGET_EMPTY)
    return rates


def _floor_share(coin_yen: int, rate_bp: int) -> int:
    """The rate of the coin part, rounded down; the campaign keeps the remainder."""
    return coin_yen * rate_bp // WHOLE_BP


def _taken_bp(original: Grant, rules: Rules, facts: PaymentFacts) -> int:
    """How much below the ceiling an eligible campaign takes, in 1/10,000 points, not rounded.

    Each is a line from zero that runs flat at a limit, so the room above their sum never shrinks
    while it is open and the coin part grows. Rounded lines can jump at the same yen.
    """
    rates = rules.rates.get(facts.merchant_class or "")
    if rates is None or not original.is_eligible:
        return 0
    head = original.headroom
    limits = (head.person_day, head.person_month, head.person_campaign)
    limit = min(
        rules.per_payment_points, head.budget_yen, *(left for left in limits if left is not None)
    )
    return min(facts.coin_yen * rates.rebate_bp, limit * WHOLE_BP)


def _rules(campaign_id: UUID, terms: Terms) -> Rules:
    rebates_bp = terms.rebate.rates_bp.model_dump()
    cashbacks_bp = terms.cashback.rates_bp.model_dump()
    return Rules(
        order=(-terms.priority, campaign_id.int),
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        minimum_amount_yen=terms.minimum_amount_yen,
        rates={
            merchant_class: _rates(rebates_bp[merchant_class], cashbacks_bp[merchant_class])
            for merchant_class in rebates_bp
            if rebates_bp[merchant_class] or cashbacks_bp[merchant_class]
        },
        per_payment_points=terms.caps.per_payment_points,
        has_day_cap=terms.caps.per_person_day_points is not None,
        has_month_cap=terms.caps.per_person_month_points is not None,
        has_campaign_cap=terms.caps.per_person_campaign_points is not None,
        cashback_per_payment_yen=terms.caps.cashback_per_payment_yen,
    )


def _rates(rebate_bp: int, cashback_bp: int) -> Rates:
    rebate = Reason(RATE_APPLIED, rebate_bp)
    cashback = Reason(CASHBACK_RATE_APPLIED, cashback_bp)
    return Rates(rebate_bp, cashback_bp, (rebate, cashback) if cashback_bp else (rebate,))


def _day_number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
