"""Bank days of Japan (銀行営業日): no weekend, no national holiday, not 31 December to 3 January.

A library that is kept up knows the holidays; this file says which of its years are believed.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2099
"""From here on the library knows no holiday, and would call each of them a bank day.

Until then it reckons the equinoxes, which the state announces each February for the year after. An
act that moves a holiday comes with a newer version of it: whoever has promised a day keeps it."""

_SATURDAY: Final = 5
_ONE_DAY: Final = timedelta(days=1)


class BankDaysUnknownError(ValueError):
    """The holidays of that year are not known: there is no answer, and no guess."""


def is_bank_day(day: date) -> bool:
    """Whether banks settle on this day. Raises BankDaysUnknownError outside of 2000 to 2099."""
    return day.weekday() < _SATURDAY and day not in _closed(day.year)


def is_public_holiday(day: date) -> bool:
    """Whether it is a national holiday (国民の祝日). Raises BankDaysUnknownError as is_bank_day."""
    return day in _holidays(day.year)


@lru_cache(maxsize=4096)
def bank_day_after(day: date, count: int) -> date:
    """The `count`-th bank day after `day` (at least 1), whether or not `day` is one itself.

    Raises BankDaysUnknownError where it lies outside of 2000 to 2099.
    """
    assert count > 0, "the first bank day after a day is number 1"
    while count:
        day += _ONE_DAY
        count -= is_bank_day(day)
    return day


@lru_cache(maxsize=LAST_YEAR - FIRST_YEAR + 1)
def _closed(year: int) -> frozenset[date]:
    """The days of a year on which banks are closed, but for weekends."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BankDaysUnknownError(f"the bank days of {year} are not known")
    return _days_of(year, "bank", "public")


@lru_cache(maxsize=LAST_YEAR - FIRST_YEAR + 1)
def _holidays(year: int) -> frozenset[date]:
    """The national holidays of a year, and the days in lieu of them."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BankDaysUnknownError(f"the holidays of {year} are not known")
    return _days_of(year, "public")


def _days_of(year: int, *categories: str) -> frozenset[date]:
    from holidays.countries.japan import Japan  # it brings all countries of the world with it

    return frozenset(Japan(years=year, categories=categories))
