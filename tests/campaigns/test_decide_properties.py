"""What holds for every decision: no limit is passed, and more spent never earns less."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from campaigns.decide import Grant
from campaigns.facts import Headroom, PaymentFacts
from tests.campaigns.deciding import decide, decide_all
from tests.campaigns.examples import flat, payment
from tests.campaigns.strategies import CALM, Situation, falling_payments, left, rates_bp, situations


def rebates(grants: Sequence[Grant]) -> int:
    return sum(grant.rebate_points for grant in grants)


@CALM
@given(situations(), falling_payments(least=1, most=1))
def test_no_grant_passes_a_cap_a_budget_or_the_coin_part(
    situation: Situation, payments: list[PaymentFacts]
) -> None:
    campaigns, headrooms = situation
    (facts,) = payments
    grants = decide_all(campaigns, facts, headrooms)
    terms = {campaign.campaign_id: campaign.terms for campaign in campaigns}
    assert len(grants) == len(campaigns)
    assert rebates(grants) <= facts.coin_yen
    for grant in grants:
        head, caps = headrooms[grant.campaign_id], terms[grant.campaign_id].caps
        assert grant.headroom == head
        for most in (caps.per_payment_points, *head.left.values()):
            assert 0 <= grant.rebate_points <= most
        assert 0 <= grant.cashback_yen <= facts.coin_yen
        assert grant.cashback_yen <= (caps.cashback_per_payment_yen or facts.coin_yen)
        assert grant.spent_yen <= min(head.budget_yen, head.left.get("budget_day", 10**9))


@CALM
@given(situations(most=1), falling_payments(), st.lists(left, min_size=6, max_size=6))
def test_the_effects_of_a_campaign_never_fall_when_the_amount_rises(
    situation: Situation, payments: list[PaymentFacts], rooms: list[int]
) -> None:
    (campaign,), headrooms = situation
    headroom = headrooms[campaign.campaign_id]
    falling = [
        decide(campaign, facts, headroom, room)
        for facts, room in zip(payments, sorted(rooms, reverse=True), strict=False)
    ]
    for more, less in pairwise(falling):
        assert more.rebate_points >= less.rebate_points
        assert more.spent_yen >= less.spent_yen
        # Only where the budget ends does the resident's larger part shorten the shop's.
        if more.cashback_yen < less.cashback_yen:
            codes = {reason.code for reason in more.reasons}
            assert codes & {"cashback-cut-by-budget", "cashback-cut-by-day-budget"}
            of_the_day = headroom.left.get("budget_day", headroom.budget_yen)
            assert more.spent_yen == min(headroom.budget_yen, of_the_day)


@CALM
@given(situations(), falling_payments())
def test_all_rebates_together_never_fall_when_the_amount_rises(
    situation: Situation, payments: list[PaymentFacts]
) -> None:
    campaigns, headrooms = situation
    falling = [rebates(decide_all(campaigns, facts, headrooms)) for facts in payments]
    assert falling == sorted(falling, reverse=True)


@CALM
@given(situations(), falling_payments(least=1, most=1))
def test_another_campaign_never_makes_the_rebates_less(
    situation: Situation, payments: list[PaymentFacts]
) -> None:
    campaigns, headrooms = situation
    (facts,) = payments
    with_all = rebates(decide_all(campaigns, facts, headrooms))
    assert with_all >= rebates(decide_all(campaigns[1:], facts, headrooms))


@CALM
@given(situations(), falling_payments(least=1, most=1), st.randoms(use_true_random=False))
def test_the_order_in_which_campaigns_are_named_does_not_matter(
    situation: Situation, payments: list[PaymentFacts], order: Random
) -> None:
    campaigns, headrooms = situation
    shuffled = list(campaigns)
    order.shuffle(shuffled)
    (facts,) = payments
    assert decide_all(shuffled, facts, headrooms) == decide_all(campaigns, facts, headrooms)


@CALM
@given(rates_bp, rates_bp, st.integers(0, 5000), st.lists(st.integers(1, 2500), max_size=12))
def test_a_budget_is_spent_to_its_last_yen_and_the_shop_is_the_last_to_be_served(
    rebate_bp: int, cashback_bp: int, budget_yen: int, coins: list[int]
) -> None:
    campaign = flat(1, rebate_bp, cashback_bp)
    budget_left, wanted = budget_yen, 0
    for coin_yen in coins:
        wanted += coin_yen * rebate_bp // 10_000 + coin_yen * cashback_bp // 10_000
        grant = decide(campaign, payment(coin_yen), Headroom(budget_left), room=coin_yen)
        if grant.cashback_yen:
            assert "cut-by-budget" not in [reason.code for reason in grant.reasons]
        budget_left -= grant.spent_yen
        assert budget_left >= 0
    assert budget_yen - budget_left == min(budget_yen, wanted)
