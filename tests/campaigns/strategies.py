"""Campaigns and payments made up by hypothesis, small enough that limits meet each other."""

from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st

from campaigns.decide import Headroom, LiveCampaign, PaymentFacts
from tests.campaigns.examples import flat, payment

CALM = settings(deadline=None, max_examples=120)

Situation = tuple[list[LiveCampaign], dict[UUID, Headroom]]

rates_bp = st.sampled_from([0, 1, 33, 39, 500, 1500, 3000, 3333, 6000, 9999, 10_000]) | st.integers(
    0, 10_000
)
limits = st.integers(1, 2500)
left = st.integers(0, 2500)


@st.composite
def campaigns(draw: st.DrawFn, number: int = 1) -> LiveCampaign:
    caps = {
        "per_payment_points": draw(limits),
        "per_person_day_points": draw(limits | st.none()),
        "per_person_month_points": draw(limits | st.none()),
        "per_person_campaign_points": draw(limits | st.none()),
        "cashback_per_payment_yen": draw(limits | st.none()),
    }
    return flat(
        number,
        draw(rates_bp),
        draw(rates_bp),
        minimum_amount_yen=draw(st.just(1) | limits),
        priority=draw(st.integers(0, 2)),
        caps=caps,
    )


@st.composite
def headrooms(draw: st.DrawFn, campaign: LiveCampaign) -> Headroom:
    caps = campaign.terms.caps

    def within(cap: int | None) -> int | None:
        return None if cap is None else draw(st.just(cap) | st.integers(0, cap))

    return Headroom(
        budget_yen=draw(st.just(1_000_000) | left),
        person_day=within(caps.per_person_day_points),
        person_month=within(caps.per_person_month_points),
        person_campaign=within(caps.per_person_campaign_points),
    )


@st.composite
def situations(draw: st.DrawFn, most: int = 4) -> Situation:
    found = [draw(campaigns(number)) for number in range(1, draw(st.integers(1, most)) + 1)]
    return found, {campaign.campaign_id: draw(headrooms(campaign)) for campaign in found}


@st.composite
def falling_payments(draw: st.DrawFn, least: int = 2, most: int = 6) -> list[PaymentFacts]:
    """One payment and what remains of it: neither the amount nor its coin part ever rises."""
    count = draw(st.integers(least, most))
    coins = sorted(draw(st.lists(left, min_size=count, max_size=count)), reverse=True)
    rests = sorted(draw(st.lists(left, min_size=count, max_size=count)), reverse=True)
    return [payment(coin, coin + rest) for coin, rest in zip(coins, rests, strict=True)]
