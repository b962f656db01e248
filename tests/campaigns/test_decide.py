"""What a campaign grants for a payment: a table of cases for each rule and each reason."""

from datetime import date
from uuid import UUID

import pytest

from campaigns.decide import Grant
from campaigns.facts import Headroom, PaymentFacts
from campaigns.rules import LiveCampaign
from campaigns.terms import terms_hash
from tests.campaigns.deciding import decide, decide_all
from tests.campaigns.examples import (
    CAMPAIGN,
    LAST_DAY,
    OPENING_DAY,
    PLENTY,
    SETAGAYA,
    flat,
    head,
    live,
    payment,
    terms,
)

RATE = ("rate-applied", 3000)
CASHBACK_RATE = ("cashback-rate-applied", 500)


def said(grant: Grant) -> tuple[int, int, list[tuple[str, int | None]]]:
    return (
        grant.rebate_points,
        grant.cashback_yen,
        [(step.code, step.number) for step in grant.reasons],
    )


@pytest.mark.parametrize(
    ("facts", "points", "cashback_yen"),
    [
        (payment(1000), 300, 50),
        (payment(1000, merchant_class="street_member"), 300, 50),
        (payment(1000, merchant_class="convenience"), 100, 0),
        (payment(999), 299, 49),
        (payment(103), 30, 5),
        (payment(3, amount_yen=1000), 0, 0),
        (payment(4, amount_yen=1000), 1, 0),
        (payment(400, amount_yen=1000), 120, 20),
        (payment(1000, business_date=OPENING_DAY), 300, 50),
        (payment(1000, business_date=LAST_DAY), 300, 50),
    ],
)
def test_the_rate_is_of_the_coin_part_rounded_down(
    facts: PaymentFacts, points: int, cashback_yen: int
) -> None:
    grant = decide(live(), facts, PLENTY, room=facts.coin_yen)
    assert (grant.rebate_points, grant.cashback_yen) == (points, cashback_yen)
    assert grant.is_eligible
    assert grant.spent_yen == points + cashback_yen
    assert (grant.campaign_id, grant.hash, grant.headroom) == (
        CAMPAIGN,
        terms_hash(terms()),
        PLENTY,
    )


def test_a_plain_grant_says_its_rates_and_nothing_else() -> None:
    assert said(decide(live(), payment(1000), PLENTY, room=1000)) == (
        300,
        50,
        [RATE, CASHBACK_RATE],
    )


def test_no_cashback_rate_means_no_word_about_cashback() -> None:
    grant = decide(live(), payment(1000, merchant_class="convenience"), PLENTY, room=1000)
    assert said(grant) == (100, 0, [("rate-applied", 1000)])


@pytest.mark.parametrize(
    ("facts", "headroom", "reason"),
    [
        (payment(1000, business_date=date(2025, 6, 30)), PLENTY, ("not-started", 20250701)),
        (payment(1000, business_date=date(2025, 9, 1)), PLENTY, ("ended", 20250831)),
        (payment(1000, merchant_class=None), PLENTY, ("fact-missing-merchant-class", None)),
        (payment(1000, merchant_class="large"), PLENTY, ("class-not-eligible", None)),
        (payment(1000, merchant_class="kiosk"), PLENTY, ("class-not-eligible", None)),
        (payment(1000, merchant_class=""), PLENTY, ("class-not-eligible", None)),
        (payment(0, amount_yen=1000), PLENTY, ("no-coin-part", None)),
        (payment(0), PLENTY, ("no-coin-part", None)),
        (payment(99), PLENTY, ("below-minimum", 100)),
        (payment(1000), head(0, 5000, 10000, 15000), ("budget-empty", None)),
    ],
)
def test_a_payment_that_is_not_eligible_gets_nothing_for_one_reason(
    facts: PaymentFacts, headroom: Headroom, reason: tuple[str, int | None]
) -> None:
    grant = decide(live(), facts, headroom, room=facts.coin_yen)
    assert said(grant) == (0, 0, [reason])
    assert not grant.is_eligible


