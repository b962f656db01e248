"""Banks and their branches (金融機関コード・店番), as published: who has which code, in which kana.

A library that follows the publication knows them; some thirty thousand branches are read the first
time that anybody asks. Bank 9999 is nobody's, so examples and demos use it.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from core.errors import Problem, problem
from merchants.kana import OF_BANKS, to_bank_kana

BANK_UNKNOWN: Final = problem("bank-unknown", 422, "No bank has this code.")
BRANCH_UNKNOWN: Final = problem("branch-unknown", 422, "The bank has no branch with this code.")

EXAMPLE_BANK: Final = "9999"
EXAMPLE_BRANCH: Final = "999"


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of a bank: names for people, and kana as files of transfers have them."""

    bank_code: str
    branch_code: str
    bank_name: str
    branch_name: str
    bank_kana: str
    branch_kana: str


_EXAMPLE: Final = Branch(EXAMPLE_BANK, EXAMPLE_BRANCH, "見本銀行", "見本支店", "ﾐﾎﾝ", "ﾐﾎﾝ")


def find_branch(bank_code: str, branch_code: str, *, is_real: bool) -> Branch:
    """The branch with these codes. Refuses bank-unknown, branch-unknown.

    The example bank is known where money is not real (`is_real`), and only there.
    """
    if not is_real and (bank_code, branch_code) == (EXAMPLE_BANK, EXAMPLE_BRANCH):
        return _EXAMPLE
    bank = _banks().get(bank_code)
    if bank is None:
        raise Problem(BANK_UNKNOWN)
    branch = bank.branches.get(branch_code)
    if branch is None:
        raise Problem(BRANCH_UNKNOWN)
    return Branch(
        bank_code,
        branch_code,
        bank.name,
        branch.name,
        _in_kana(bank.kana),
        _in_kana(branch.kana),
    )


def _in_kana(published: str) -> str:
    """Names of banks have no full stops in files."""
    return to_bank_kana(published.replace("．", " "), OF_BANKS)


@cache
def _banks() -> dict[str, Any]:
    # Read when it is needed: it takes some ten megabytes, and most processes never ask.
    from zengin_code import Bank

    return dict(Bank.all)
