"""The numbers of a business, with check digits: corporate (法人番号), of invoices (登録番号).

docs/RULES.md, section 11.
"""

import re
from typing import Final

from stdnum.jp import cn

from core.errors import Problem, problem

CORPORATE_NUMBER_WRONG: Final = problem(
    "corporate-number-wrong", 422, "This is no corporate number: its check digit does not fit."
)
REGISTRATION_NUMBER_WRONG: Final = problem(
    "registration-number-wrong",
    422,
    "This is no registration number of qualified invoices: T and thirteen digits that fit.",
)

_DIGITS: Final = re.compile(r"[1-9][0-9]{12}")


def check_corporate_number(number: str) -> None:
    """Refuses corporate-number-wrong. Thirteen digits in ASCII, nothing between them."""
    if not _fits(number):
        raise Problem(CORPORATE_NUMBER_WRONG)


def check_registration_number(number: str, corporate_number: str | None) -> None:
    """Refuses registration-number-wrong, also for one that is not the corporation's own.

    Of a corporation it is T and its corporate number; of a person T and a number of that kind.
    """
    if not is_registration_number(number):
        raise Problem(REGISTRATION_NUMBER_WRONG)
    if corporate_number is not None and number[1:] != corporate_number:
        raise Problem(REGISTRATION_NUMBER_WRONG)


def is_registration_number(number: str) -> bool:
    """T and thirteen digits, the first of which is their check digit."""
    return number[:1] == "T" and _fits(number[1:])


def _fits(digits: str) -> bool:
    return bool(_DIGITS.fullmatch(digits)) and bool(cn.is_valid(digits))
