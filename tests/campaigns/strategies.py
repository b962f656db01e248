"""Campaigns and payments made up by hypothesis, small enough that limits meet each other."""

from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st

from campaigns.facts import Headroom, PaymentFacts
from campaigns.rules import LiveCampaign
from tests.campaigns.drawn_ends import lowered
from tests.campaigns.examples import CLASSES, flat, payment
from tests.sizes import SCALE

CALM = settings(deadline=None, max_examples=80 * SCALE)

Situation = tuple[list[LiveCampaign], dict[UUID, Headroom]]

rates_bp = st.sampled_from([0, 1, 33, 39, 500, 1500, 3000, 3333, 6000, 9999, 10_000]) | st.integers(
    0, 10_000
)
shares = st.integers(1, 10_000)
limits = st.integers(1, 2500)
left = st.integers(0, 2500)


by_class = rates_bp.map(lambda rate_bp: dict.fromkeys(CLASSES, rate_bp))
fixed = limits.map(lambda amount: dict.fromkeys(CLASSES, amount))
edges = st.lists(st.integers(1, 2000), min_size=1, max_size=3, unique=True).map(sorted)
base_and_rounding = st.fixed_dictionaries(
    {
        "on": st.sampled_from(["coin", "whole"]),
        "rounding": st.sampled_from(["floor", "nearest", "ceiling"]),
    }
)


@st.composite
def steps(draw: st.DrawFn) -> list[dict[str, int]]:
    begins = draw(edges)
    gives = sorted(draw(st.lists(limits, min_size=len(begins), max_size=len(begins))))
    return [{"from_yen": yen, "gives": n} for yen, n in zip(begins, gives, strict=True)]


@st.composite
def tiers(draw: st.DrawFn) -> list[dict[str, int]]:
    return [{"above_yen": yen, "rate_bp": draw(rates_bp)} for yen in [0, *draw(edges)]]


@st.composite
def effects(draw: st.DrawFn, *, of_person: bool) -> dict[str, Any]:
    ways: list[tuple[str, st.SearchStrategy[Any]]] = [
        ("rates_bp", by_class),
        ("rates_bp", by_class),
        ("fixed", fixed),
        ("steps", steps()),
        ("tiers", tiers()),
    ]
    name, way = draw(st.sampled_from(ways + [("month_tiers", tiers())] * of_person))
    return {name: draw(way), **draw(base_and_rounding)}


@st.composite
def near_ends(draw: st.DrawFn, gives: dict[str, Any]) -> dict[str, Any]:
    names = draw(st.sampled_from([["rebate"], ["cashback"], ["rebate", "cashback"]]))
    later = {name: lowered(gives[name], draw(st.integers(0, 10))) for name in names}
    return {"step_down": {"at_used_bp": draw(st.integers(1, 9_999)), **later}}


@st.composite
def campaigns(draw: st.DrawFn, number: int = 1) -> LiveCampaign:
    caps = {
        "per_payment_points": draw(limits),
        "per_person_day_points": draw(limits | st.none()),
        "per_person_month_points": draw(limits | st.none()),
        "per_person_campaign_points": draw(limits | st.none()),
        "cashback_per_payment_yen": draw(limits | st.none()),
    }
    gives: dict[str, Any] = {
        "rebate": draw(effects(of_person=True)),
        "cashback": draw(effects(of_person=False)),
    }
    return flat(
        number,
        0,
        **gives,
        near_end=draw(st.none() | near_ends(gives)),
        together={"how": "stacking", "most_of_coin_bp": draw(st.just(10_000) | shares)},
        minimum_amount_yen=draw(st.just(1) | limits),
        priority=draw(st.integers(0, 2)),
        budget_per_day_yen=draw(limits | st.none()),
        caps=caps,
    )


@st.composite
def headrooms(draw: st.DrawFn, campaign: LiveCampaign) -> Headroom:
    def within(cap: int | None) -> int:
        assert cap is not None
        return draw(st.just(cap) | st.integers(0, cap))

    budget_yen = draw(st.just(1_000_000) | left)
    seen = {m.name: draw(st.integers(0, 3000)) for m in campaign.rules.meters if m.cap is None}
    if campaign.rules.end is not None:
        seen["funded"] = budget_yen + draw(st.integers(0, 2 * budget_yen))
    return Headroom(
        budget_yen=budget_yen,
        left={m.name: within(m.cap) for m in campaign.rules.meters if m.cap is not None},
        seen=seen,
    )


@st.composite
def situations(draw: st.DrawFn, most: int = 4) -> Situation:
    found = [draw(campaigns(number)) for number in range(1, draw(st.integers(1, most)) + 1)]
    return found, {campaign.campaign_id: draw(headrooms(campaign)) for campaign in found}


@st.composite
def falling_payments(draw: st.DrawFn, least: int = 2, most: int = 6) -> list[PaymentFacts]:
    """Payments of which neither the amount nor its coin part ever rises."""
    count = draw(st.integers(least, most))
    coins = sorted(draw(st.lists(left, min_size=count, max_size=count)), reverse=True)
    rests = sorted(draw(st.lists(left, min_size=count, max_size=count)), reverse=True)
    return [payment(coin, coin + rest) for coin, rest in zip(coins, rests, strict=True)]


@st.composite
def refunded(draw: st.DrawFn, most: int = 6) -> list[PaymentFacts]:
    """One payment and what remains of it, refund by refund: coin goes back before points."""
    coin, rest = draw(left), draw(left)
    gone_back = draw(st.lists(st.integers(0, coin + rest), min_size=1, max_size=most - 1))
    remains = [
        (max(0, coin - gone), min(coin + rest - gone, coin + rest)) for gone in sorted(gone_back)
    ]
    return [payment(coin, amount) for coin, amount in [(coin, coin + rest), *remains]]
