"""Estimate on which day a budget ends, with an interval: docs/decisions/0023 says how and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isqrt
from typing import Final

LONGEST_DAYS: Final = 14
"""Days that are looked back at."""
_T_MILLI: Final = {7: 1943, 14: 1771}
"""Student's t, in thousandths: 90 % of all lie within, by how many days were seen (one more than
its degrees of freedom). Whole weeks, so that each day of the week counts alike."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Days on which the budget ends; None where it outlasts the campaign."""

    earliest_on: date | None
    expected_on: date | None
    latest_on: date | None


def forecast(
    left_yen: int, spent_yen: Sequence[int], today: date, ends_on: date
) -> Forecast | None:
    """When `left_yen` will be used up if days go on as those whose spending is known.

    `spent_yen` are the last complete days, oldest first, at most `LONGEST_DAYS` of which count; the
    rest of today is taken for a whole day. None where too little is known: less than a week, or
    nothing was spent. The two other days are the ends of a 90 % interval.
    """
    days = max((days for days in _T_MILLI if days <= len(spent_yen)), default=0)
    spent = spent_yen[len(spent_yen) - days :]
    total = sum(spent)
    if days == 0 or total <= 0:
        return None
    squares = days * sum(yen * yen for yen in spent) - total * total
    horizon = (ends_on - today).days + 1

    def first_day(sign: int) -> date | None:
        for ahead in range(1, horizon + 1):
            # `days` times what `ahead` days cost, and `days` times how far off that may be: each
            # day varies, and the mean is known from few.
            spread = _T_MILLI[days] ** 2 * squares * ahead * (days + ahead) // (days - 1)
            reached = 1000 * ahead * total + sign * isqrt(spread)
            if reached >= 1000 * days * left_yen:
                return today + timedelta(days=ahead - 1)
        return None

    return Forecast(first_day(1), first_day(0), first_day(-1))
