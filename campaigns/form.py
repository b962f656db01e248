"""The small parts that a campaign's form is made of: days, rates, amounts, words and lists."""

import re
from collections.abc import Callable
from datetime import date, time
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from core.described import Described
from core.legible import is_legible_text

MAX_AMOUNT: Final = 1_000_000_000
FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
MOST_LISTED: Final = 1_000
"""Merchants, areas or categories that one list of a form may name."""

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MIDNIGHT: Final = "24:00"
DAY_ENDS: Final = time.max
"""24:00, the end of a day, which no clock shows: later than every minute of it."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Form(Described):
    """A part of the form: closed, strict, never changed."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


def _read_by(pattern: re.Pattern[str], read: Callable[[str], object]) -> BeforeValidator:
    """Read text of this shape wherever the form comes from: strict models refuse text there."""

    def from_text(value: object) -> object:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            return value
        try:
            return read(value)
        except ValueError:
            raise PydanticCustomError(
                "no_such_day", "must be a day of the calendar, as in 2026-11-01"
            ) from None

    return BeforeValidator(from_text)


def _clock_from_text(value: object) -> object:
    if isinstance(value, str) and not _CLOCK.fullmatch(value):
        raise PydanticCustomError("clock_shape", "must be hours and minutes, as in 09:30")
    return time.fromisoformat(value) if isinstance(value, str) else value


def _end_from_text(value: object) -> object:
    if isinstance(value, str) and value == _MIDNIGHT:
        return DAY_ENDS
    if isinstance(value, str) and not _CLOCK.fullmatch(value):
        raise PydanticCustomError(
            "clock_shape", "must be hours and minutes, as in 21:30; the end of the day is 24:00"
        )
    return time.fromisoformat(value) if isinstance(value, str) else value


def _end_as_text(clock: time) -> str:
    return _MIDNIGHT if clock == DAY_ENDS else clock.strftime("%H:%M")


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def says_something(values: tuple[Any, ...]) -> None:
    """Refuse an empty list; pydantic would also call one empty of which each part is wrong."""
    if not values:
        raise PydanticCustomError("lists_nothing", "must list at least one, or be left out")


def _told_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """In one order, so that the same list has the same hash; nothing may stand in it twice."""
    says_something(values)
    if len(set(values)) < len(values):
        raise PydanticCustomError("listed_twice", "must not name anything twice")
    return tuple(sorted(values))


def is_one_line(text: str) -> str:
    """Text that people read: legible, one line, no space at either end."""
    if text != text.strip():
        raise PydanticCustomError("outer_space", "must not begin or end with a space")
    if not is_legible_text(text):
        raise PydanticCustomError("unreadable_text", "must be one line that can be read")
    return text


def is_an_integer(value: object) -> object:
    """For literals of one number, which compare with ==: True == 1.0 == 1."""
    if type(value) is not int:
        raise PydanticCustomError("int_type", "must be an integer")
    return value


def is_a_boolean(value: object) -> object:
    """For literals of true or false, which compare with ==: True == 1."""
    if value is not None and type(value) is not bool:
        raise PydanticCustomError("bool_type", "must be true or false")
    return value


Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY), _read_by(_ISO_DAY, date.fromisoformat)]
Clock = Annotated[
    time,
    BeforeValidator(_clock_from_text),
    PlainSerializer(lambda clock: clock.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_CLOCK.pattern}$", "examples": ["09:30"]}),
]
"""Hours and minutes on the clocks of the town: "09:30"."""
ClockEnd = Annotated[
    time,
    BeforeValidator(_end_from_text),
    PlainSerializer(_end_as_text, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": f"^({_CLOCK.pattern}|{_MIDNIGHT})$", "examples": ["21:30"]}
    ),
]
"""The same for the minute after the last: "24:00" is the end of the day."""
Id = Annotated[UUID, _read_by(_UUID, UUID)]
RateBp = Annotated[int, Field(ge=0, le=10_000)]
"""Basis points, 1/100 of a percent: 3000 is 30 %."""
Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT)]
AmountOrZero = Annotated[int, Field(ge=0, le=MAX_AMOUNT)]
Word = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(is_one_line)]
MerchantClass = Literal["street_member", "small", "convenience", "large"]
Tier = Literal["unverified", "verified_resident", "verified_visitor"]
AgeBand = Literal["0-17", "18-29", "30-44", "45-64", "65-74", "75+"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PaymentMode = Literal["shop_qr"]
"""How it is paid: the resident reads the shop's code. More modes come with their issue."""

_LISTED: Final = (
    Field(max_length=MOST_LISTED, json_schema_extra={"minItems": 1}),
    BeforeValidator(_as_tuple),
    AfterValidator(_told_once),
)
Classes = Annotated[tuple[MerchantClass, ...], *_LISTED]
Tiers = Annotated[tuple[Tier, ...], *_LISTED]
AgeBands = Annotated[tuple[AgeBand, ...], *_LISTED]
Weekdays = Annotated[tuple[Weekday, ...], *_LISTED]
Modes = Annotated[tuple[PaymentMode, ...], *_LISTED]
Words = Annotated[tuple[Word, ...], *_LISTED]
Ids = Annotated[tuple[Id, ...], *_LISTED]
AsTuple: Final = BeforeValidator(_as_tuple)
