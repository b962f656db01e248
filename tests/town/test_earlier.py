"""The days before the town's day: who pays on them, how much, and that a seed makes them again."""

from datetime import UTC, datetime

import pytest

from town.earlier import DAYS, MOST_YEN, noons, plan_earlier, spent, taken
from town.people import make_people
from town.shops import make_shops

PEOPLE, SHOPS = make_people(400, 3), make_shops(40, 3)
EARLIER = plan_earlier(PEOPLE, SHOPS, 300, 3)


def test_only_settled_residents_pay_and_no_more_than_they_can_at_once() -> None:
    assert len(EARLIER) == DAYS
    assert all(0 < len(day) <= 300 for day in EARLIER)
    for number, amount_yen in spent(EARLIER).items():
        assert not PEOPLE[number].newcomer
        assert 0 < amount_yen <= MOST_YEN


def test_what_is_spent_is_taken() -> None:
    assert sum(spent(EARLIER).values()) == sum(taken(EARLIER).values()) > 0


def test_the_same_seed_makes_the_same_days() -> None:
    assert plan_earlier(PEOPLE, SHOPS, 300, 3) == EARLIER != plan_earlier(PEOPLE, SHOPS, 300, 4)


@pytest.mark.parametrize("payments", [0, 1])
def test_a_tiny_town_has_quiet_days(payments: int) -> None:
    assert all(len(day) <= payments for day in plan_earlier(PEOPLE[:2], SHOPS[:1], payments, 3))


def test_the_days_are_the_six_before_the_towns() -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    assert [noon.day for noon in noons(midnight)] == [16, 17, 18, 19, 20, 21]
    assert {noon.hour for noon in noons(midnight)} == {12}
