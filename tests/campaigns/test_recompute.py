"""What is kept of a grant after refunds: the path does not matter, and a refund only takes."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.decide import Grant, room_below
from campaigns.facts import WHOLE_BP, Headroom, PaymentFacts
from campaigns.recompute import recompute, recompute_all
from campaigns.rules import LiveCampaign
from tests.campaigns.deciding import decide, decide_all
from tests.campaigns.examples import PLENTY, SETAGAYA, flat, head, live, payment
from tests.campaigns.strategies import CALM, Situation, refunded, situations

PLENTY_LEFT = Headroom(1_000_000)


def by_id(campaigns: Sequence[LiveCampaign]) -> dict[UUID, LiveCampaign]:
    return {campaign.campaign_id: campaign for campaign in campaigns}


def effects(grants: Sequence[Grant]) -> list[int]:
    return [effect for grant in grants for effect in (grant.rebate_points, grant.cashback_yen)]


def kept_rebates(
    campaigns: Sequence[LiveCampaign], paid: int, remaining: Sequence[int]
) -> list[list[int]]:
    headrooms = dict.fromkeys(by_id(campaigns), PLENTY_LEFT)
    originals = decide_all(campaigns, payment(paid), headrooms)
    return [
        [
            grant.rebate_points
            for grant in recompute_all(
                originals, by_id(campaigns), payment(paid), payment(coin_yen)
            )
        ]
        for coin_yen in remaining
    ]


@pytest.mark.parametrize(
    ("paid", "headroom", "remaining", "points", "cashback_yen"),
    [
        (1000, PLENTY, 1000, 300, 50),
        (1000, PLENTY, 999, 299, 49),
        (1000, PLENTY, 500, 150, 25),
        (1000, PLENTY, 100, 30, 5),
        (1000, PLENTY, 99, 0, 0),  # below the minimum now
        (1000, PLENTY, 0, 0, 0),
        (20_000, PLENTY, 15_000, 3000, 750),  # still above the cap: points stay
        (20_000, PLENTY, 5000, 1500, 250),
        (5000, head(10**6, 200, 10000, 15000), 1000, 200, 50),  # the headroom of that moment
        (1000, head(310, 5000, 10000, 15000), 1000, 300, 10),
        (1000, head(310, 5000, 10000, 15000), 900, 270, 10),  # never above the original
        (1000, head(310, 5000, 10000, 15000), 120, 36, 6),
    ],
)
def test_the_remainder_is_decided_again_at_the_headrooms_of_the_payment(
    paid: int, headroom: Headroom, remaining: int, points: int, cashback_yen: int
) -> None:
    original = decide(live(), payment(paid), headroom, room=paid)
    kept = recompute(original, live(), payment(remaining), room=remaining)
    assert (kept.rebate_points, kept.cashback_yen) == (points, cashback_yen)
    assert kept.headroom == headroom


def test_what_is_kept_says_why() -> None:
    end_of_budget = head(310, 5000, 10000, 15000)
    original = decide(live(), payment(1000), end_of_budget, room=1000)
    kept = recompute(original, live(), payment(900), room=900)
    assert tuple(kept.reasons[-1]) == ("cashback-cut-to-original", 10)
    gone = recompute(original, live(), payment(99), room=99)
    assert [tuple(reason) for reason in gone.reasons] == [("below-minimum", 100)]


def test_a_remainder_that_is_no_remainder_never_adds_to_the_original() -> None:
    original = decide(live(), payment(1000), PLENTY, room=1000)
    kept = recompute(original, live(), payment(2000), room=2000)
    assert (kept.rebate_points, kept.cashback_yen) == (300, 50)
    assert [reason.code for reason in kept.reasons[-2:]] == [
        "cut-to-original",
        "cashback-cut-to-original",
    ]


def test_a_grant_is_not_recomputed_under_other_terms() -> None:
    original = decide(live(), payment(1000), PLENTY, room=1000)
    with pytest.raises(AssertionError):
        recompute(original, live(priority=1), payment(500), room=500)


def test_nothing_granted_stays_nothing() -> None:
    original = decide(live(), payment(99), PLENTY, room=99)
    assert recompute(original, live(), payment(50), room=50).spent_yen == 0


def test_999_refunds_of_1_yen_take_back_as_much_as_one_of_999() -> None:
    campaign = live(minimum_amount_yen=1, caps=SETAGAYA["caps"] | {"per_payment_points": 280})
    original = decide(campaign, payment(1000), PLENTY, room=1000)
    taken_back, before = 0, original
    for remaining in range(999, 0, -1):
        kept = recompute(original, campaign, payment(remaining), room=remaining)
        taken_back += before.spent_yen - kept.spent_yen
        before = kept
    at_once = recompute(original, campaign, payment(1), room=1)
    assert taken_back == original.spent_yen - at_once.spent_yen == 330


@CALM
@given(situations(), refunded())
def test_any_path_of_refunds_takes_back_the_same_and_never_gives(
    situation: Situation, payments: list[PaymentFacts]
) -> None:
    campaigns, headrooms = situation
    paid, *remainders = payments
    originals = decide_all(campaigns, paid, headrooms)
    before, taken_back = effects(originals), [0] * (2 * len(originals))
    for remainder in remainders:
        kept = effects(recompute_all(originals, by_id(campaigns), paid, remainder))
        step = [more - less for more, less in zip(before, kept, strict=True)]
        assert min(step) >= 0
        taken_back = [one + other for one, other in zip(taken_back, step, strict=True)]
        before = kept
    at_once = effects(recompute_all(originals, by_id(campaigns), paid, remainders[-1]))
    assert taken_back == [
        more - less for more, less in zip(effects(originals), at_once, strict=True)
    ]


@CALM
@given(situations(), refunded(most=2))
def test_what_is_kept_fits_the_remainder_as_if_it_were_the_payment(
    situation: Situation, payments: list[PaymentFacts]
) -> None:
    campaigns, headrooms = situation
    paid, remainder = payments
    originals = decide_all(campaigns, paid, headrooms)
    kept = recompute_all(originals, by_id(campaigns), paid, remainder)
    assert sum(grant.rebate_points for grant in kept) <= remainder.coin_yen
    for original, grant in zip(originals, kept, strict=True):
        assert grant.rebate_points <= original.rebate_points
        assert grant.cashback_yen <= original.cashback_yen
        alone = decide(
            by_id(campaigns)[grant.campaign_id], remainder, original.headroom, remainder.coin_yen
        )
        assert grant.rebate_points <= alone.rebate_points
        uncut = uncut_cashback(by_id(campaigns)[grant.campaign_id], alone, remainder)
        assert grant.cashback_yen == min(original.cashback_yen, uncut)


def uncut_cashback(campaign: LiveCampaign, alone: Grant, facts: PaymentFacts) -> int:
    """The cashback by its effect and its own cap: the budget never binds below the original."""
    _, share = campaign.rules.effects(alone.headroom)
    if share is None or not alone.is_eligible or not share.gives_to(facts.merchant_class):
        return 0
    cap = campaign.rules.cashback_per_payment_yen
    amount = min(share.earns(facts, 0).amount, facts.coin_yen)
    return amount if cap is None else min(amount, cap)


@CALM
@given(situations(most=1), refunded(most=2))
def test_one_campaign_alone_keeps_what_the_remainder_would_have_earned(
    situation: Situation, payments: list[PaymentFacts]
) -> None:
    (campaign,), headrooms = situation
    paid, remainder = payments
    (original,) = decide_all([campaign], paid, headrooms)
    (kept,) = recompute_all([original], by_id([campaign]), paid, remainder)
    room = room_below(campaign.rules, remainder.coin_yen * WHOLE_BP, 0)
    earned = decide(campaign, remainder, original.headroom, room)
    assert kept.rebate_points == min(original.rebate_points, earned.rebate_points)
    assert kept.cashback_yen == min(original.cashback_yen, earned.cashback_yen)
    assert kept == recompute(original, campaign, remainder, room)


def test_a_campaign_below_the_ceiling_never_gains_where_two_roundings_jump() -> None:
    # From 9 to 10 yen both 40 % and 30 % gain a point, so the room that whole points leave
    # shrinks from 4 to 3, and a refund of 1 yen would have to give the third campaign a point.
    campaigns = [flat(1, 4000), flat(2, 3000), flat(3, 10_000)]
    headrooms = dict.fromkeys(by_id(campaigns), PLENTY_LEFT)
    fresh = [
        [grant.rebate_points for grant in decide_all(campaigns, payment(coin), headrooms)]
        for coin in (20, 10, 9)
    ]
    assert fresh == [[8, 6, 6], [4, 3, 3], [3, 2, 4]]
    assert kept_rebates(campaigns, 20, (20, 10, 9)) == [[8, 6, 6], [4, 3, 3], [3, 2, 2]]


def test_a_campaign_below_the_ceiling_never_gains_where_another_falls_under_its_minimum() -> None:
    campaigns = [flat(1, 6000, minimum_amount_yen=1000, priority=1), flat(2, 5000)]
    assert kept_rebates(campaigns, 1500, (1500, 1000, 999, 0)) == [
        [900, 600],
        [600, 400],
        [0, 399],
        [0, 0],
    ]


@pytest.mark.parametrize(
    "limited",
    [
        flat(1, 6000, priority=1, caps={"per_payment_points": 100}),
        flat(1, 6000, priority=1, caps=SETAGAYA["caps"] | {"per_person_day_points": 100}),
    ],
)
def test_a_campaign_at_its_limit_takes_no_more_room_than_that(limited: LiveCampaign) -> None:
    campaigns = [limited, flat(2, 6000)]
    headrooms = {UUID(int=1): PLENTY_LEFT, UUID(int=2): PLENTY_LEFT}
    if limited.rules.caps:
        headrooms[UUID(int=1)] = head(10**6, 100, 10000, 15000)
    originals = decide_all(campaigns, payment(1000), headrooms)
    assert effects(originals) == [100, 0, 600, 0]
    kept = recompute_all(originals, by_id(campaigns), payment(1000), payment(500))
    assert effects(kept) == [100, 0, 300, 0]


def test_a_campaign_that_never_applied_takes_no_room_afterwards() -> None:
    campaigns = [flat(1, 10_000, minimum_amount_yen=2000, priority=1), flat(2, 10_000)]
    assert kept_rebates(campaigns, 1500, (1500, 700)) == [[0, 1500], [0, 700]]


@CALM
@given(situations(), st.integers(1, 2500))
def test_a_full_refund_takes_everything_back(situation: Situation, paid: int) -> None:
    campaigns, headrooms = situation
    originals = decide_all(campaigns, payment(paid), headrooms)
    assert not any(effects(recompute_all(originals, by_id(campaigns), payment(paid), payment(0))))
