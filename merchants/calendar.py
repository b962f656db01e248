"""Periods of settlement (締め期間) and the days on which they are paid: from the rules alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from core.bank_days import BankDaysUnknownError, bank_day_after, is_bank_day
from core.errors import Problem, problem
from core.months import end_of_month_after
from merchants.settlement_rules import SettlementRules

BANK_DAYS_UNKNOWN: Final = problem(
    "bank-days-unknown", 409, "The bank holidays of that year are not known."
)

_ONE_DAY: Final = timedelta(days=1)
_MIDDLE: Final = 15


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The days of one settlement, both inclusive, in the region's zone."""

    first_day: date
    last_day: date


def period_of(rules: SettlementRules, day: date) -> Period:
    """The period that a day is in. All periods of a calendar together have each day once."""
    if rules.calendar == "daily":
        return Period(day, day)
    if rules.calendar == "month_end":
        return Period(day.replace(day=1), end_of_month_after(day, 0))
    if day.day <= _MIDDLE:
        return Period(day.replace(day=1), day.replace(day=_MIDDLE))
    return Period(day.replace(day=_MIDDLE + 1), end_of_month_after(day, 0))


def pay_day(rules: SettlementRules, period: Period) -> date:
    """The bank day on which a period is paid, which comes after its last day.

    Refuses bank-days-unknown where no calendar has the holidays: no day is guessed.
    """
    try:
        if rules.calendar != "twice_a_month":
            return bank_day_after(period.last_day, rules.bank_days_after)
        return _nearest(_due(period.last_day), rules.when_banks_are_closed)
    except BankDaysUnknownError:
        raise Problem(BANK_DAYS_UNKNOWN, last_day=period.last_day.isoformat()) from None


def pay_day_on_demand(rules: SettlementRules, day: date) -> date:
    """The bank day on which a settlement is paid that was asked for on `day`.

    Refuses bank-days-unknown as `pay_day` does.
    """
    try:
        return bank_day_after(day, rules.on_demand.bank_days_after)
    except BankDaysUnknownError:
        raise Problem(BANK_DAYS_UNKNOWN, last_day=day.isoformat()) from None


def periods_between(rules: SettlementRules, after: date, until: date) -> Iterator[Period]:
    """The periods whose last day is later than `after` and no later than `until`, in order."""
    day = after + _ONE_DAY
    while day <= until:
        period = period_of(rules, day)
        if period.last_day > until:
            return
        yield period
        day = period.last_day + _ONE_DAY


def _due(last_day: date) -> date:
    """What closes on the 15th is due at the month's end, what closes then on the next 15th."""
    if last_day.day == _MIDDLE:
        return end_of_month_after(last_day, 0)
    return (last_day + _ONE_DAY).replace(day=_MIDDLE)


def _nearest(day: date, way: str) -> date:
    step = _ONE_DAY if way == "next" else -_ONE_DAY
    while not is_bank_day(day):
        day += step
    return day
