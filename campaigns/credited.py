"""When what a campaign grants to residents is credited: at once, or after a close (締め日)."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Final, Literal

from pydantic import Field
from pydantic_core import PydanticCustomError

from campaigns.form import Form
from core.bank_days import LAST_YEAR, BankDaysUnknownError, bank_day_after
from core.months import end_of_month_after


class Credited(Form):
    """Points are pending until a day after the close of the stretch in which they were granted."""

    closes: Literal["three_a_month", "month_end"]
    """`three_a_month`: on the 10th, the 20th and the last day of a month; `month_end`: on the last
    day alone."""
    bank_days_after: Annotated[int, Field(ge=1, le=20, examples=[5])]
    """Credited on so many bank days of Japan after the close."""


def credited_on(credited: Credited | None, day: date) -> date:
    """The day on which points of a payment on `day` are credited: that day itself where no close
    is waited for.

    It is written into the payment's entry, and holds however holidays may be moved later. Raises
    BankDaysUnknownError beyond the years of which bank days are known; no form reaches there.
    """
    if credited is None:
        return day
    return _day_after_close(credited.closes, credited.bank_days_after, day)


def check_days_are_known(credited: Credited | None, ends_on: date | None) -> Credited | None:
    """The rule as it is, if the campaign's last payments can be credited by it.

    `ends_on` is None where that day was refused itself. Raises PydanticCustomError.
    """
    if ends_on is not None:
        try:
            credited_on(credited, ends_on)
        except BankDaysUnknownError:
            raise PydanticCustomError(
                "bank_days_unknown",
                "must be left out, or ends_on be earlier: bank days are known until {year}",
                {"year": LAST_YEAR},
            ) from None
    return credited


@lru_cache(maxsize=1024)
def _day_after_close(closes: str, bank_days: int, day: date) -> date:
    return bank_day_after(_CLOSES[closes](day), bank_days)


def _end_of_month(day: date) -> date:
    return end_of_month_after(day, 0)


def _end_of_third(day: date) -> date:
    """1 to 10, 11 to 20, 21 to the end of the month."""
    if day.day > _TENTHS[-1]:
        return _end_of_month(day)
    return day + timedelta(days=min(last for last in _TENTHS if last >= day.day) - day.day)


_TENTHS: Final = (10, 20)
_CLOSES: Final[Mapping[str, Callable[[date], date]]] = {
    "three_a_month": _end_of_third,
    "month_end": _end_of_month,
}
