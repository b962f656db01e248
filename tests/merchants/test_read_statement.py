"""Statements of banks: golden files of each profile, and what is refused with its row."""

from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError

from core.errors import Problem
from merchants.import_statement import read_statement
from merchants.read_statement import MOST_BYTES, MOST_ROWS, ReadStatement
from merchants.statement_cells import read_day, read_yen
from merchants.statement_profile import (
    SHIPPED,
    CsvLayout,
    DateForm,
    StatementProfile,
)

GOLDEN: Final = Path(__file__).parent / "statements"
FILES: Final = {path.stem: path.read_bytes() for path in GOLDEN.iterdir()}
TODAY: Final = date(2026, 1, 8)
LINES: Final = [
    (date(2026, 1, 5), -2_951),
    (date(2026, 1, 5), -440),
    (date(2026, 1, 6), 984),
    (date(2026, 1, 7), 1_500_000),
]
GENERIC: Final = FILES["generic"].decode("utf-8-sig")


def read(name: str, content: bytes | str, today: date = TODAY) -> ReadStatement:
    raw = content.encode() if isinstance(content, str) else content
    return read_statement(SHIPPED[name, 1], raw, today)


@pytest.mark.parametrize("name", sorted({name for name, _ in SHIPPED}))
def test_each_profile_reads_its_golden_file(name: str):
    found = read(name, FILES[name])
    assert [(line.booked_on, line.signed_yen) for line in found.lines] == LINES
    assert (found.opening_yen, found.closing_yen) == (100_000, 1_597_593)
    assert "ﾐﾎﾝｼﾖｸﾄﾞｳ" in found.lines[2].text or "ミホンシヨクドウ" in found.lines[2].text


def test_a_line_says_its_row_text_and_number():
    found = read("generic", FILES["generic"])
    assert [line.row for line in found.lines] == [2, 3, 5, 6]
    assert found.lines[1].text == "振込手数料, 2件"
    assert [line.reference for line in found.lines] == ["000123", "000124", "000125", "000126"]
    assert [line.row for line in read("era-newest-first", FILES["era-newest-first"]).lines] == [
        6, 5, 4, 3,
    ]  # fmt: skip


def changed(before: str, after: str) -> str:
    assert before in GENERIC
    return GENERIC.replace(before, after, 1)


