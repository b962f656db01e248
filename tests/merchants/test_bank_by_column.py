"""Transfer files read by a program that knows none of ours, with names that are chosen to hurt."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Problem
from merchants.bank_account import check_bank_account
from merchants.bank_file import Transfer, write_files
from merchants.bank_profile import BankProfile
from tests.merchants.bank_by_column import read_by_column
from tests.sizes import SCALE

DAY = date(2026, 11, 30)
SEPARATORS = {"none": b"", "crlf": b"\r\n"}

# What a person types, and the bytes of a bank (cp932), written out by hand.
WRITTEN = {
    "ラーメン": "ﾗ-ﾒﾝ", "ﾗｰ": "ﾗ-", "ー": "-", "−": "-", "‐": "-", "—": "-",
    "ッ": "ﾂ", "ャ": "ﾔ", "ュ": "ﾕ", "ョ": "ﾖ", "ァ": "ｱ", "ィ": "ｲ", "ゥ": "ｳ", "ェ": "ｴ",
    "ォ": "ｵ", "ｯ": "ﾂ", "ｬ": "ﾔ", "ｧ": "ｱ",
    "ヵ": "ｶ", "ヶ": "ｹ", "ヮ": "ﾜ", "ぁ": "ｱ", "っ": "ﾂ", "ゎ": "ﾜ",
    "ガ": "ｶﾞ", "が": "ｶﾞ", "ｶﾞ": "ｶﾞ", "か\u3099": "ｶﾞ", "ヴ": "ｳﾞ", "ゔ": "ｳﾞ", "ボ": "ﾎﾞ",
    "パ": "ﾊﾟ", "ぽ": "ﾎﾟ", "ﾎﾟ": "ﾎﾟ", "ハ\u309a": "ﾊﾟ", "ゾ": "ｿﾞ", "ド": "ﾄﾞ",
    "ヲ": "ｵ", "ｦ": "ｵ", "を": "ｵ", "ヰ": "ｲ", "ヱ": "ｴ", "ん": "ﾝ", "ン": "ﾝ", "ア": "ｱ",
    "a": "A", "z": "Z", "Ａ": "A", "ｚ": "Z", "0": "0", "９": "9", "1": "1",
    "（": "(", "）": ")", "(": "(", ")": ")", "．": ".", ".": ".", "・": ".", "･": ".", "-": "-",
    "カ）": "ｶ)", "（カ）": "(ｶ)", "ユ）": "ﾕ)",
}  # fmt: skip
SPACES = {" ": " ", "　": " ", "\u00a0": " "}
UNWRITABLE = (
    "株式会社", "㈱", "（株）", "㍿", "有限会社", "髙", "﨑", "𠮷", "見本", "🍜", "👨‍👩‍👧", "&",
    "/", ",", "'", "「", "」", "、", "。", "＆", "～", "〜", "_", "+", "é", "ß", "Ж", "ǅ", "ﾞ", "゜",
    "\u200b", "\u202e", "\x00", "\n", "٣", "߁", "ㇰ", "々", "ゝ", "カ\u309a", "ア\u3099",
)  # fmt: skip

MOST_YEN = 9_999_999_999
PIECES = st.lists(st.sampled_from(sorted(WRITTEN | SPACES)), min_size=1, max_size=42)
PEOPLE = st.lists(
    st.tuples(
        PIECES,
        st.one_of(st.integers(1, MOST_YEN), st.just(MOST_YEN)),
        st.sampled_from(["ordinary", "current", "savings"]),
        st.integers(0, 9_999_999),
    ),
    min_size=1, max_size=9,
)  # fmt: skip


def expected(pieces: list[str]) -> bytes:
    """The first 30 bytes of the name; one fewer where the thirty-first is a mark."""
    whole = " ".join("".join((WRITTEN | SPACES)[piece] for piece in pieces).split())
    kept = whole[:29] if whole[30:31] in {"ﾞ", "ﾟ"} else whole[:30]
    return kept.rstrip().encode("cp932")


def is_blank(pieces: list[str]) -> bool:
    return not set(pieces) - SPACES.keys()


@given(
    PEOPLE.filter(lambda people: not any(is_blank(each[0]) for each in people)),
    st.sampled_from(sorted(SEPARATORS)),
    st.integers(1, 4),
    st.sampled_from([1, MOST_YEN, MOST_YEN + 5_000_000_000]),
)
@settings(max_examples=100 * SCALE, deadline=None)
def test_a_stranger_reads_each_file_by_its_columns(people, separator, most, most_yen):
    profile = BankProfile.model_validate({
        "sender_code": "0000012345", "sender_name": "セタガヤク　ショウテンガイ",
        "bank_code": "0001", "branch_code": "001", "account_number": "54321",
        "separator": separator, "most_transfers": most, "most_yen": most_yen,
    })  # fmt: skip
    transfers = []
    for place, (pieces, yen, kind, number) in enumerate(people):
        account = check_bank_account(
            "0005", "001", kind, str(number), "".join(pieces), is_real=True
        )
        transfers.append(Transfer(UUID(int=place + 1), UUID(int=place + 1), account, yen))
    written = write_files(profile, transfers, DAY, is_real=True)
    read = [read_by_column(file.content, SEPARATORS[separator]) for file in written]
    for file, told in zip(read, written, strict=True):
        assert file.yen == told.total_yen
        assert len(file.transfers) == len(told.transfers) <= most
        assert file.yen <= most_yen or len(file.transfers) == 1
        assert (file.head["sender_code"], file.head["day"]) == (b"0000012345", b"1130")
        assert (file.head["bank"], file.head["branch"]) == (b"0001", b"001")
        assert (file.head["type"], file.head["number"]) == (b"1", b"0054321")
        assert file.head["sender"] == "ｾﾀｶﾞﾔｸ ｼﾖｳﾃﾝｶﾞｲ".encode("cp932")
    found = [each for file in read for each in file.transfers]
    types = {"ordinary": b"1", "current": b"2", "savings": b"4"}
    for each, (pieces, yen, kind, number) in zip(found, people, strict=True):
        assert each["holder"] == expected(pieces)
        assert (int(each["yen"]), each["type"], each["number"]) == (
            yen, types[kind], b"%07d" % number,
        )  # fmt: skip
        assert (each["bank"], each["branch"]) == (b"0005", b"001")
        assert (each["new"], each["customer"], each["mark"]) == (b"0", b"0" * 20, b"")


@pytest.mark.parametrize("hurting", UNWRITABLE)
@pytest.mark.parametrize("before", ["", "ア" * 40])
def test_what_a_bank_cannot_read_is_refused_wherever_it_stands(hurting: str, before: str):
    """Also past the thirtieth byte: who cannot be written is not sent under half a name."""
    with pytest.raises(Problem) as refused:
        check_bank_account("0005", "001", "ordinary", "1", before + hurting, is_real=True)
    assert refused.value.type.slug == "kana-unwritable"
    position = refused.value.facts["position"]
    assert isinstance(position, int)
    assert position > len(before)


@pytest.mark.parametrize("whole", range(27, 33))
@pytest.mark.parametrize("last", ["ガ", "パ", "ヴ", "か\u3099", "ー", "ッ"])
def test_no_name_is_cut_through_its_last_kana(whole: int, last: str):
    pieces = ["ア"] * whole + [last]
    account = check_bank_account("0005", "001", "current", "7", "".join(pieces), is_real=True)
    profile = BankProfile.model_validate({
        "sender_code": "0000012345", "sender_name": "ア" * 39 + "ガ", "bank_code": "0001",
        "branch_code": "001", "account_number": "1",
    })  # fmt: skip
    transfer = Transfer(UUID(int=1), UUID(int=1), account, 1)
    [file] = write_files(profile, [transfer], DAY, is_real=True)
    read = read_by_column(file.content, b"\r\n")
    assert read.transfers[0]["holder"] == expected(pieces)
    assert read.head["sender"] == ("ｱ" * 39).encode("cp932"), "neither is the sender's"
