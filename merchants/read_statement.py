"""Read a bank's statement (入出金明細) by its profile, and say by which row one is wrong."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from core.errors import Problem, problem
from core.legible import is_legible
from merchants.bank_account import AccountType
from merchants.statement_cells import read_day, read_yen
from merchants.statement_profile import Column, CsvLayout, Signed, TwoColumns

STATEMENT_EMPTY: Final = problem(
    "bank-statement-empty", 422, "There is no line in the bank statement."
)
STATEMENT_TOO_LARGE: Final = problem(
    "bank-statement-too-large", 422, "The bank statement is too large for one import."
)
STATEMENT_ENCODING_WRONG: Final = problem(
    "bank-statement-encoding-wrong", 422, "The bank statement is not written as its profile says."
)
STATEMENT_HEADING_MISSING: Final = problem(
    "bank-statement-heading-missing", 422, "A heading of the profile is not in the bank statement."
)
STATEMENT_ROW_BROKEN: Final = problem(
    "bank-statement-row-broken", 422, "A row of the bank statement is too short or not whole."
)
STATEMENT_DATE_WRONG: Final = problem(
    "bank-statement-date-wrong", 422, "A date in the bank statement cannot be read."
)
STATEMENT_DATE_FUTURE: Final = problem(
    "bank-statement-date-future", 422, "A line of the bank statement lies in the future."
)
STATEMENT_AMOUNT_WRONG: Final = problem(
    "bank-statement-amount-wrong", 422, "An amount in the bank statement cannot be read."
)
STATEMENT_CURRENCY_WRONG: Final = problem(
    "bank-statement-currency-wrong", 422, "A line of the bank statement is not in yen."
)
STATEMENT_BALANCE_WRONG: Final = problem(
    "bank-statement-balance-wrong",
    422,
    "The balances in the bank statement do not follow from its lines.",
)

MOST_BYTES: Final = 1024 * 1024
MOST_ROWS: Final = 10_000
MOST_TEXT: Final = 200
OLDEST: Final = date(2000, 1, 1)
_YEN: Final = frozenset({"JPY", "円", "日本円", "YEN"})
_OTHER_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_BREAK: Final = re.compile(r"\r\n|\r|\n")
_Cell = Callable[[Column | None], str]


@dataclass(frozen=True, slots=True, repr=False)
class ReadLine:
    """One line as the bank wrote it. It has no repr: texts name people."""

    row: int
    """Of the file, from 1."""
    booked_on: date
    is_incoming: bool
    amount_yen: int
    balance_yen: int | None
    text: str
    reference: str

    @property
    def signed_yen(self) -> int:
        """What the line adds to the account."""
        return self.amount_yen if self.is_incoming else -self.amount_yen


@dataclass(frozen=True, slots=True, repr=False)
class SaidAccount:
    """Whose statement a file says that it is. It has no repr, lest its number stand in a log."""

    bank_code: str
    branch_code: str
    account_type: AccountType
    number: int


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """What a file says, the oldest line first. Balances are None where the bank does not say."""

    lines: tuple[ReadLine, ...]
    opening_yen: int | None
    closing_yen: int | None
    account: SaidAccount | None = field(default=None, repr=False)
    """None where the file does not say."""


def read_csv(layout: CsvLayout, content: bytes, today: date) -> ReadStatement:
    """The statement in a table. Refuses with the `row`, from 1, what the slugs above say."""
    rows = _rows(layout, _decoded(layout, content))
    lines = [_line(layout, places, row, cells, today) for places, row, cells in rows]
    if not lines:
        raise Problem(STATEMENT_EMPTY)
    if layout.order == "newest_first":
        lines.reverse()
    return ReadStatement(tuple(lines), *_balances(lines))


def check_size(content: bytes) -> None:
    """Refuses bank-statement-empty, bank-statement-too-large."""
    if not content.strip():
        raise Problem(STATEMENT_EMPTY)
    if len(content) > MOST_BYTES:
        raise Problem(STATEMENT_TOO_LARGE, max_bytes=MOST_BYTES, max_rows=MOST_ROWS)


def check_day(day: date, row: int, today: date) -> date:
    """Refuses bank-statement-date-future, and bank-statement-date-wrong for one of long ago."""
    if day > today:
        raise Problem(STATEMENT_DATE_FUTURE, row=row)
    if day < OLDEST:
        raise Problem(STATEMENT_DATE_WRONG, row=row)
    return day


def tidy_text(parts: Sequence[str]) -> str:
    """What is said, on one line, without what cannot be read or kept."""
    said = " ".join(" ".join(parts).split())
    return "".join(each if is_legible(each) else "\ufffd" for each in said)[:MOST_TEXT]


def _decoded(layout: CsvLayout, content: bytes) -> str:
    encoding = "utf-8-sig" if layout.encoding == "utf-8" else layout.encoding
    is_marked = content.startswith(b"\xef\xbb\xbf") and layout.encoding != "utf-8"
    if is_marked or content.startswith(_OTHER_MARKS):
        raise Problem(STATEMENT_ENCODING_WRONG, byte=1)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Problem(STATEMENT_ENCODING_WRONG, byte=error.start + 1) from None


_Row = tuple[dict[Column, int], int, list[str]]


def _rows(layout: CsvLayout, text: str) -> Iterator[_Row]:
    """The rows that are lines, with the places of the columns, and their numbers in the file."""
    kept = _BREAK.split(text)
    while kept and not kept[-1].strip():  # of a last row the empty cells stay
        kept.pop()
    kept = kept[layout.lines_before : max(0, len(kept) - layout.lines_after)]
    reader = csv.reader(kept, delimiter=layout.separator, strict=True)
    places: dict[Column, int] | None = None
    if all(isinstance(each, int) for each in layout.columns):
        places = {each: each - 1 for each in layout.columns if isinstance(each, int)}
    found = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise Problem(STATEMENT_ROW_BROKEN, row=layout.lines_before + reader.line_num) from None
        row = layout.lines_before + reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if places is None:
            places = _headings(layout, cells, row)
            continue
        found += 1
        if found > MOST_ROWS:
            raise Problem(STATEMENT_TOO_LARGE, max_bytes=MOST_BYTES, max_rows=MOST_ROWS)
        if len(cells) <= max(places.values()):
            raise Problem(STATEMENT_ROW_BROKEN, row=row)
        yield places, row, cells


def _headings(layout: CsvLayout, cells: list[str], row: int) -> dict[Column, int]:
    above = [cell.strip() for cell in cells]
    places: dict[Column, int] = {}
    for each in layout.columns:
        if isinstance(each, int):
            places[each] = each - 1
        elif above.count(each) == 1:
            places[each] = above.index(each)
        else:
            raise Problem(STATEMENT_HEADING_MISSING, row=row)
    return places


def _line(
    layout: CsvLayout, places: dict[Column, int], row: int, cells: list[str], today: date
) -> ReadLine:
    def cell(column: Column | None) -> str:
        return "" if column is None else cells[places[column]]

    try:
        day = read_day(cell(layout.date), layout.date_form)
    except ValueError:
        raise Problem(STATEMENT_DATE_WRONG, row=row) from None
    if layout.currency is not None and cell(layout.currency).strip().upper() not in _YEN:
        raise Problem(STATEMENT_CURRENCY_WRONG, row=row)
    try:
        signed = _signed_yen(layout, cell)
        balance = read_yen(cell(layout.balance))
    except ValueError:
        raise Problem(STATEMENT_AMOUNT_WRONG, row=row) from None
    if layout.balance is not None and balance is None:
        raise Problem(STATEMENT_BALANCE_WRONG, row=row)
    return ReadLine(
        row=row,
        booked_on=check_day(day, row, today),
        is_incoming=signed > 0,
        amount_yen=abs(signed),
        balance_yen=balance,
        text=tidy_text([cell(each) for each in layout.texts]),
        reference=tidy_text([cell(layout.reference)]),
    )


def _signed_yen(layout: CsvLayout, cell: _Cell) -> int:
    """What the row adds to the account. Raises ValueError: nothing, two amounts, no side."""
    amounts = layout.amounts
    if isinstance(amounts, Signed):
        signed = read_yen(cell(amounts.column)) or 0
    elif isinstance(amounts, TwoColumns):
        incoming = read_yen(cell(amounts.incoming)) or 0
        outgoing = read_yen(cell(amounts.outgoing)) or 0
        if min(incoming, outgoing) < 0 or (incoming and outgoing):
            raise ValueError("amount")
        signed = incoming - outgoing
    else:
        sides = {amounts.incoming: 1, amounts.outgoing: -1}
        amount, side = read_yen(cell(amounts.column)) or 0, cell(amounts.side).strip()
        if side not in sides or amount < 0:
            raise ValueError("side")
        signed = sides[side] * amount
    if signed == 0:
        raise ValueError("amount")
    return signed


def _balances(lines: Sequence[ReadLine]) -> tuple[int | None, int | None]:
    """The balance before and after; each line's follows from the one before.

    Refuses bank-statement-balance-wrong.
    """
    first, last = lines[0], lines[-1]
    if first.balance_yen is None or last.balance_yen is None:
        return None, None
    opening = balance = first.balance_yen - first.signed_yen
    for line in lines:
        balance += line.signed_yen
        if line.balance_yen != balance:
            raise Problem(STATEMENT_BALANCE_WRONG, row=line.row)
    return opening, balance
