"""Instants that come in: one spelling, and none that a calendar or a zone overflows."""

import re
from datetime import date, datetime
from typing import Annotated, Final

from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199

INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)


def within_years(day: date) -> date:
    """Refuses what a zone or a sum of days could carry out of the calendar."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PydanticCustomError("year_out_of_range", "a year from 2000 to 2199 is needed")
    return day


def _instant(value: object) -> object:
    if isinstance(value, datetime):  # from the program itself
        return within_years(value)
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise PydanticCustomError(
            "moment_parsing", "must be an instant with its offset, as in 2026-12-01T10:00:00+09:00"
        )
    return within_years(datetime.fromisoformat(value))


Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
"""An instant with its offset, to the microsecond; finer digits are dropped."""
