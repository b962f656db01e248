"""Names in the kana of banks: what is made to fit, what is refused and where, and how it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Problem
from merchants.banks import _banks, _in_kana
from merchants.kana import KANA_UNWRITABLE, OF_BANKS, cut_kana, to_bank_kana

WRITTEN = [
    ("ミホンショクドウ", "ﾐﾎﾝｼﾖｸﾄﾞｳ"),
    ("みほんしょくどう", "ﾐﾎﾝｼﾖｸﾄﾞｳ"),
    ("ﾐﾎﾝｼｮｸﾄﾞｳ", "ﾐﾎﾝｼﾖｸﾄﾞｳ"),
    ("カ）ヴァイオリン", "ｶ)ｳﾞｱｲｵﾘﾝ"),
    ("ゔぁいおりん", "ｳﾞｱｲｵﾘﾝ"),
    ("ラーメン", "ﾗ-ﾒﾝ"),
    ("ﾗｰﾒﾝ", "ﾗ-ﾒﾝ"),
    ("コーヒー\u2010ハウス", "ｺ-ﾋ--ﾊｳｽ"),
    ("パン・ド・ミ", "ﾊﾟﾝ.ﾄﾞ.ﾐ"),
    ("ヲトメ", "ｵﾄﾒ"),
    ("ｦﾄﾒ", "ｵﾄﾒ"),
    ("ヰセキ ヱビス", "ｲｾｷ ｴﾋﾞｽ"),
    ("ヵヶッャュョヮ", "ｶｹﾂﾔﾕﾖﾜ"),
    ("ｃａｆｅ　Ｔｏｋｙｏ", "CAFE TOKYO"),
    ("ﾕ) a-1.", "ﾕ) A-1."),
    ("か\u3099", "ｶﾞ"),
    ("  ト  ウ　キョウ ", "ﾄ ｳ ｷﾖｳ"),
]

REFUSED = [
    ("髙橋", 1),
    ("タカハシ髙", 5),
    ("株式会社", 1),
    ("㈱ミホン", 1),
    ("カ「ミホン」", 2),
    ("ﾞミホン", 1),
    ("ｱﾞ", 2),
    ("ミ゛", 2),
    ("ナ\u309a", 2),
    ("ﾊﾟﾞ", 3),
    ("ミホン🍜", 4),
    ("ミホン\n", 4),
    ("ミホン\x00", 4),
    ("ミホン,", 4),
    ("A/B", 2),
    ("A&B", 2),
    ("シ\u200bゲル", 2),
    ("", 1),
    ("　", 1),
]


@pytest.mark.parametrize(("name", "written"), WRITTEN)
def test_a_name_is_made_to_fit(name: str, written: str):
    assert to_bank_kana(name) == written


@pytest.mark.parametrize(("name", "position"), REFUSED)
def test_what_has_no_such_form_is_refused_by_its_place(name: str, position: int):
    with pytest.raises(Problem) as refused:
        to_bank_kana(name)
    assert (refused.value.type, refused.value.facts) == (KANA_UNWRITABLE, {"position": position})


def test_a_bank_has_no_brackets_and_no_full_stop():
    for name in ("ﾐﾎﾝ(ﾄ)", "ﾐ.ﾎﾝ"):
        with pytest.raises(Problem):
            to_bank_kana(name, OF_BANKS)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFFEF), max_size=40))
def test_what_is_written_is_one_byte_each_and_written_again_the_same(name: str):
    try:
        written = to_bank_kana(name)
    except Problem:
        return
    assert len(written.encode("cp932")) == len(written)
    assert not set(written) & set("ｧｨｩｪｫｯｬｭｮｰｦ")
    assert to_bank_kana(written) == written


@given(st.text("ガハパ-ﾄﾞA ", min_size=1, max_size=40), st.integers(1, 40))
def test_a_kana_and_its_mark_are_never_cut_apart(name: str, most: int):
    try:
        written = to_bank_kana(name)
    except Problem:
        return
    cut = cut_kana(written, most)
    assert len(cut) <= most
    assert written.startswith(cut)
    assert written[len(cut) : len(cut) + 1] not in {"ﾞ", "ﾟ"}


def test_a_name_is_cut_before_the_kana_whose_mark_has_no_room():
    assert cut_kana("ｱ" * 29 + "ｶﾞ", 30) == "ｱ" * 29
    assert cut_kana("ｱ" * 28 + "ｶﾞ", 30) == "ｱ" * 28 + "ｶﾞ"
    assert cut_kana("ｱ" * 29 + " ｶ", 30) == "ｱ" * 29


def test_every_bank_and_branch_that_is_published_can_be_written():
    names = {bank.kana for bank in _banks().values()}
    names |= {branch.kana for bank in _banks().values() for branch in bank.branches.values()}
    assert len(names) > 10_000
    assert all(_in_kana(name) for name in names)
