"""Days and moments that come in: one spelling each, none that a calendar or a zone overflows."""

import re
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import Query
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from core.instants import INSTANT, within_years

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(value: object) -> object:
    if isinstance(value, str):
        if not _DAY.fullmatch(value):
            raise PydanticCustomError("date_parsing", "a date is needed, as in 2026-11-22")
        return within_years(date.fromisoformat(value))
    return value


def _moment(value: object) -> object:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        if not INSTANT.fullmatch(value):
            raise PydanticCustomError(
                "moment_parsing",
                "must be a day, as in 2026-12-01, or an instant with its offset, as in"
                " 2026-12-01T10:00:00+09:00",
            )
        return within_years(datetime.fromisoformat(value))
    return _day(value)


Day = Annotated[date, BeforeValidator(_day)]
"""A business date of the region."""
Moment = Annotated[datetime | date, BeforeValidator(_moment)]
"""A business date of the region, or an instant with its offset."""

EndsFrom = Annotated[
    Day | None,
    Query(description="Only of periods that end on this day or later.", examples=["2026-11-01"]),
]
EndsUntil = Annotated[
    Day | None,
    Query(description="Only of periods that end on this day or before.", examples=["2026-11-30"]),
]
