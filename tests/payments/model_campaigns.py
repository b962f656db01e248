"""The second opinion of campaigns: what their terms say, and when they credit points."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

SHUT = {(2, 11), (2, 23), (3, 22), (4, 29), (5, 3), (5, 4), (5, 5)}
"""Weekdays between February and June of 2027 on which banks are closed."""


def credit_day(day: date) -> date:
    """For payments of this day: five bank days after the 10th, the 20th or the last of a month."""
    while day.day not in {10, 20} and (day + timedelta(days=1)).day != 1:
        day += timedelta(days=1)
    bank_days = 0
    while bank_days < 5:
        day += timedelta(days=1)
        bank_days += day.isoweekday() < 6 and (day.month, day.day) not in SHUT
    return day


def month_end(day: date, months: int) -> date:
    """The last day of the month that lies so many months on."""
    months += day.year * 12 + day.month - 1
    return date((months + 1) // 12, (months + 1) % 12 + 1, 1) - timedelta(days=1)


@dataclass(frozen=True)
class Campaign:
    """What the terms say: rates in basis points by class of merchant, caps in points."""

    name: str
    rebate_bp: dict[str, int]
    cashback_bp: dict[str, int]
    ends_on: date
    minimum: int = 1
    per_payment: int = 10**9
    day: int | None = None
    month: int | None = None
    whole: int | None = None
    cashback_cap: int = 10**9
    pays_at: str | None = None
    """The one class of merchant at which its points may be spent."""
    later: bool = False
    """Whether points are credited after a close (`credit_day`)."""

    def credited(self, day: date) -> date:
        """When points of this day can be used."""
        return credit_day(day) if self.later else day

    def periods(self, day: date) -> list[tuple[tuple[Any, ...], int]]:
        """The caps per person that there are, each with the period that `day` lies in."""
        caps = [(("day", day), self.day), (("month", day.replace(day=1)), self.month)]
        return [(key, cap) for key, cap in [*caps, (("whole",), self.whole)] if cap is not None]
