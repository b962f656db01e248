"""Write transfers as a bank reads them: the Zengin file of bulk transfers (総合振込)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from core.bank_days import is_bank_day
from core.errors import Problem, problem
from merchants.bank_account import MOST_DIGITS, AccountType, BankAccount
from merchants.bank_profile import BankProfile
from merchants.bank_record import DATA, END, HEADER, TRAILER, UnwritableError, write_record
from merchants.banks import Branch, find_branch
from merchants.kana import cut_kana, to_bank_kana

TRANSFER_UNWRITABLE: Final = problem(
    "transfer-unwritable", 409, "A transfer cannot be written as a bank reads it."
)
NO_BANK_DAY: Final = problem("no-bank-day", 409, "Banks do not transfer on that day.")
NOTHING_TO_TRANSFER: Final = problem(
    "nothing-to-transfer", 409, "There is nothing that could be transferred."
)

ACCOUNT_TYPES: Final[dict[AccountType, int]] = {"ordinary": 1, "current": 2, "savings": 4}
_OWN_TYPES: Final[dict[AccountType, int]] = {**ACCOUNT_TYPES, "savings": 9}
"""A head knows three of the four: what is neither ordinary nor current is other (9)."""
_SEPARATORS: Final = {"none": b"", "crlf": b"\r\n"}
_BY_WIRE: Final = 7
MOST_OF_ONE_YEN: Final = 9_999_999_999
"""The amount has ten digits."""


@dataclass(frozen=True, slots=True, repr=False)
class Transfer:
    """What one merchant is sent. It has no repr, lest an account number stand in a log."""

    settlement_id: UUID
    merchant_id: UUID
    account: BankAccount
    amount_yen: int


@dataclass(frozen=True, slots=True)
class BankFile:
    """One file, ready to be sent; it is never changed."""

    content: bytes
    transfers: tuple[UUID, ...]
    """The settlements that it pays, in the order of its records."""
    total_yen: int


def write_files(
    profile: BankProfile, transfers: Sequence[Transfer], day: date, *, is_real: bool
) -> list[BankFile]:
    """The files of these transfers for a bank day: as many as the profile's limits make necessary.

    Refuses nothing-to-transfer, no-bank-day, and transfer-unwritable with the merchant and the
    field, before anything is made. Asserts that nobody is paid twice.
    """
    if not transfers:
        raise Problem(NOTHING_TO_TRANSFER)
    if not is_bank_day(day):
        raise Problem(NO_BANK_DAY, day=day.isoformat())
    paid = [transfer.settlement_id for transfer in transfers]
    assert len(set(paid)) == len(paid), "a settlement is paid once"
    records = [(each, _data(each, is_real=is_real)) for each in transfers]
    head = _header(profile, day, is_real=is_real)
    return [_file(profile, head, part) for part in _in_parts(profile, records)]


_Record = tuple[Transfer, bytes]


def _in_parts(profile: BankProfile, records: Sequence[_Record]) -> Iterator[list[_Record]]:
    part: list[_Record] = []
    total = 0
    for transfer, record in records:
        is_full = len(part) == profile.most_transfers
        if part and (is_full or total + transfer.amount_yen > profile.most_yen):
            yield part
            part, total = [], 0
        part.append((transfer, record))
        total += transfer.amount_yen
    yield part


def _file(profile: BankProfile, head: bytes, part: Sequence[_Record]) -> BankFile:
    total_yen = sum(transfer.amount_yen for transfer, _ in part)
    records = [
        head,
        *(record for _, record in part),
        write_record(TRAILER, record=8, count=len(part), total=total_yen),
        write_record(END, record=9),
    ]
    separator = _SEPARATORS[profile.separator]
    content = b"".join(record + separator for record in records)
    return BankFile(content, tuple(transfer.settlement_id for transfer, _ in part), total_yen)


def _header(profile: BankProfile, day: date, *, is_real: bool) -> bytes:
    own = find_branch(profile.bank_code, profile.branch_code, is_real=is_real)
    return write_record(
        HEADER,
        record=1,
        type=21,
        code=0,
        sender_code=profile.sender_code,
        sender_name=cut_kana(to_bank_kana(profile.sender_name), 40),
        day=f"{day:%m%d}",
        **_branch(own),
        account_type=_OWN_TYPES[profile.account_type],
        account_number=profile.account_number,
    )


def _data(transfer: Transfer, *, is_real: bool) -> bytes:
    account = transfer.account
    try:
        where = find_branch(account.bank_code, account.branch_code, is_real=is_real)
        holder = cut_kana(to_bank_kana(account.holder_kana), 30)
    except Problem as refused:
        field = "holder" if refused.type.slug == "kana-unwritable" else "bank"
        raise _unwritable(transfer, field) from None
    if not 0 < transfer.amount_yen <= MOST_OF_ONE_YEN:
        raise _unwritable(transfer, "amount")
    if len(account.account_number) != MOST_DIGITS:
        raise _unwritable(transfer, "account_number")
    try:
        return write_record(
            DATA,
            record=2,
            **_branch(where),
            clearing=0,
            account_type=ACCOUNT_TYPES[account.account_type],
            account_number=account.account_number,
            holder=holder,
            amount=transfer.amount_yen,
            new=0,
            way=_BY_WIRE,
        )
    except UnwritableError as unwritable:
        raise _unwritable(transfer, str(unwritable)) from None


def _branch(branch: Branch) -> dict[str, str]:
    return {
        "bank": branch.bank_code,
        "bank_name": cut_kana(branch.bank_kana, 15),
        "branch": branch.branch_code,
        "branch_name": cut_kana(branch.branch_kana, 15),
    }


def _unwritable(transfer: Transfer, field: str) -> Problem:
    return Problem(TRANSFER_UNWRITABLE, merchant_id=transfer.merchant_id, field=field)