WRONG: Final[dict[str, tuple[str, str | bytes, str, dict[str, int]]]] = {
    "nothing": ("generic", b"", "empty", {}),
    "spaces": ("generic", b" \r\n\n", "empty", {}),
    "headings alone": ("generic", GENERIC.splitlines()[0], "empty", {}),
    "cp932 as UTF-8": ("generic", GENERIC.encode("cp932"), "encoding-wrong", {"byte": 68}),
    "UTF-8 as cp932": ("two-columns", FILES["generic"], "encoding-wrong", {"byte": 1}),
    "UTF-16": ("generic", GENERIC.encode("utf-16"), "encoding-wrong", {"byte": 1}),
    "another bank's": (
        "two-columns", GENERIC.encode("cp932"), "heading-missing", {"row": 1},
    ),
    "a heading twice": ("generic", changed("text,", "amount,"), "heading-missing", {"row": 1}),
    "a short row": ("generic", changed(",000123,JPY", ""), "row-broken", {"row": 2}),
    "an open quote": ("generic", changed(' 2件"', " 2件"), "row-broken", {"row": 6}),
    "no such day": ("generic", changed("01-06", "02-30"), "date-wrong", {"row": 5}),
    "another form": ("generic", changed("2026-01-06", "2026/01/06"), "date-wrong", {"row": 5}),
    "long ago": ("generic", changed("2026-01-05", "1999-12-31"), "date-wrong", {"row": 2}),
    "tomorrow": ("generic", changed("2026-01-07", "2026-01-09"), "date-future", {"row": 6}),
    "no number": ("generic", changed("984", "984.0"), "amount-wrong", {"row": 5}),
    "odd thousands": ("generic", changed("1,500,000", "15,00,000"), "amount-wrong", {"row": 6}),
    "no amount": ("generic", changed("-440", ""), "amount-wrong", {"row": 3}),
    "zero": ("generic", changed("-440", "0"), "amount-wrong", {"row": 3}),
    "dollars": ("generic", changed("JPY", "USD"), "currency-wrong", {"row": 2}),
    "a line left out": (
        "generic", "\n".join(GENERIC.splitlines()[:2] + GENERIC.splitlines()[4:]),
        "balance-wrong", {"row": 3},
    ),
    "no balance": ("generic", changed(",97049", ","), "balance-wrong", {"row": 2}),
    "too large": (
        "generic", b"x" * (MOST_BYTES + 1), "too-large",
        {"max_bytes": MOST_BYTES, "max_rows": MOST_ROWS},
    ),
    "two amounts": (
        "two-columns", FILES["two-columns"].replace(b"440,0", b"440,1"), "amount-wrong", {"row": 3},
    ),
    "no side": (
        "era-newest-first",
        FILES["era-newest-first"].replace("R8.1.5,出金".encode("cp932"), b"R8.1.5,?"),
        "amount-wrong", {"row": 5},
    ),
    "another era": (
        "era-newest-first",
        FILES["era-newest-first"].replace("令和8年1月7日".encode("cp932"), b"H31.5.1"),
        "date-wrong", {"row": 3},
    ),
    "a record cut off": ("zengin", FILES["zengin"][:-3], "row-broken", {"row": 7}),
    "no trailer": (
        "zengin", FILES["zengin"][:-404] + FILES["zengin"][-202:], "row-broken", {"row": 5},
    ),
    "a sum that is wrong": (
        "zengin", FILES["zengin"].replace(b"0000001500984", b"0000001500983"),
        "balance-wrong", {"row": 6},
    ),
    "another balance": (
        "zengin", FILES["zengin"].replace(b"00000001597593", b"00000001597594"),
        "balance-wrong", {"row": 6},
    ),
    "a side that is none": (
        "zengin", FILES["zengin"].replace(b"080105211", b"080105911", 1), "amount-wrong",
        {"row": 2},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_refused_with_its_row(case: str):
    name, content, rule, facts = WRONG[case]
    with pytest.raises(Problem) as refused:
        read(name, content)
    assert refused.value.type.slug == f"bank-statement-{rule}"
    assert refused.value.facts == facts


def test_a_row_over_the_limit_is_refused():
    row = "2026-01-05,1,{},,,JPY\n"
    rows = "".join(row.format(count) for count in range(1, MOST_ROWS + 2))
    with pytest.raises(Problem) as refused:
        read("generic", GENERIC.splitlines()[0] + "\n" + rows)
    assert refused.value.type.slug == "bank-statement-too-large"


def test_empty_cells_at_the_end_of_a_file_are_cells():
    document = SHIPPED["generic", 1].model_dump()
    document["layout"] |= {"separator": "\t", "balance": None, "currency": None}
    profile = StatementProfile.model_validate(document)
    rows = "date\tamount\ttext\treference\n2026-01-05\t7\t利息\t\n"
    for after in ("", "\r\n \n"):
        [line] = read_statement(profile, (rows + after).encode(), TODAY).lines
        assert (line.amount_yen, line.text, line.reference) == (7, "利息", "")


def test_a_file_of_fewer_lines_than_its_profile_leaves_out_has_none():
    document = SHIPPED["generic", 1].model_dump()
    document["layout"] |= {"lines_after": 4}
    profile = StatementProfile.model_validate(document)
    rows = GENERIC.splitlines()[:3]
    with pytest.raises(Problem) as refused:
        read_statement(profile, "\n".join(rows).encode(), TODAY)
    assert refused.value.type.slug == "bank-statement-empty"


@pytest.mark.parametrize(
    ("cell", "form", "day"),
    [
        ("2026-1-5", "hyphens", date(2026, 1, 5)),
        ("2026/01/05", "slashes", date(2026, 1, 5)),
        ("20260105", "compact", date(2026, 1, 5)),
        ("2026年1月5日", "kanji", date(2026, 1, 5)),
        ("２０２６年 １月 ５日", "kanji", date(2026, 1, 5)),
        ("R8.1.5", "era", date(2026, 1, 5)),
        ("令和元年5月1日", "era", date(2019, 5, 1)),
        ("H31-04-30", "era", date(2019, 4, 30)),
        ("昭和64年1月7日", "era", date(1989, 1, 7)),
    ],
)
def test_days_are_read_in_each_form(cell: str, form: DateForm, day: date):
    assert read_day(cell, form) == day


@pytest.mark.parametrize("cell", ["", "R0.1.1", "R8.13.1", "M45.1.1", "平成31年5月1日", "R8/1"])
def test_no_day_of_an_era_is_guessed(cell: str):
    with pytest.raises(ValueError):  # noqa: PT011  whatever its text
        read_day(cell, "era")


def test_amounts_are_read_as_banks_write_them():
    said = {
        "1,234": 1234,
        "¥1,234": 1234,
        "￥1234": 1234,
        "\\12": 12,
        "△5": -5,
        "-5": -5,
        " ": None,
    }
    assert {cell: read_yen(cell) for cell in said} == said
    for wrong in ("1,23", "1.0", "12a", "１２.", "9" * 14, "--1", "1,234,56"):
        with pytest.raises(ValueError, match="amount"):
            read_yen(wrong)


@pytest.mark.parametrize(
    "more",
    [
        {"unknown": 1},
        {"date_form": "guess"},
        {"texts": []},
        {"date": 0},
        {"amounts": {"kind": "signed"}},
        {"lines_before": "1"},
        {"date": "a\0"},
        {"texts": [" "]},
    ],
)
def test_a_profile_is_a_closed_and_strict_document(more: dict[str, Any]):
    layout = SHIPPED["generic", 1].layout
    assert isinstance(layout, CsvLayout)
    document = SHIPPED["generic", 1].model_dump()
    document["layout"] |= more
    with pytest.raises(ValidationError):
        StatementProfile.model_validate(document)
