"""When a store is open: a week, what holidays change, and days that are unlike any other."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from core.described import Described

_DAY_MINUTES: Final = 24 * 60
_ONE_DAY: Final = timedelta(days=1)
_STRICT: Final = ConfigDict(frozen=True, extra="forbid")


class Span(Described):
    """From one time of the day to another; over midnight, if that is not later."""

    model_config = _STRICT

    opens: Annotated[str, Field(strict=True, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = Field(
        examples=["18:00"]
    )
    closes: Annotated[
        str, Field(strict=True, pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")
    ] = Field(examples=["02:00"])
    """`24:00` is midnight. The same as `opens` is a whole day."""

    @cached_property
    def minutes(self) -> tuple[int, int]:
        """From the day's midnight; the second is more than 1440 where it lies in the next day."""
        opens, closes = _minutes(self.opens), _minutes(self.closes)
        return opens, closes if closes > opens else closes + _DAY_MINUTES


Spans = Annotated[list[Span], Field(max_length=4)]
"""Of one day; empty is closed."""


class Exceptional(Described):
    """One date that goes before the week and before holidays."""

    model_config = _STRICT

    on: date = Field(examples=["2026-12-31"])
    spans: Spans = Field(examples=[[]])


class OpeningHours(Described):
    """In the region's zone. The spans of a day follow each other; only its last passes midnight."""

    model_config = _STRICT

    weekly: Annotated[list[Spans], Field(min_length=7, max_length=7)] = Field(
        examples=[[[{"opens": "11:00", "closes": "14:00"}], [], [], [], [], [], []]]
    )
    """Monday first."""
    holidays: Spans | None = Field(default=None, examples=[[]])
    """On national holidays; null is as on other days, an empty list is closed."""
    exceptions: Annotated[list[Exceptional], Field(max_length=60)] = Field(
        default=[], examples=[[{"on": "2026-12-31", "spans": []}]]
    )

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        days = [*self.weekly, self.holidays or [], *(each.spans for each in self.exceptions)]
        for day in days:
            spans = [span.minutes for span in day]
            if any(before[1] > after[0] for before, after in pairwise(spans)):
                raise PydanticCustomError("hours_overlap", "the spans of a day follow each other")
        if len({each.on for each in self.exceptions}) < len(self.exceptions):
            raise PydanticCustomError("same_date", "a date stands there twice")
        return self


def is_open_at(hours: OpeningHours, local: datetime, is_holiday: Callable[[date], bool]) -> bool:
    """Whether it is open at `local`, a time in the region's zone.

    By the clock on the wall, as a sign at the door is read, also when clocks are changed.
    """
    assert local.tzinfo is not None, "in the region's zone"
    minute = local.hour * 60 + local.minute
    today, yesterday = local.date(), local.date() - _ONE_DAY
    return any(
        opens <= minute + later < closes
        for day, later in ((today, 0), (yesterday, _DAY_MINUTES))
        for opens, closes in _spans_on(hours, day, is_holiday)
    )


def _spans_on(
    hours: OpeningHours, day: date, is_holiday: Callable[[date], bool]
) -> list[tuple[int, int]]:
    for each in hours.exceptions:
        if each.on == day:
            return [span.minutes for span in each.spans]
    if hours.holidays is not None and is_holiday(day):
        return [span.minutes for span in hours.holidays]
    return [span.minutes for span in hours.weekly[day.weekday()]]


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])
