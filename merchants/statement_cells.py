"""Read one cell of a bank's statement: a date in one of its forms, an amount in yen."""

import re
import unicodedata
from datetime import date
from typing import Final

from merchants.statement_profile import DateForm

MOST_YEN: Final = 9_999_999_999_999
"""Thirteen digits: no bank writes more."""

_FORMS: Final[dict[DateForm, re.Pattern[str]]] = {
    "hyphens": re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"),
    "slashes": re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})"),
    "compact": re.compile(r"(\d{4})(\d{2})(\d{2})"),
    "kanji": re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日"),
}
_IN_ERA: Final = re.compile(
    r"(令和|平成|昭和|[RHS])(\d{1,2}|元)(?:年|[./-])(\d{1,2})(?:月|[./-])(\d{1,2})日?"
)
_ERAS: Final = {
    "令和": (date(2019, 5, 1), date.max),
    "平成": (date(1989, 1, 8), date(2019, 4, 30)),
    "昭和": (date(1926, 12, 25), date(1989, 1, 7)),
}
_LETTERS: Final = {"R": "令和", "H": "平成", "S": "昭和"}
_AMOUNT: Final = re.compile(r"([-+△▲]?)[¥\\]?(\d{1,3}(?:,\d{3})+|\d{1,13})円?")


def read_day(cell: str, form: DateForm) -> date:
    """The day. Raises ValueError for what is none in this form, or lies outside of its era."""
    tidy = unicodedata.normalize("NFKC", cell).strip().replace(" ", "")
    if form == "era":
        return read_era_day(tidy)
    found = _FORMS[form].fullmatch(tidy)
    if found is None:
        raise ValueError(form)
    year, month, day = map(int, found.groups())
    return date(year, month, day)


def read_era_day(tidy: str) -> date:
    """The day in a Japanese era. Raises ValueError for what is none, or lies outside of its era."""
    found = _IN_ERA.fullmatch(tidy)
    if found is None:
        raise ValueError(tidy)
    era, year, month, day = found.groups()
    first, last = _ERAS[_LETTERS.get(era, era)]
    count = 1 if year == "元" else int(year)
    read = date(first.year + count - 1, int(month), int(day))
    if not first <= read <= last:
        raise ValueError(era)
    return read


def read_yen(cell: str) -> int | None:
    """The amount, negative where it is marked so; None where nothing stands there.

    Raises ValueError for what is no whole number of yen: thousands are parted by commas or not at
    all.
    """
    tidy = unicodedata.normalize("NFKC", cell).strip()
    if not tidy:
        return None
    found = _AMOUNT.fullmatch(tidy)
    if found is None or not tidy.isprintable():
        raise ValueError("amount")
    sign, digits = found.groups()
    yen = int(digits.replace(",", ""))
    if yen > MOST_YEN:
        raise ValueError("amount")
    return -yen if sign in {"-", "△", "▲"} else yen
