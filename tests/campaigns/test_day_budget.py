"""The part of a budget that a day may grant: what it cuts, what it refuses, and what it says."""

from dataclasses import replace

import pytest

from campaigns.recompute import recompute
from tests.campaigns.deciding import decide
from tests.campaigns.examples import flat, head, payment

CAMPAIGN = flat(1, 3000, 500, budget_per_day_yen=10_000)


@pytest.mark.parametrize(
    ("day_yen", "budget_yen", "points", "cashback_yen", "said"),
    [
        (350, 10**6, 300, 50, []),
        (349, 10**6, 300, 49, [("cashback-cut-by-day-budget", 49)]),
        (300, 10**6, 300, 0, [("cashback-cut-by-day-budget", 0)]),
        (299, 10**6, 299, 0, [("cut-by-day-budget", 299), ("cashback-cut-by-day-budget", 0)]),
        (299, 200, 200, 0, [
            ("cut-by-day-budget", 299), ("cut-by-budget", 200), ("cashback-cut-by-budget", 0),
        ]),
        (10_000, 310, 300, 10, [("cashback-cut-by-budget", 10)]),
    ],
)  # fmt: skip
def test_the_end_of_a_day_serves_the_resident_first_then_the_shop(
    day_yen: int, budget_yen: int, points: int, cashback_yen: int, said: list[tuple[str, int]]
) -> None:
    headroom = replace(head(budget_yen), left={"budget_day": day_yen})
    grant = decide(CAMPAIGN, payment(1000), headroom, room=1000)
    assert (grant.rebate_points, grant.cashback_yen) == (points, cashback_yen)
    assert [tuple(reason) for reason in grant.reasons[2:]] == said


def test_a_day_that_is_used_up_grants_nothing_and_an_empty_budget_is_told_first() -> None:
    used_up = replace(head(10**6), left={"budget_day": 0})
    grant = decide(CAMPAIGN, payment(1000), used_up, room=1000)
    assert [tuple(reason) for reason in grant.reasons] == [("day-budget-empty", None)]
    empty = replace(used_up, budget_yen=0)
    grant = decide(CAMPAIGN, payment(1000), empty, room=1000)
    assert [tuple(reason) for reason in grant.reasons] == [("budget-empty", None)]


def test_what_remains_is_decided_again_at_what_the_day_had_left() -> None:
    headroom = replace(head(10**6), left={"budget_day": 310})
    original = decide(CAMPAIGN, payment(1000), headroom, room=1000)
    kept = recompute(original, CAMPAIGN, payment(900), room=900)
    assert (kept.rebate_points, kept.cashback_yen) == (270, 10)
