"""Transfer files by column, by bytes, read back, and refused before anything is made."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import Problem
from merchants.bank_account import BankAccount, check_bank_account
from merchants.bank_file import Transfer, write_files
from merchants.bank_profile import BankProfile
from merchants.bank_record import ENCODING
from merchants.kana import to_bank_kana
from merchants.read_bank_file import read_bank_file

DAY = date(2026, 11, 30)
PROFILE: dict[str, Any] = {
    "sender_code": "0000012345",
    "sender_name": "セタガヤク",
    "bank_code": "0001",
    "branch_code": "001",
    "account_number": "7654321",
    "separator": "none",
}
GOLDEN = (
    "1210" + "0000012345" + "ｾﾀｶﾞﾔｸ".ljust(40) + "1130" + "0001" + "ﾐｽﾞﾎ".ljust(15)
    + "001" + "ﾄｳｷﾖｳ".ljust(15) + "1" + "7654321" + " " * 17
    + "2" + "0005" + "ﾐﾂﾋﾞｼﾕ-ｴﾌｼﾞｴｲ".ljust(15) + "001" + "ﾎﾝﾃﾝ".ljust(15) + "0000" + "2"
    + "0000123" + "ｶ)ﾐﾎﾝｼﾖｸﾄﾞｳ".ljust(30) + "0000162113" + "0" + "0" * 20 + "7" + " " + " " * 7
    + "8" + "000001" + "000000162113" + " " * 101
    + "9" + " " * 119
).encode(ENCODING)  # fmt: skip


def transfer(number: int = 1, amount_yen: int = 162_113, **account: Any) -> Transfer:
    given_account: dict[str, Any] = {
        "bank_code": "0005",
        "branch_code": "001",
        "account_type": "current",
        "account_number": "123",
        "holder": "カ）ミホンショクドウ",
        "is_real": True,
    }
    found = check_bank_account(**given_account | account)
    return Transfer(UUID(int=number), UUID(int=1000 + number), found, amount_yen)


def files(*transfers: Transfer, day: date = DAY, **profile: Any) -> list[bytes]:
    how = BankProfile.model_validate(PROFILE | profile)
    return [each.content for each in write_files(how, transfers, day, is_real=True)]


def refused(*transfers: Transfer, **more: Any) -> tuple[str, dict[str, Any]]:
    with pytest.raises(Problem) as refusal:
        files(*transfers, **more)
    return refusal.value.type.slug, dict(refusal.value.facts)


def test_a_file_is_these_bytes():
    assert files(transfer()) == [GOLDEN]
    [with_separators] = files(transfer(), separator="crlf")
    assert with_separators == b"".join(
        GOLDEN[at : at + 120] + b"\r\n" for at in range(0, len(GOLDEN), 120)
    )


def columns(record: bytes, first: int, last: int) -> str:
    """By the columns of the bank's own table, counted from 1."""
    return record[first - 1 : last].decode(ENCODING)


def test_each_field_stands_in_its_columns():
    [content] = files(transfer(1), transfer(2, 5, holder="ア" * 40))
    head, one, two, trailer, end = (content[at : at + 120] for at in range(0, 600, 120))
    assert [columns(head, 1, 1), columns(head, 2, 3), columns(head, 4, 4)] == ["1", "21", "0"]
    assert columns(head, 5, 14) == "0000012345"
    assert columns(head, 15, 54).rstrip() == "ｾﾀｶﾞﾔｸ"
    assert [columns(head, 55, 58), columns(head, 59, 62), columns(head, 78, 80)] == [
        "1130", "0001", "001",
    ]  # fmt: skip
    assert [columns(head, 96, 96), columns(head, 97, 103)] == ["1", "7654321"]
    assert columns(head, 104, 120) == " " * 17
    assert [columns(one, 1, 1), columns(one, 2, 5), columns(one, 21, 23)] == ["2", "0005", "001"]
    assert [columns(one, 39, 42), columns(one, 43, 43), columns(one, 44, 50)] == [
        "0000", "2", "0000123",
    ]  # fmt: skip
    assert columns(one, 51, 80).rstrip() == "ｶ)ﾐﾎﾝｼﾖｸﾄﾞｳ"
    assert [columns(one, 81, 90), columns(one, 91, 91), columns(one, 112, 113)] == [
        "0000162113", "0", "7 ",
    ]  # fmt: skip
    assert columns(two, 51, 80) == "ｱ" * 30
    assert [columns(trailer, 1, 1), columns(trailer, 2, 7), columns(trailer, 8, 19)] == [
        "8", "000002", "000000162118",
    ]  # fmt: skip
    assert end == b"9" + b" " * 119


@pytest.mark.parametrize(("kind", "digit"), [("ordinary", "1"), ("current", "2"), ("savings", "9")])
def test_a_head_knows_three_kinds_of_own_account_and_a_transfer_a_fourth(kind: str, digit: str):
    [content] = files(transfer(account_type="savings"), account_type=kind)
    assert (columns(content[:120], 96, 96), columns(content[120:240], 43, 43)) == (digit, "4")