def test_the_minimum_looks_at_the_whole_payment() -> None:
    assert decide(live(), payment(10, amount_yen=100), PLENTY, room=10).rebate_points == 3


def test_of_two_obstacles_the_calendar_is_told_first() -> None:
    facts = payment(0, merchant_class=None, business_date=date(2025, 9, 1))
    assert said(decide(live(), facts, PLENTY, room=0)) == (0, 0, [("ended", 20250831)])


@pytest.mark.parametrize(
    ("coin_yen", "headroom", "room", "points", "cuts"),
    [
        (10_000, PLENTY, 10_000, 3000, []),
        (10_001, PLENTY, 10_001, 3000, []),
        (10_004, PLENTY, 10_004, 3000, [("cut-by-payment-cap", 3000)]),
        (5000, head(10**6, 1500, 10000, 15000), 5000, 1500, []),
        (5000, head(10**6, 1499, 10000, 15000), 5000, 1499, [("cut-by-day-cap", 1499)]),
        (5000, head(10**6, 5000, 200, 15000), 5000, 200, [("cut-by-month-cap", 200)]),
        (5000, head(10**6, 5000, 10000, 1), 5000, 1, [("cut-by-campaign-cap", 1)]),
        (5000, head(10**6, 0, 10000, 15000), 5000, 0, [("cut-by-day-cap", 0)]),
        (5000, PLENTY, 1499, 1499, [("cut-by-ceiling", 1499)]),
        (5000, PLENTY, 0, 0, [("cut-by-ceiling", 0)]),
        (
            20_000,
            head(10**6, 2500, 2000, 1500),
            1000,
            1000,
            [
                ("cut-by-payment-cap", 3000),
                ("cut-by-day-cap", 2500),
                ("cut-by-month-cap", 2000),
                ("cut-by-campaign-cap", 1500),
                ("cut-by-ceiling", 1000),
            ],
        ),
        (
            20_000,
            head(10**6, 1500, 2000, 2500),
            20_000,
            1500,
            [("cut-by-payment-cap", 3000), ("cut-by-day-cap", 1500)],
        ),
    ],
)
def test_each_limit_cuts_in_its_turn_and_says_what_it_left(
    coin_yen: int,
    headroom: Headroom,
    room: int,
    points: int,
    cuts: list[tuple[str, int | None]],
) -> None:
    grant = decide(live(), payment(coin_yen), headroom, room)
    assert said(grant) == (points, coin_yen // 20, [RATE, CASHBACK_RATE, *cuts])


@pytest.mark.parametrize(
    ("budget_yen", "points", "cashback_yen", "cuts"),
    [
        (351, 300, 50, []),
        (350, 300, 50, []),
        (349, 300, 49, [("cashback-cut-by-budget", 49)]),
        (301, 300, 1, [("cashback-cut-by-budget", 1)]),
        (300, 300, 0, [("cashback-cut-by-budget", 0)]),
        (299, 299, 0, [("cut-by-budget", 299), ("cashback-cut-by-budget", 0)]),
        (1, 1, 0, [("cut-by-budget", 1), ("cashback-cut-by-budget", 0)]),
    ],
)
def test_the_end_of_a_budget_serves_the_resident_first_then_the_shop(
    budget_yen: int, points: int, cashback_yen: int, cuts: list[tuple[str, int | None]]
) -> None:
    grant = decide(live(), payment(1000), head(budget_yen, 5000, 10000, 15000), room=1000)
    assert said(grant) == (points, cashback_yen, [RATE, CASHBACK_RATE, *cuts])


def test_a_person_who_reached_the_cap_leaves_the_budget_to_the_shop() -> None:
    grant = decide(live(), payment(1000), head(40, 0, 10000, 15000), room=1000)
    assert (grant.rebate_points, grant.cashback_yen) == (0, 40)


def test_the_cashback_has_its_own_cap() -> None:
    capped = live(caps=SETAGAYA["caps"] | {"cashback_per_payment_yen": 49})
    assert said(decide(capped, payment(1000), PLENTY, room=1000)) == (
        300,
        49,
        [RATE, CASHBACK_RATE, ("cashback-cut-by-payment-cap", 49)],
    )


def test_a_campaign_may_be_for_shops_alone() -> None:
    grant = decide(flat(1, 0, 500), payment(1000), Headroom(1000), room=1000)
    assert said(grant) == (0, 50, [("rate-applied", 0), CASHBACK_RATE])
    assert grant.is_eligible


def test_a_rate_of_the_whole_gives_the_whole() -> None:
    assert decide(flat(1, 10_000), payment(777), Headroom(1000), room=777).rebate_points == 777


def test_a_cap_whose_counter_was_not_read_is_a_bug_not_a_gift() -> None:
    with pytest.raises(KeyError):
        decide(live(), payment(1000), head(10**6, None, 10000, 15000), room=1000)
    with pytest.raises(KeyError):
        decide(live(), payment(1000), head(10**6, 5000, None, 15000), room=1000)
    with pytest.raises(KeyError):
        decide(live(), payment(1000), head(10**6, 5000, 10000, None), room=1000)


@pytest.mark.parametrize(
    ("headroom", "room"),
    [
        (head(-1, 5000, 10000, 15000), 1000),
        (head(10**6, -1, 10000, 15000), 1000),
        (PLENTY, -1),
    ],
)
def test_a_limit_below_zero_is_a_bug(headroom: Headroom, room: int) -> None:
    with pytest.raises(AssertionError):
        decide(live(), payment(1000), headroom, room)


def test_a_coin_part_above_the_payment_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        decide(live(), payment(1001, amount_yen=1000), PLENTY, room=1001)


def test_a_hash_of_other_terms_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        LiveCampaign(CAMPAIGN, terms_hash(terms(priority=1)), terms())


def test_the_highest_priority_is_served_first_and_then_the_lowest_id() -> None:
    campaigns = [
        flat(3, 5000),
        flat(2, 5000),
        flat(9, 1000, priority=10),
        flat(1, 0, 100, priority=0),
        flat(8, 10_000, priority=9),
    ]
    grants = decide_all(
        campaigns, payment(1000), {c.campaign_id: Headroom(5000) for c in campaigns}
    )
    assert [(grant.campaign_id.int, grant.rebate_points) for grant in grants] == [
        (9, 100),
        (8, 900),
        (1, 0),
        (2, 0),
        (3, 0),
    ]
    assert said(grants[1])[2] == [("rate-applied", 10_000), ("cut-by-ceiling", 900)]
    assert grants[2].cashback_yen == 10, "the ceiling is for rebates"


def test_a_campaign_that_does_not_apply_takes_no_room() -> None:
    campaigns = [flat(1, 10_000, minimum_amount_yen=2000, priority=1), flat(2, 10_000)]
    headrooms = {campaign.campaign_id: Headroom(5000) for campaign in campaigns}
    first, second = decide_all(campaigns, payment(1000), headrooms)
    assert said(first) == (0, 0, [("below-minimum", 2000)])
    assert second.rebate_points == 1000


def test_a_budget_that_ends_leaves_its_room_to_the_next_campaign() -> None:
    campaigns = [flat(1, 10_000, priority=1), flat(2, 10_000)]
    headrooms = {UUID(int=1): Headroom(300), UUID(int=2): Headroom(5000)}
    first, second = decide_all(campaigns, payment(1000), headrooms)
    assert (first.rebate_points, second.rebate_points) == (300, 700)


def test_without_campaigns_there_are_no_grants() -> None:
    assert decide_all([], payment(1000), {}) == ()
