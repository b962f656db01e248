"""Phone numbers: one number has many spellings, and stands here in one of them (E.164)."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

LONGEST: Final = 40
"""Characters of a number as somebody writes it."""

_SEPARATORS: Final = dict.fromkeys(map(ord, " \t()[]-./‐‑‒–—―−ーｰ〜~・"))
_PLAIN: Final = re.compile(r"\+?[0-9]{6,20}")
_WIDE: Final = re.compile(r"[\x20-\x7e\u3000\uff01-\uff5e‐‑‒–—―−ーｰ〜・\u00a0\u2009\u202f\t]*")
_MOBILE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def e164(written: str, countries: Sequence[str]) -> str | None:
    """The number in E.164, if it can take a text message in one of these countries (ISO 3166).

    Without a country's number it is read as it is dialled in the first of them. Digits are those
    of keyboards here, narrow or wide; no other script's, and no look-alikes.
    """
    if len(written) > LONGEST or not _WIDE.fullmatch(written):
        return None
    digits = unicodedata.normalize("NFKC", written).translate(_SEPARATORS)
    if not _PLAIN.fullmatch(digits):
        return None
    # 00 stands before a country's number nearly everywhere, and before no number within Japan.
    dialled = "+" + digits[2:] if digits.startswith("00") else digits
    try:
        number = phonenumbers.parse(dialled, countries[0])
    except NumberParseException:
        return None
    is_mobile = phonenumbers.number_type(number) in _MOBILE
    if not is_mobile or phonenumbers.region_code_for_number(number) not in countries:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def shown(phone: str) -> str:
    """So much of a number that its owner knows it again: its last four digits."""
    return "…" + phone[-4:]
