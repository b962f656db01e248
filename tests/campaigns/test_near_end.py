"""Near the end of a budget: when a campaign steps down, to what, and what it says of its end."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from campaigns.decide import Grant
from campaigns.facts import Headroom, PaymentFacts
from campaigns.recompute import recompute, recompute_all
from campaigns.record import grant_from_facts, grant_to_facts
from campaigns.rules import LiveCampaign
from tests.campaigns.deciding import decide, decide_all
from tests.campaigns.examples import CLASSES, flat, payment, terms
from tests.campaigns.strategies import CALM, campaigns, headrooms, left, refunded

CLASS_RATES = {"street_member": 1000, "small": 1000, "convenience": 500, "large": 0}
DOWN: dict[str, Any] = {"at_used_bp": 8000, "rebate": {"rates_bp": CLASS_RATES}}
STEPPING = flat(1, 3000, 500, near_end={"step_down": DOWN})
ENDING = flat(1, 3000, 500, near_end={"scheduled_end": {"at_used_bp": 8000, "notice_days": 7}})


def at(left_yen: int, funded_yen: int = 10_000) -> Headroom:
    return Headroom(left_yen, {}, {"funded": funded_yen})


def codes(grant: Grant) -> list[tuple[str, int | None]]:
    return [(reason.code, reason.number) for reason in grant.reasons]


@pytest.mark.parametrize(
    ("left_yen", "points", "cashback_yen"),
    [
        (10_000, 300, 50),
        (2_001, 300, 50),  # 79.99 % are used: this payment crosses the mark, at the first rates
        (2_000, 100, 0),  # 80 % were used before it
        (100, 100, 0),
        (99, 99, 0),  # the hard stop stays behind it
        (0, 0, 0),
    ],
)
def test_the_rate_of_a_payment_goes_by_what_was_used_before_it(
    left_yen: int, points: int, cashback_yen: int
) -> None:
    grant = decide(STEPPING, payment(1000), at(left_yen), room=1000)
    assert (grant.rebate_points, grant.cashback_yen) == (points, cashback_yen)


def test_money_that_is_put_in_brings_the_first_rate_back() -> None:
    grant = decide(STEPPING, payment(1000), at(2_000 + 5_000, 15_000), room=1000)
    assert grant.rebate_points == 300


def test_a_grant_says_that_it_stepped_down_and_what_cut_it() -> None:
    grant = decide(STEPPING, payment(1000), at(99), room=1000)
    assert codes(grant) == [("rate-applied", 1000), ("stepped-down", 8000), ("cut-by-budget", 99)]
    grant = decide(STEPPING, payment(1000, merchant_class="large"), at(2_000), room=1000)
    assert codes(grant) == [("stepped-down-to-nothing", 8000)]
    grant = decide(STEPPING, payment(1000, merchant_class="large"), at(2_001), room=1000)
    assert codes(grant)[0] == ("rate-applied", 3000)


def test_it_may_step_down_to_cashback_alone() -> None:
    down = {"at_used_bp": 5000, "cashback": {"rates_bp": dict.fromkeys(CLASSES, 500)}}
    campaign = flat(1, 3000, 500, near_end={"step_down": down})
    grant = decide(campaign, payment(1000), at(5_000), room=1000)
    assert (grant.rebate_points, grant.cashback_yen) == (0, 50)
    assert [code for code, _ in codes(grant)] == [
        *("shop-only", "cashback-rate-applied", "stepped-down")
    ]


def test_a_group_looks_further_where_a_step_down_leaves_a_class_nothing() -> None:
    together = {"how": "exclusive", "group": "autumn"}
    first = flat(1, 3000, priority=1, together=together, near_end={"step_down": DOWN})
    other = flat(2, 100, together=together)
    rooms = {first.campaign_id: at(1_000), other.campaign_id: Headroom(10_000)}
    facts = payment(1000, merchant_class="large")
    assert [grant.rebate_points for grant in decide_all([first, other], facts, rooms)] == [0, 10]


@pytest.mark.parametrize(
    ("paid_on", "points", "said"),
    [
        (date(2025, 7, 14), 300, ("end-announced", 20250715)),
        (date(2025, 7, 15), 300, ("end-announced", 20250715)),
        (date(2025, 7, 16), 0, ("ended-early", 20250715)),
    ],
)
def test_an_announced_end_is_told_and_holds_from_the_day_after_its_last(
    paid_on: date, points: int, said: tuple[str, int]
) -> None:
    headroom = Headroom(10_000, {}, {"last_day": 20250715})
    grant = decide(ENDING, payment(1000, business_date=paid_on), headroom, room=1000)
    assert grant.rebate_points == points
    assert said in codes(grant)


def test_nothing_is_said_of_an_end_that_is_not_announced() -> None:
    grant = decide(ENDING, payment(1000), Headroom(1), room=1000)
    assert grant.rebate_points == 1
    assert "end-announced" not in dict(codes(grant))


def test_a_refund_goes_by_the_rate_of_its_payment_whatever_was_used_since() -> None:
    before = decide(STEPPING, payment(1000), at(2_001), room=1000)
    kept = recompute(before, STEPPING, payment(500), room=500)
    assert (kept.rebate_points, kept.cashback_yen) == (150, 25)
    after = decide(STEPPING, payment(1000), at(2_000), room=1000)
    stored = grant_from_facts(grant_to_facts(after))
    assert stored == after
    assert recompute(stored, STEPPING, payment(500), room=500).rebate_points == 50


def test_a_refund_leaves_the_others_the_room_that_the_later_rate_leaves_them() -> None:
    first = flat(1, 7000, near_end={"step_down": DOWN})
    other = flat(2, 9000)
    rooms = {first.campaign_id: at(1_000), other.campaign_id: Headroom(10_000)}
    by_id = {campaign.campaign_id: campaign for campaign in (first, other)}
    originals = decide_all([first, other], payment(1000), rooms)
    assert [grant.rebate_points for grant in originals] == [100, 900]
    kept = recompute_all(originals, by_id, payment(1000), payment(500))
    assert [grant.rebate_points for grant in kept] == [50, 450]


def test_the_last_day_of_a_payment_stays_what_it_was_when_it_is_refunded() -> None:
    paid = decide(ENDING, payment(1000), Headroom(10_000, {}, {"last_day": 20250715}), room=1000)
    later = replace(payment(500), business_date=date(2025, 9, 1))
    assert recompute(paid, ENDING, later, room=500).rebate_points == 150


STEPS = [{"from_yen": 1000, "gives": 100}, {"from_yen": 3000, "gives": 400}]
TIERS = [{"above_yen": 0, "rate_bp": 1000}, {"above_yen": 1000, "rate_bp": 2000}]


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ({"rates_bp": dict.fromkeys(CLASSES, 1000)}, {"rates_bp": CLASS_RATES | {"large": 1001}}),
        ({"fixed": dict.fromkeys(CLASSES, 100)}, {"fixed": dict.fromkeys(CLASSES, 101)}),
        ({"steps": STEPS}, {"steps": [{"from_yen": 999, "gives": 1}]}),
        ({"steps": STEPS}, {"steps": [{"from_yen": 2999, "gives": 101}]}),
        ({"tiers": TIERS}, {"tiers": [{"above_yen": 0, "rate_bp": 1001}]}),
        ({"tiers": TIERS}, {"tiers": [TIERS[0], {"above_yen": 999, "rate_bp": 2000}]}),
        ({"tiers": TIERS}, {"tiers": [TIERS[0], {"above_yen": 9000, "rate_bp": 2001}]}),
        # Pointwise 1,000 of tiers would do, but month tiers begin at what was spent before.
        ({"month_tiers": [{"above_yen": 0, "rate_bp": 2000}, {"above_yen": 500, "rate_bp": 0}]},
         {"month_tiers": [{"above_yen": 0, "rate_bp": 500}]}),
        # Another way, another base, rounded up more.
        ({"rates_bp": dict.fromkeys(CLASSES, 1000)}, {"fixed": dict.fromkeys(CLASSES, 1)}),
        ({"rates_bp": CLASS_RATES}, {"rates_bp": CLASS_RATES, "on": "whole"}),
        ({"rates_bp": CLASS_RATES}, {"rates_bp": CLASS_RATES, "rounding": "nearest"}),
        (None, {"rates_bp": CLASS_RATES}),
    ],
)  # fmt: skip
def test_later_effects_that_may_give_more_are_refused(
    first: dict[str, Any] | None, later: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as refused:
        terms(rebate=first, near_end={"step_down": {"at_used_bp": 1, "rebate": later}})
    (error,) = refused.value.errors()
    assert error["loc"] == ("near_end", "step_down", "rebate")
    assert re.search(r"must .* rebate", error["msg"])


@pytest.mark.parametrize("gives", [{"steps": STEPS}, {"tiers": TIERS}, {"month_tiers": TIERS}])
def test_an_effect_never_gives_more_than_itself(gives: dict[str, Any]) -> None:
    terms(rebate=gives, near_end={"step_down": {"at_used_bp": 1, "rebate": gives}})


@CALM
@given(campaigns(), st.data(), st.lists(left, min_size=2, max_size=2))
def test_whatever_is_paid_less_is_granted_once_more_of_the_budget_was_used(
    campaign: LiveCampaign, data: st.DataObject, amounts: list[int]
) -> None:
    headroom = data.draw(headrooms(campaign))
    if campaign.rules.end is None:
        return
    fuller = replace(headroom, seen={**headroom.seen, "funded": headroom.budget_yen})
    facts = payment(min(amounts), max(amounts))
    grant, untouched = (
        decide(campaign, facts, room, facts.coin_yen) for room in (headroom, fuller)
    )
    assert grant.rebate_points <= untouched.rebate_points
    assert grant.spent_yen <= untouched.spent_yen


@CALM
@given(campaigns(), st.data(), refunded())
def test_a_refund_never_grants_more_on_either_side_of_the_mark(
    campaign: LiveCampaign, data: st.DataObject, payments: list[PaymentFacts]
) -> None:
    headroom = data.draw(headrooms(campaign))
    paid, *remains = payments
    by_id = {campaign.campaign_id: campaign}
    original = decide(campaign, paid, headroom, room=paid.coin_yen)
    kept = [original, *(recompute_all([original], by_id, paid, rest)[0] for rest in remains)]
    for more, less in pairwise(kept):
        assert less.rebate_points <= more.rebate_points
        assert less.cashback_yen <= original.cashback_yen
