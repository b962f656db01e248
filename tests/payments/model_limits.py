"""The second opinion of limits: what a person has paid and brought in, in a day and in a month."""

from collections import Counter
from datetime import date

BALANCE_LIMIT, PAYMENT_LIMIT, COUNTER_LIMIT = 3_000, 1_500, 1_200
PAYMENTS_A_DAY, TOP_UPS_A_MONTH = 4_000, 8_000

_LIMITS = {("payments", "day"): PAYMENTS_A_DAY, ("top_ups", "month"): TOP_UPS_A_MONTH}


class Spending(Counter[tuple[str, ...]]):
    """How much of each limit a person has used: by what, and the days or months by name."""

    def over(self, person: str, what: str, day: date, yen: int) -> str | None:
        """The slug of the limit that `yen` more would be over."""
        for (of, period), limit in _LIMITS.items():
            if of == what and self[person, what, _name(period, day)] + yen > limit:
                return f"{what.replace('_', '-')}-over-{period}-limit"
        return None

    def count(self, person: str, what: str, day: date, yen: int) -> None:
        """Use up `yen`, or give it back where that is negative."""
        for of, period in _LIMITS:
            if of == what:
                self[person, what, _name(period, day)] += yen


def _name(period: str, day: date) -> str:
    return day.isoformat() if period == "day" else day.isoformat()[:7]
