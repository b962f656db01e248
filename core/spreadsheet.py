"""Text for a spreadsheet: what it would take for a formula is marked as text."""

import unicodedata
from typing import Final

_FORMULA_SIGNS: Final = ("=", "+", "-", "@")


def inert(text: str) -> str:
    """A name that a spreadsheet would take for a formula is marked as text.

    Spreadsheets look past spaces, and Japanese ones read full-width signs as the narrow ones.
    """
    begins_a_formula = unicodedata.normalize("NFKC", text).lstrip().startswith(_FORMULA_SIGNS)
    return f"'{text}" if begins_a_formula else text
