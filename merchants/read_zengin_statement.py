"""Read 入出金取引明細 as Zengin lays it out: 200 bytes a record, of one account.

Banks may leave balances open; what must be there is said by the published layout (docs/RULES.md,
section 11).
"""

from datetime import date
from typing import Final

from core.errors import Problem
from merchants.bank_account import AccountType
from merchants.bank_record import ENCODING
from merchants.read_statement import (
    MOST_BYTES,
    MOST_ROWS,
    STATEMENT_AMOUNT_WRONG,
    STATEMENT_BALANCE_WRONG,
    STATEMENT_DATE_WRONG,
    STATEMENT_EMPTY,
    STATEMENT_ENCODING_WRONG,
    STATEMENT_ROW_BROKEN,
    STATEMENT_TOO_LARGE,
    ReadLine,
    ReadStatement,
    SaidAccount,
    check_day,
    tidy_text,
)
from merchants.statement_cells import read_era_day

LENGTH: Final = 200

_Layout = dict[str, slice]


def _record(text: str) -> _Layout:
    """Names with their lengths, one after another."""
    places, at = {}, 0
    for word in text.split():
        name, length = word.split(":")
        places[name] = slice(at, at + int(length))
        at += int(length)
    assert at == LENGTH, "a record has 200 bytes"
    return places


_HEADER: Final = _record(
    "record:1 type:2 code:1 made:6 from:6 until:6 bank:4 bank_name:15 branch:3 branch_name:15"
    " rest:3 account_type:1 account_number:10 holder:40 overdraft:1 book:1 balance:14 rest_2:71"
)
_DATA: Final = _record(
    "record:1 reference:8 day:6 value_day:6 side:1 way:2 amount:12 cheques:12 shown:6 returned:6"
    " cheque_kind:1 cheque:7 office:3 sender_code:10 sender:48 bank:15 branch:15 text:20 edi:20"
    " rest:1"
)
_TRAILER: Final = _record(
    "record:1 incoming:6 incoming_yen:13 outgoing:6 outgoing_yen:13 overdraft:1 balance:14 lines:7"
    " rest:139"
)
_END: Final = _record("record:1 records:10 accounts:5 rest:184")
_LAYOUTS: Final = {"1": _HEADER, "2": _DATA, "8": _TRAILER, "9": _END}
_OF_STATEMENTS: Final = "03"
"""Another type, as of 振込入金通知, has records of the same length and other fields."""
_IN_JIS: Final = "0"
_TYPES: Final[dict[str, AccountType]] = {"1": "ordinary", "2": "current", "4": "savings"}
"""Deposits for a term have other records."""
_INCOMING: Final = {"1": True, "2": False}
_OVERDRAFT: Final = {"1": 1, "2": -1}
"""Whether a balance is the account's own money, or owed to the bank."""


def read_zengin(content: bytes, today: date) -> ReadStatement:
    """The statement of one account. Refuses with the `row` what `read_csv` refuses.

    The order of records, and counts and sums of the trailer have to fit.
    """
    records = _records(content)
    kinds = "".join(chr(record[0]) for record in records)
    if len(records) > MOST_ROWS:
        raise Problem(STATEMENT_TOO_LARGE, max_bytes=MOST_BYTES, max_rows=MOST_ROWS)
    expected = "1" + "2" * (len(records) - 3) + "89"
    if len(records) < 3 or kinds != expected:
        wrong = (place for place, both in enumerate(zip(kinds, expected, strict=False), start=1)
                 if both[0] != both[1])  # fmt: skip
        raise Problem(STATEMENT_ROW_BROKEN, row=next(wrong, len(records)))
    head, *data, trailer, end = (_fields(record, row) for row, record in enumerate(records, 1))
    account = _account(head)
    lines = tuple(_line(each, row, today) for row, each in enumerate(data, start=2))
    if not lines:
        raise Problem(STATEMENT_EMPTY)
    opening, closing = _balance(head, 1), _balance(trailer, len(records) - 1)
    if not (_fits(trailer, lines) and _leads(opening, lines, closing)):
        raise Problem(STATEMENT_BALANCE_WRONG, row=len(records) - 1)
    if not (_counts(end["records"], len(records)) and _counts(end["accounts"], 1)):
        raise Problem(STATEMENT_ROW_BROKEN, row=len(records))
    return ReadStatement(lines, opening, closing, account)


