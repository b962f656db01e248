"""Our files of transfers, and statements that we read, have the columns that were published."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Problem
from merchants import bank_record
from merchants.import_statement import read_statement
from merchants.read_statement import ReadStatement
from merchants.read_zengin_statement import _LAYOUTS
from merchants.statement_profile import SHIPPED
from tests.merchants import bank_by_column
from tests.merchants.published_layouts import (
    LEFT_OPEN,
    STATEMENT,
    TRANSFERS,
    items,
    places,
    written,
)
from tests.sizes import SCALE

TODAY = date(2026, 1, 8)
BEGAN = date(2019, 5, 1)
"""The first day of Reiwa: banks write the year of the era."""
MOST_YEN = 10**12 - 1

# Bytes as they stand in such a file: marks of their own, brackets, what is cut, and what hurts.
PIECES = ["ｶ)", "(ﾕ", "ﾐﾎﾝｼﾖｸﾄﾞｳ", "ﾊﾟﾋﾟﾌﾟ", "ｳﾞ", "-", ".", " ", "  ", "A", "0", "\\", "ｦ", "ｰ", "ﾞ"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
LINES = st.lists(
    st.tuples(
        st.dates(BEGAN, TODAY), st.booleans(), st.one_of(st.integers(1, MOST_YEN), st.just(1)),
        TEXTS.map(lambda text: text[:48]), TEXTS.map(lambda text: text[:20]),
        st.integers(0, 99_999_999),
    ),
    min_size=1, max_size=9,
)  # fmt: skip


def era(day: date) -> str:
    return f"{day.year - 2018:02}{day:%m%d}"


def statement(lines: list[Any], opening: int | None, separator: str, **head: Any) -> bytes:
    """A file by the published columns alone; balances where `opening` is not None."""
    sums = [[yen for _, side, yen, *_ in lines if side is wanted] for wanted in (True, False)]
    before, after = {}, {}
    if opening is not None:
        closing = opening + sum(sums[0]) - sum(sums[1])
        before = {"貸越区分": 2 if opening < 0 else 1, "取引前残高": abs(opening)}
        after = {"貸越区分": 2 if closing < 0 else 1, "取引後残高": abs(closing)}
    first = {
        "データ区分": 1, "種別コード": "03", "コード区分": 0, "作成日": era(TODAY),
        "銀行コード": 9999, "銀行名": "ﾐﾎﾝ", "支店コード": 999, "支店名": "ﾐﾎﾝ", "預金種目": 1,
        "口座番号": 54321,
    }  # fmt: skip
    records = [written(STATEMENT["1"], **{**first, **before, **head})]
    for day, is_incoming, yen, sender, text, number in lines:
        said = {
            "データ区分": 2, "照会番号": number, "勘定日": era(day), "預入払出日": era(day),
            "入払区分": 1 if is_incoming else 2, "取引区分": 11, "取引金額": yen,
            "振込依頼人名または契約者番号": sender, "摘要内容": text,
        }  # fmt: skip
        records.append(written(STATEMENT["2"], **said))
    trailer = {
        "データ区分": 8, "入金件数": len(sums[0]), "入金額合計": sum(sums[0]),
        "出金件数": len(sums[1]), "出金額合計": sum(sums[1]), "データレコード件数": len(lines),
    }  # fmt: skip
    records.append(written(STATEMENT["8"], **trailer, **after))
    ends = {"データ区分": 9, "レコード総件数": len(records) + 1, "口座数": 1}
    records.append(written(STATEMENT["9"], **ends))
    return b"".join(record + separator.encode() for record in records)


def read(content: bytes) -> ReadStatement:
    return read_statement(SHIPPED["zengin", 1], content, TODAY)


def test_every_record_is_as_long_as_was_published():
    assert {sum(each[2] for each in items(record)) for record in TRANSFERS.values()} == {120}
    assert {sum(each[2] for each in items(record)) for record in STATEMENT.values()} == {200}


@pytest.mark.parametrize("kind", TRANSFERS)
def test_a_transfer_file_has_the_published_items(kind: str):
    ours = [(field.kind, field.length) for field in bank_record.LAYOUTS[kind]]
    assert ours == [(each, length) for _, each, length in items(TRANSFERS[kind])]


@pytest.mark.parametrize("kind", STATEMENT)
def test_a_statement_is_read_by_the_published_items_also_those_that_nobody_asks_for(kind: str):
    ours = [(place.start + 1, place.stop) for place in _LAYOUTS[kind].values()]
    assert ours == list(places(STATEMENT[kind]).values())


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        ("1", bank_by_column.HEADER),
        ("2", bank_by_column.DATA),
        ("8", bank_by_column.TRAILER),
        ("9", bank_by_column.END),
    ],
)
def test_who_reads_our_files_by_column_goes_by_the_published_columns(kind: str, table: str):
    """Of two tables that were typed apart, every column of one begins and ends where the other's
    do: the two customer codes are read as one.
    """
    published = places(TRANSFERS[kind]).values()
    firsts, lasts = {first for first, _ in published}, {last for _, last in published}
    for word in table.split():
        name = word.partition("=")[0].split(":")
        first, last = map(int, name[0 if len(name) == 1 else 1].split("-"))
        assert (first in firsts, last in lasts) == (True, True), word


@given(LINES, st.one_of(st.none(), st.integers(-(10**13), 10**13)), st.sampled_from(["", "\r\n"]))
@settings(max_examples=60 * SCALE, deadline=None)
def test_a_statement_by_the_published_columns_is_read(
    lines: list[Any], opening: int | None, separator: str
):
    found = read(statement(lines, opening, separator))
    assert [
        (line.booked_on, line.is_incoming, line.amount_yen, int(line.reference))
        for line in found.lines
    ] == [(day, side, yen, number) for day, side, yen, _, _, number in lines]
    for line, (_, _, _, sender, text, _) in zip(found.lines, lines, strict=True):
        assert line.text == " ".join(f"{sender} {text}".split())
    whole = sum(yen if side else -yen for _, side, yen, *_ in lines)
    # Zeros throughout, and no sign, are what a bank writes that says no balance.
    assert found.opening_yen == opening
    assert found.closing_yen == (None if opening is None else opening + whole)
    said = found.account
    assert said is not None
    assert (said.bank_code, said.branch_code, said.account_type, said.number) == (
        "9999", "999", "ordinary", 54321,
    )  # fmt: skip


def test_what_a_bank_may_leave_open_may_be_spaces():
    line = [(TODAY, True, 5, "", "", 1)]
    content = bytearray(statement(line, 100, ""))
    for at, kind in ((0, "1"), (400, "8")):
        for name, (first, last) in places(STATEMENT[kind]).items():
            if name in LEFT_OPEN:
                content[at + first - 1 : at + last] = b" " * (last - first + 1)
    found = read(bytes(content))
    assert (found.opening_yen, found.closing_yen) == (None, None)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"種別コード": "01"}, "a notice of transfers that came (振込入金通知)"),
        ({"コード区分": 1}, "EBCDIC"),
        ({"預金種目": 6}, "a deposit for a term, whose records are others"),
    ],
)
def test_what_is_no_statement_of_such_an_account_is_refused_by_its_head(
    other: dict[str, Any], why: str
):
    with pytest.raises(Problem) as refused:
        read(statement([(TODAY, True, 5, "", "", 1)], 0, "", **other))
    assert (refused.value.type.slug, refused.value.facts) == (
        "bank-statement-row-broken", {"row": 1},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "slug", "row"),
    [
        ("0000000004" + "00001", "0000000005" + "00001", "row-broken", 4),
        ("0000000004" + "00001", "0000000004" + "00002", "row-broken", 4),
        ("0000001" + " " * 139, "0000002" + " " * 139, "balance-wrong", 3),
        ("8000001", "8000002", "balance-wrong", 3),
    ],
)
def test_what_a_file_says_of_its_own_length_has_to_be_so(
    before: str, after: str, slug: str, row: int
):
    content = statement([(TODAY, True, 5, "", "", 1)], 0, "")
    changed = content.replace(before.encode(), after.encode(), 1)
    assert changed != content
    with pytest.raises(Problem) as refused:
        read(changed)
    assert (refused.value.type.slug, refused.value.facts["row"]) == (f"bank-statement-{slug}", row)
