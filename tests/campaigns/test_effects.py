"""What an amount earns: fixed amounts, steps, tiers, the whole payment, and rounding."""

from dataclasses import replace
from typing import Any

import pytest

from tests.campaigns.deciding import decide
from tests.campaigns.examples import CLASSES, flat, head, payment

TIERS = [{"above_yen": 0, "rate_bp": 2000}, {"above_yen": 20_000, "rate_bp": 100}]
STEPS = [{"from_yen": 1000, "gives": 100}, {"from_yen": 3000, "gives": 400}]


@pytest.mark.parametrize(
    ("rebate", "coin_yen", "points", "reason"),
    [
        ({"fixed": dict.fromkeys(CLASSES, 150)}, 1000, 150, ("fixed-applied", 150)),
        ({"fixed": dict.fromkeys(CLASSES, 150)}, 100, 100, ("fixed-applied", 150)),
        ({"steps": STEPS}, 999, 0, ("step-not-reached", 1000)),
        ({"steps": STEPS}, 1000, 100, ("step-applied", 1000)),
        ({"steps": STEPS}, 2999, 100, ("step-applied", 1000)),
        ({"steps": STEPS}, 50_000, 400, ("step-applied", 3000)),
        ({"tiers": TIERS}, 20_000, 4000, ("tiers-applied", None)),
        ({"tiers": TIERS}, 20_100, 4001, ("tiers-applied", None)),
        ({"tiers": TIERS}, 19_999, 3999, ("tiers-applied", None)),
    ],
)
def test_an_effect_is_what_its_table_says(
    rebate: dict[str, Any], coin_yen: int, points: int, reason: tuple[str, int | None]
) -> None:
    grant = decide(flat(1, 0, rebate=rebate), payment(coin_yen), head(10**6), room=coin_yen)
    assert (grant.rebate_points, grant.reasons[0]) == (points, reason)


@pytest.mark.parametrize(
    ("spent_yen", "coin_yen", "points"),
    [(0, 20_000, 4000), (15_000, 5000, 1000), (15_000, 6000, 1010), (20_000, 1000, 10)],
)
def test_twenty_percent_up_to_twenty_thousand_a_month_and_one_above(
    spent_yen: int, coin_yen: int, points: int
) -> None:
    campaign = flat(1, 0, rebate={"month_tiers": TIERS})
    headroom = replace(head(10**6), seen={"month_spend": spent_yen})
    grant = decide(campaign, payment(coin_yen), headroom, room=coin_yen)
    assert (grant.rebate_points, grant.reasons[0]) == (points, ("month-tiers-applied", spent_yen))


@pytest.mark.parametrize(("rounding", "points"), [("floor", 33), ("nearest", 34), ("ceiling", 34)])
def test_a_half_goes_where_the_form_says(rounding: str, points: int) -> None:
    rebate = {"rates_bp": dict.fromkeys(CLASSES, 3350), "rounding": rounding}
    assert decide(flat(1, 0, rebate=rebate), payment(100), head(10**6), 100).rebate_points == points


def test_less_than_a_half_goes_up_only_where_all_goes_up() -> None:
    for rounding, points in (("nearest", 33), ("ceiling", 34)):
        rebate = {"rates_bp": dict.fromkeys(CLASSES, 3301), "rounding": rounding}
        grant = decide(flat(1, 0, rebate=rebate), payment(100), head(10**6), 100)
        assert grant.rebate_points == points


def test_a_rate_of_the_whole_payment_is_still_no_more_than_its_coin_part() -> None:
    rebate = {"rates_bp": dict.fromkeys(CLASSES, 3000), "on": "whole"}
    campaign = flat(1, 0, rebate=rebate)
    for coin_yen, points in ((1000, 300), (400, 300), (200, 200), (0, 0)):
        grant = decide(campaign, payment(coin_yen, 1000), head(10**6), room=coin_yen)
        assert grant.rebate_points == points


def test_a_shop_gets_no_more_than_was_paid_in_coin() -> None:
    campaign = flat(1, 0, rebate=None, cashback={"fixed": dict.fromkeys(CLASSES, 500)})
    grant = decide(campaign, payment(200, 1000), head(10**6), room=200)
    assert (grant.cashback_yen, grant.reasons) == (
        200,
        (("shop-only", None), ("cashback-fixed-applied", 500), ("cashback-cut-by-coin-part", 200)),
    )