@pytest.mark.parametrize(
    ("holder", "written"),
    [
        ("ア" * 29 + "ガ", "ｱ" * 29),
        ("ア" * 28 + "ガ", "ｱ" * 28 + "ｶﾞ"),
        ("ヴァイオリン・ヲ", "ｳﾞｱｲｵﾘﾝ.ｵ"),
        ("ラーメン　髙".replace("髙", "タカ"), "ﾗ-ﾒﾝ ﾀｶ"),
        ("ＣＡＦＥ　ｔｏｋｙｏ", "CAFE TOKYO"),
    ],
)
def test_names_that_hurt_are_written_and_never_cut_through_a_mark(holder: str, written: str):
    [content] = files(transfer(holder=holder))
    assert read_bank_file(content).transfers[0].holder == written


def test_a_profile_splits_by_number_and_by_sum():
    five = [transfer(number, 600) for number in range(1, 6)]
    by_number = [read_bank_file(each) for each in files(*five, most_transfers=2)]
    assert [len(each.transfers) for each in by_number] == [2, 2, 1]
    by_sum = [read_bank_file(each) for each in files(*five, most_yen=1_250)]
    assert [each.total_yen for each in by_sum] == [1_200, 1_200, 600]
    alone = files(transfer(1, 2_000), transfer(2, 2_000), most_yen=1_000)
    assert [read_bank_file(each).total_yen for each in alone] == [2_000, 2_000]


def test_what_cannot_be_written_is_refused_with_merchant_and_field():
    good = transfer(1)
    for place, broken, field in (
        (2, BankAccount("0005", "001", "ordinary", "0000123", "見本"), "holder"),
        (3, BankAccount("0005", "000", "ordinary", "0000123", "ｱ"), "bank"),
        (4, BankAccount("9999", "999", "ordinary", "0000123", "ｱ"), "bank"),
        (5, BankAccount("0005", "001", "ordinary", "123", "ｱ"), "account_number"),
        (6, BankAccount("0005", "001", "ordinary", "12345AB", "ｱ"), "account_number"),
    ):
        bad = Transfer(UUID(int=place), UUID(int=1000 + place), broken, 1)
        assert refused(good, bad) == (
            "transfer-unwritable", {"merchant_id": UUID(int=1000 + place), "field": field},
        )  # fmt: skip
    for yen in (0, -1, 10_000_000_000):
        slug, facts = refused(good, transfer(2, yen))
        assert (slug, facts["field"]) == ("transfer-unwritable", "amount")


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("sender_code", "００００００００１２"),
        ("bank_code", "٠٠٠١"),
        ("branch_code", "００１"),
        ("account_number", "７"),
    ],
)
def test_a_profile_has_digits_of_one_byte(name: str, digits: str):
    with pytest.raises(ValidationError):
        BankProfile.model_validate(PROFILE | {name: digits})


def test_no_file_is_made_of_nothing_or_for_a_day_without_banks():
    assert refused()[0] == "nothing-to-transfer"
    for day in (date(2026, 11, 29), date(2026, 11, 23), date(2026, 12, 31), date(2027, 1, 2)):
        assert refused(transfer(), day=day)[0] == "no-bank-day"
    with pytest.raises(AssertionError):
        files(transfer(1), transfer(1))


KANA = st.text("アガパーッヴA9 (.-", min_size=1, max_size=45).filter(str.strip)


@given(
    st.lists(st.tuples(KANA, st.integers(1, 9_999_999_999)), min_size=1, max_size=8),
    st.sampled_from(["none", "crlf"]),
    st.integers(1, 5),
)
def test_what_was_written_is_read_back(people, separator, most):
    transfers = [
        transfer(number, yen, holder=name) for number, (name, yen) in enumerate(people, start=1)
    ]
    written = files(*transfers, separator=separator, most_transfers=most)
    found = [each for content in written for each in read_bank_file(content).transfers]
    assert [each.amount_yen for each in found] == [yen for _, yen in people]
    for (name, _), each in zip(people, found, strict=True):
        assert to_bank_kana(name).startswith(each.holder)
        assert len(each.holder) >= min(29, len(to_bank_kana(name))) - 1


def _changed(at: int, byte: bytes) -> bytes:
    return GOLDEN[:at] + byte + GOLDEN[at + 1 :]


@pytest.mark.parametrize(
    ("content", "record", "rule"),
    [
        (b"", 1, "length"),
        (GOLDEN[:-1], 4, "length"),
        (GOLDEN + b" ", 5, "length"),
        (GOLDEN[:360], 2, "order"),
        (GOLDEN + GOLDEN, 3, "order"),
        (GOLDEN[120:], 1, "order"),
        (_changed(120, b"1"), 2, "order"),
        (_changed(200, b" "), 2, "number"),
        (_changed(172, b"\x81"), 2, "text"),
        (_changed(246, b"2"), 3, "count"),
        (_changed(258, b"4"), 3, "total"),
        (GOLDEN.replace(b"0000162113", b"0000000000"), 2, "amount"),
        (GOLDEN[:120] + b"\r\n" + GOLDEN[120:], 2, "length"),
    ],
)
def test_a_broken_file_says_where_and_why(content: bytes, record: int, rule: str):
    with pytest.raises(Problem) as refusal:
        read_bank_file(content)
    assert refusal.value.type.slug == "bank-file-broken"
    assert refusal.value.facts == {"record": record, "rule": rule}
