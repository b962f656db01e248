"""The town's day and the speed of its clock."""

from datetime import date, timedelta

import pytest

from town.client import TIMEOUT_SECONDS
from town.pace import SET_UP_AT, before_the_first_act, factor, town_day


@pytest.mark.parametrize(
    ("today", "lived"),
    [
        (date(2026, 4, 1), date(2026, 4, 1)),
        (date(2026, 4, 23), date(2026, 4, 23)),
        (date(2026, 4, 24), date(2026, 4, 23)),
        (date(2026, 4, 30), date(2026, 4, 23)),
        (date(2027, 2, 28), date(2027, 2, 21)),
        (date(2028, 2, 29), date(2028, 2, 22)),
    ],
)
def test_the_town_never_lives_near_a_months_end(today: date, lived: date) -> None:
    assert town_day(today) == lived
    assert (lived + timedelta(days=7)).month == lived.month


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
