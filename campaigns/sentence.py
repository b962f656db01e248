"""A sentence in every language, and how the figure in it is written."""

from collections.abc import Callable
from typing import NamedTuple

Figure = Callable[[int | None], tuple[str, str]]
"""How a reason's figure is written, in Japanese and in English."""


def none(number: int | None) -> tuple[str, str]:
    """No figure."""
    assert number is None
    return "", ""


def count(number: int | None) -> tuple[str, str]:
    """Points, yen, or times."""
    assert number is not None
    return f"{number:,}", f"{number:,}"


def percent(rate_bp: int | None) -> tuple[str, str]:
    """A rate in basis points."""
    assert rate_bp is not None
    whole, hundredths = divmod(rate_bp, 100)
    text = f"{whole}.{hundredths:02}".rstrip("0").rstrip(".")
    return text, text


def day(day_number: int | None) -> tuple[str, str]:
    """A day as YYYYMMDD."""
    assert day_number is not None
    month_number, day = divmod(day_number, 100)
    year, month = divmod(month_number, 100)
    return f"{year}年{month}月{day}日", f"{year}-{month:02}-{day:02}"


def hours(span_number: int | None) -> tuple[str, str]:
    """Hours as HHMMHHMM."""
    assert span_number is not None
    first, last = (divmod(clock, 100) for clock in divmod(span_number, 10_000))
    from_time, until_time = (f"{hour}:{minute:02}" for hour, minute in (first, last))
    return f"{from_time}～{until_time}", f"{from_time} to {until_time}"


class Sentence(NamedTuple):
    """A reason's words; `{}` is where its figure goes."""

    figure: Figure
    ja: str
    ja_easy: str
    en: str
