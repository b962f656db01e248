"""The 12-digit My Number (個人番号) is never taken: a text that holds one is refused.

Law says who may keep it and what for (番号法), and a regional currency is none of that. There is no
field for it; people write it into texts.
"""

import re
import unicodedata
from typing import Final

from core.errors import Problem, problem

MY_NUMBER_REFUSED: Final = problem(
    "my-number-refused", 422, "The text holds what looks like a My Number, which is never taken."
)

_DIGITS: Final = re.compile(r"(?<![0-9])[0-9](?:[ .\-]?[0-9]){11}(?![0-9])")


def refuse_my_number(text: str) -> None:
    """Raises my-number-refused, in whatever width and grouping the digits stand."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"[\u2010-\u2015\u2212\u30fc]", "-", plain)
    for found in _DIGITS.finditer(plain):
        if _is_my_number([int(digit) for digit in re.sub(r"[^0-9]", "", found.group())]):
            raise Problem(MY_NUMBER_REFUSED)


def _is_my_number(digits: list[int]) -> bool:
    """Whether the last of twelve digits is the check digit of the others.

    11 minus the weighted sum modulo 11, and 0 for what would be 10 or 11; weights are 2 to 7 from
    the right, then 2 to 6 (平成26年総務省令第85号).
    """
    *said, check = digits
    weights = [2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6]
    rest = sum(w * digit for w, digit in zip(weights, reversed(said), strict=True)) % 11
    return check == (0 if rest <= 1 else 11 - rest)
