"""The town's own arithmetic of a wallet, by tables of cases."""

import pytest

from town.purse import Purse


@pytest.mark.parametrize(
    ("amount_yen", "rebate_points", "cashback_yen"),
    [(1, 0, 0), (3, 0, 0), (4, 1, 0), (999, 299, 49), (10_000, 3_000, 500), (20_000, 3_000, 1_000)],
)
def test_grants_are_floored_and_capped(
    amount_yen: int, rebate_points: int, cashback_yen: int
) -> None:
    purse = Purse(coin_yen=20_000)
    sale = purse.pay(1, amount_yen, rebated=True)
    assert (sale.rebate_points, sale.cashback_yen) == (rebate_points, cashback_yen)


def test_points_are_used_first_and_bring_nothing() -> None:
    purse = Purse(coin_yen=1_000, points=300)
    sale = purse.pay(1, 500, rebated=True)
    assert (sale.points, sale.coin_yen, sale.rebate_points) == (300, 200, 60)
    assert (purse.points, purse.coin_yen) == (60, 800)


def test_a_person_gets_no_more_than_the_month_allows() -> None:
    purse = Purse(coin_yen=60_000)
    granted = [purse.pay(n, 10_000, rebated=True).rebate_points for n in range(5)]
    assert sum(granted) == 10_000


def test_a_refund_gives_coin_back_before_points_and_takes_the_rebate() -> None:
    purse = Purse(coin_yen=1_000, points=300)
    purse.pay(1, 800, rebated=True)
    assert (purse.coin_yen, purse.points) == (500, 150)
    sale = purse.refund(1, 600)
    assert (purse.coin_yen, purse.points) == (1_000, 100)
    assert (sale.rebate_points, sale.cashback_yen, sale.remaining_yen) == (0, 0, 200)


def test_many_small_refunds_come_to_the_same_as_one() -> None:
    small, large = Purse(coin_yen=999), Purse(coin_yen=999)
    for purse in (small, large):
        purse.pay(1, 999, rebated=True)
    for _ in range(999):
        small.refund(1, 1)
    large.refund(1, 999)
    assert small == large


def test_points_that_a_refund_returns_settle_what_is_owed() -> None:
    purse = Purse(coin_yen=2_000, points=100)
    purse.pay(1, 1_100, rebated=True)  # 100 points and 1,000 yen, which bring 300 points
    purse.pay(2, 300, rebated=True)
    purse.refund(1, 1_000)
    assert (purse.points, purse.owed_points) == (0, 300)
    purse.refund(1, 100)
    assert (purse.points, purse.owed_points) == (0, 200)


def test_points_that_were_spent_are_owed_and_settled_by_the_next_grant() -> None:
    purse = Purse(coin_yen=1_000)
    purse.pay(1, 1_000, rebated=True)
    purse.pay(2, 300, rebated=True)
    purse.refund(1, 1_000)
    assert (purse.points, purse.owed_points, purse.coin_yen) == (0, 300, 1_000)
    purse.pay(3, 1_000, rebated=True)
    assert (purse.points, purse.owed_points) == (0, 0)


def test_a_reversed_top_up_takes_what_is_there_and_is_owed_for_the_rest() -> None:
    purse = Purse(coin_yen=3_000)
    purse.pay(1, 2_500, rebated=False)
    purse.reverse(3_000)
    assert (purse.coin_yen, purse.owed_yen) == (0, 2_500)
