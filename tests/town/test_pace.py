"""The town's day and the speed of its clock."""

from datetime import date, timedelta

import pytest

from town.client import TIMEOUT_SECONDS
from town.pace import SET_UP_AT, before_the_first_act, factor, town_day


@pytest.mark.parametrize(
    ("today", "lived"),
    [
        (date(2026, 4, 1), date(2026, 4, 12)),
        (date(2026, 4, 12), date(2026, 4, 12)),
        (date(2026, 4, 18), date(2026, 4, 12)),
        (date(2026, 4, 19), date(2026, 4, 19)),
        (date(2026, 4, 30), date(2026, 4, 19)),
        (date(2026, 11, 28), date(2026, 11, 22)),
        (date(2027, 2, 28), date(2027, 2, 21)),
        (date(2028, 2, 29), date(2028, 2, 20)),
    ],
)
def test_the_town_lives_a_sunday_with_a_week_around_it_in_its_month(
    today: date, lived: date
) -> None:
    assert town_day(today) == lived


def test_every_day_there_is_such_a_sunday() -> None:
    for number in range(4 * 366):
        lived = town_day(today := date(2026, 1, 1) + timedelta(days=number))
        assert lived.isoweekday() == 7
        around = (lived - timedelta(days=7), lived, lived + timedelta(days=7), today)
        assert len({day.month for day in around}) == 1


@pytest.mark.parametrize("acts", [1, 3_000, 18_000, 310_000])
def test_the_clock_runs_as_fast_as_a_lost_reply_allows(acts: int) -> None:
    """A reply is waited for for 15 seconds, and an id is accepted for 24 hours of the town."""
    assert 1 <= factor(acts) <= 24 * 3_600 // TIMEOUT_SECONDS


def test_more_acts_make_a_slower_clock() -> None:
    assert factor(20_000) < factor(10_000) < factor(1_000)


@pytest.mark.parametrize("acts", [1, 3_000, 18_000, 310_000])
def test_the_town_is_built_before_its_day_begins(acts: int) -> None:
    begins = before_the_first_act(factor(acts))
    assert SET_UP_AT + timedelta(hours=2) < begins < timedelta(hours=7)
