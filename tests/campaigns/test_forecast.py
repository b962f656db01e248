"""The day a budget ends: what is estimated, how sure that is, and when nothing is said."""

import random
from datetime import date, timedelta

import pytest

from campaigns.forecast import Forecast, forecast
from campaigns.pace import pace_of
from campaigns.remainder import SMALLEST_TOLD_YEN, remainder_of
from tests.terms_builder import CLASSES, terms_of

TODAY = date(2026, 11, 10)
LAST_DAY = date(2026, 12, 31)


def on(day: int, month: int = 11) -> date:
    return date(2026, month, day)


@pytest.mark.parametrize(
    ("left_yen", "spent_yen", "told"),
    [
        # Days that are alike leave no doubt; today is taken for a whole day.
        (1, [100] * 7, (on(10), on(10), on(10))),
        (100, [100] * 7, (on(10), on(10), on(10))),
        (101, [100] * 7, (on(11), on(11), on(11))),
        (1000, [100] * 7, (on(19), on(19), on(19))),
        (1000, [100] * 14, (on(19), on(19), on(19))),
        # By hand: k days cost 100 k, give or take 1.943 · s · √(k + k²/7), s = 100.
        (1000, [0, 100, 100, 100, 100, 0, 300], (on(14), on(19), on(26, 12))),
        (400, [50, 150, 50, 150, 50, 150, 100], (on(12), on(13), on(18))),
        # It outlasts the campaign.
        (5200, [100] * 7, (on(31, 12), on(31, 12), on(31, 12))),
        (5201, [100] * 7, (None, None, None)),
    ],
)
def test_what_is_estimated(
    left_yen: int, spent_yen: list[int], told: tuple[date | None, ...]
) -> None:
    assert forecast(left_yen, spent_yen, TODAY, LAST_DAY) == Forecast(*told)


@pytest.mark.parametrize("spent_yen", [[], [100] * 6, [0] * 14, [-5] * 7, [100] * 5 + [-500, 0]])
def test_too_little_is_known(spent_yen: list[int]) -> None:
    assert forecast(1000, spent_yen, TODAY, LAST_DAY) is None


def test_whole_weeks_count_and_the_newest() -> None:
    older = [9_999] * 6
    assert forecast(1000, older + [100] * 7, TODAY, LAST_DAY) == forecast(
        1000, [100] * 7, TODAY, LAST_DAY
    )
    assert forecast(1000, older + [100] * 14, TODAY, LAST_DAY) == forecast(
        1000, [100] * 14, TODAY, LAST_DAY
    )


@pytest.mark.parametrize("days", [7, 14])
def test_nine_of_ten_such_futures_end_within_the_interval(days: int) -> None:
    chance = random.Random(days)
    within = 0
    for _ in range(500):
        spent = [chance.randint(200, 1800) for _ in range(days)]
        told = forecast(20_000, spent, TODAY, TODAY + timedelta(days=365))
        assert told is not None
        left, ended = 20_000, TODAY
        while (left := left - chance.randint(200, 1800)) > 0:
            ended += timedelta(days=1)
        earliest, latest = told.earliest_on or date.max, told.latest_on or date.max
        within += earliest <= ended <= latest
    assert 440 <= within <= 495


@pytest.mark.parametrize(
    ("left_yen", "code"),
    [
        (1000, "over-half"),
        (501, "over-half"),
        (500, "under-half"),
        (251, "under-half"),
        (250, "under-quarter"),
        (101, "under-quarter"),
        (100, "under-tenth"),
        (1, "under-tenth"),
        (0, "used-up"),
    ],
)
def test_a_budget_is_told_in_steps(left_yen: int, code: str) -> None:
    told = remainder_of(left_yen * 1000, 1_000_000)
    assert told is not None
    assert told.code == code
    assert left_yen >= told.above_percent * 10
    small = remainder_of(left_yen, SMALLEST_TOLD_YEN - 1)
    assert small is not None
    assert small.code == ("not-used-up" if left_yen else "used-up")


def test_no_money_is_no_step() -> None:
    assert remainder_of(0, 0) is None


@pytest.mark.parametrize(
    ("left_yen", "as_before"),
    [
        (1000, 1000 - 200 + 600),  # 800 at 30 %, and 200 at 10 %, which last three times as long
        (201, 1 + 600),
        (200, 600),
        (50, 150),
        (0, 0),
    ],
)
def test_what_is_left_lasts_longer_at_a_third_of_the_rate(left_yen: int, as_before: int) -> None:
    rates = dict.fromkeys(CLASSES, 1000)
    stepping = terms_of(
        TODAY,
        cashback_bp=0,
        near_end={"step_down": {"at_used_bp": 8000, "rebate": {"rates_bp": rates}}},
    )
    pace = pace_of(stepping, 1000)
    assert pace is not None
    assert pace.later_bp == 3333
    assert abs(pace.as_before(left_yen) - as_before) <= 1
    assert pace.spent_as_before(100, on(9), on(8)) == 300
    assert pace.spent_as_before(100, on(8), on(8)) == 100
    assert pace.spent_as_before(100, on(9), None) == 100


def test_terms_that_do_not_step_down_have_one_pace() -> None:
    assert pace_of(terms_of(TODAY), 1000) is None
