"""Readings above Chinese characters, for plain Japanese: `《町|まち》` becomes ruby text."""

import re
from html import escape
from typing import Final

_MARKED: Final = re.compile(r"《([^《》|]+)\|([^《》|]+)》")


def with_readings(text: str) -> str:
    """The text as HTML. What cannot show ruby shows the reading in brackets."""
    return _MARKED.sub(r"<ruby>\1<rp>(</rp><rt>\2</rt><rp>)</rp></ruby>", escape(text))
