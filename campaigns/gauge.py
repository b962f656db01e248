"""Round what a campaign spent, so that no person's part in it can be told by subtracting."""

from datetime import date, timedelta
from typing import Final

SMALLEST_STEP_YEN: Final = 100_000
STEPS: Final = 10
"""A budget is told in about so many steps, or fewer where that would be steps too small."""
_LADDER: Final = (1, 2, 5)


def step_of(funded_yen: int) -> int:
    """The step in which a budget of this size is told: the largest of 100,000, 200,000, 500,000,
    1,000,000 and so on that is no more than a tenth of it, and 100,000 yen at least.

    A ladder, lest a yen more of funding gives another step: each step tells a little more.
    """
    step, decade = SMALLEST_STEP_YEN, SMALLEST_STEP_YEN
    while decade * STEPS <= funded_yen:
        step = max(decade * each for each in _LADDER if decade * each * STEPS <= funded_yen)
        decade *= 10
    return step


def told_yen(spent_yen: int, funded_yen: int, step_yen: int, offset_yen: int) -> int:
    """Whole steps of what was spent, with a secret offset between 0 and a step; at most the budget.

    The offset is drawn once, evenly: whoever made `c` yen of the sum changes what is told with a
    probability of c / step_yen at most, whatever is known of everybody else.
    """
    assert 0 <= offset_yen < step_yen
    steps = (max(0, spent_yen) + offset_yen) // step_yen
    return min(funded_yen, steps * step_yen)


def last_told_day(today: date) -> date:
    """The day at whose end sums are told now: the last Sunday that is over."""
    return today - timedelta(days=today.isoweekday())
