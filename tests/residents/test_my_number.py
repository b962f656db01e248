"""A My Number is refused in whatever way it is written; other digits are taken."""

import pytest

from core.errors import Problem
from residents.my_number import refuse_my_number

MADE_UP = "621498320257"
"""Its check digit is right; nobody is known to have it."""


@pytest.mark.parametrize(
    "text",
    [
        MADE_UP,
        f"showed {MADE_UP} at the counter",
        "6214 9832 0257",
        "6214-9832-0257",
        "\uff16\uff12\uff11\uff14\uff19\uff18\uff13\uff12\uff10\uff12\uff15\uff17",
        "6214\u30fc9832\u30fc0257",
        "番号は621498320257です",
        "6 2 1 4 9 8 3 2 0 2 5 7",
        "09012345678, 621498320257",
        "000000000000",
    ],
)
def test_it_is_refused_however_it_is_written(text: str):
    with pytest.raises(Problem, match="my-number-refused"):
        refuse_my_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "621498320258",
        "62149832025",
        "6214983202571",
        "came to the counter with the licence",
        "090-1234-5678",
        "2026-11-26 12:34",
        "",
    ],
)
def test_other_digits_are_taken(text: str):
    refuse_my_number(text)
