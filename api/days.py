"""Days and instants that come in: one spelling each, none that a calendar or a zone overflows."""

import re
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import Query
from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)


def _day(value: object) -> object:
    if isinstance(value, str):
        if not _DAY.fullmatch(value):
            raise PydanticCustomError("date_parsing", "a date is needed, as in 2026-11-22")
        return _within(date.fromisoformat(value))
    return value


def _moment(value: object) -> object:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        if not _INSTANT.fullmatch(value):
            raise PydanticCustomError(
                "moment_parsing",
                "must be a day, as in 2026-12-01, or an instant with its offset, as in"
                " 2026-12-01T10:00:00+09:00",
            )
        return _within(datetime.fromisoformat(value))
    return _day(value)


def _instant(value: object) -> object:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise PydanticCustomError(
            "moment_parsing", "must be an instant with its offset, as in 2026-12-01T10:00:00+09:00"
        )
    return _within(datetime.fromisoformat(value))


def _within(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PydanticCustomError("year_out_of_range", "a year from 2000 to 2199 is needed")
    return day


Day = Annotated[date, BeforeValidator(_day)]
"""A business date of the region."""
Moment = Annotated[datetime | date, BeforeValidator(_moment)]
"""A business date of the region, or an instant with its offset."""
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
"""An instant with its offset, to the microsecond; finer digits are dropped."""

EndsFrom = Annotated[
    Day | None,
    Query(description="Only of periods that end on this day or later.", examples=["2026-11-01"]),
]
EndsUntil = Annotated[
    Day | None,
    Query(description="Only of periods that end on this day or before.", examples=["2026-11-30"]),
]
