"""Bank account (振込先口座): where a merchant is paid to, checked before anybody relies on it."""

from dataclasses import dataclass
from typing import Final, Literal

from core.errors import Problem, problem
from merchants.banks import find_branch
from merchants.kana import to_bank_kana

ACCOUNT_NUMBER_MALFORMED: Final = problem(
    "account-number-malformed", 422, "An account number has one to seven digits."
)
HOLDER_TOO_LONG: Final = problem(
    "account-holder-too-long", 422, "The holder's name is too long for a bank."
)

AccountType = Literal["ordinary", "current", "savings"]
"""普通, 当座, 貯蓄."""

MOST_DIGITS: Final = 7
MOST_HOLDER: Final = 100
"""Characters of a holder's name; a file of transfers has room for the first thirty."""


@dataclass(frozen=True, slots=True, repr=False)
class BankAccount:
    """An account as files of transfers name it. It has no repr, lest its number stand in a log."""

    bank_code: str
    branch_code: str
    account_type: AccountType
    account_number: str
    """Seven digits, with leading zeros."""
    holder_kana: str
    """Half-width, as the bank's own book has it."""

    @property
    def ends_with(self) -> str:
        """All that acts, messages and answers say of the number."""
        return self.account_number[-3:]


def check_bank_account(
    bank_code: str,
    branch_code: str,
    account_type: AccountType,
    account_number: str,
    holder: str,
    *,
    is_real: bool,
) -> BankAccount:
    """The account with its number filled up and the holder's name in the kana of banks.

    Refuses bank-unknown, branch-unknown, account-number-malformed, kana-unwritable with its place,
    account-holder-too-long. Whether the account is the holder's only the bank can tell: a transfer
    that comes back says so.
    """
    find_branch(bank_code, branch_code, is_real=is_real)
    is_number = account_number.isascii() and account_number.isdigit()
    if not is_number or len(account_number) > MOST_DIGITS:
        raise Problem(ACCOUNT_NUMBER_MALFORMED)
    holder_kana = to_bank_kana(holder)
    if len(holder_kana) > MOST_HOLDER:
        raise Problem(HOLDER_TOO_LONG, most=MOST_HOLDER)
    return BankAccount(
        bank_code, branch_code, account_type, account_number.zfill(MOST_DIGITS), holder_kana
    )