def _records(content: bytes) -> list[bytes]:
    step = LENGTH + 2 if content[LENGTH : LENGTH + 2] == b"\r\n" else LENGTH
    records = []
    for row, at in enumerate(range(0, len(content), step), start=1):
        record = content[at : at + step]
        is_whole = len(record) == step and (step == LENGTH or record.endswith(b"\r\n"))
        if not is_whole or b"\r" in record[:LENGTH] or b"\n" in record[:LENGTH]:
            raise Problem(STATEMENT_ROW_BROKEN, row=row)
        records.append(record[:LENGTH])
    return records


def _fields(record: bytes, row: int) -> dict[str, str]:
    layout = _LAYOUTS[chr(record[0])]
    try:
        fields = {name: record[place].decode(ENCODING) for name, place in layout.items()}
    except UnicodeDecodeError:
        raise Problem(STATEMENT_ENCODING_WRONG, byte=(row - 1) * LENGTH + 1) from None
    return fields


def _line(fields: dict[str, str], row: int, today: date) -> ReadLine:
    day, amount = fields["day"], _number(fields["amount"], row)
    try:
        booked_on = read_era_day(f"R{day[:2]}.{day[2:4]}.{day[4:]}")
    except ValueError:
        raise Problem(STATEMENT_DATE_WRONG, row=row) from None
    if fields["side"] not in _INCOMING or amount == 0:
        raise Problem(STATEMENT_AMOUNT_WRONG, row=row)
    return ReadLine(
        row=row,
        booked_on=check_day(booked_on, row, today),
        is_incoming=_INCOMING[fields["side"]],
        amount_yen=amount,
        balance_yen=None,
        text=tidy_text([fields["sender"], fields["text"]]),
        reference=tidy_text([fields["reference"]]),
    )


def _number(digits: str, row: int) -> int:
    if not (digits.isascii() and digits.isdigit()):
        raise Problem(STATEMENT_AMOUNT_WRONG, row=row)
    return int(digits)


def _account(head: dict[str, str]) -> SaidAccount:
    """Whose statement it is. Refuses what is none, or of a kind of account that has none."""
    number = head["account_number"]
    is_ours = (head["type"], head["code"]) == (_OF_STATEMENTS, _IN_JIS)
    if not (is_ours and head["account_type"] in _TYPES and number.isascii() and number.isdigit()):
        raise Problem(STATEMENT_ROW_BROKEN, row=1)
    return SaidAccount(head["bank"], head["branch"], _TYPES[head["account_type"]], int(number))


def _balance(fields: dict[str, str], row: int) -> int | None:
    """None where the bank leaves it open."""
    if not (fields["overdraft"] + fields["balance"]).strip(" 0"):
        return None
    if fields["overdraft"] not in _OVERDRAFT:
        raise Problem(STATEMENT_BALANCE_WRONG, row=row)
    return _OVERDRAFT[fields["overdraft"]] * _number(fields["balance"], row)


def _leads(opening: int | None, lines: tuple[ReadLine, ...], closing: int | None) -> bool:
    """Whether the lines lead from one balance to the other, where the bank says both."""
    if opening is None or closing is None:
        return True
    return opening + sum(line.signed_yen for line in lines) == closing


def _counts(told: str, there_are: int) -> bool:
    """Whether that is how many there are, or nothing is said of it."""
    if not told.strip(" 0"):
        return True
    return told.isascii() and told.isdigit() and int(told) == there_are


def _fits(trailer: dict[str, str], lines: tuple[ReadLine, ...]) -> bool:
    """Whether counts and sums are what the trailer says."""
    names = ("incoming", "incoming_yen", "outgoing", "outgoing_yen", "lines")
    told, sums = [trailer[name] for name in names], []
    for is_incoming in (True, False):
        amounts = [line.amount_yen for line in lines if line.is_incoming is is_incoming]
        sums += [len(amounts), sum(amounts)]
    sums.append(len(lines))
    return all(text.isascii() and text.isdigit() for text in told) and [*map(int, told)] == sums
