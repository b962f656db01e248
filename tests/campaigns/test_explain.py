"""The words for each reason, in two languages, without loose ends."""

import re

import pytest

from campaigns import explain
from campaigns.explain import CODES, Reason
from campaigns.explain import explain as in_words


def test_every_code_is_a_slug_with_a_sentence() -> None:
    constants = {
        value for name, value in vars(explain).items() if name.isupper() and isinstance(value, str)
    }
    assert constants == set(CODES)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in CODES)


def test_codes_are_what_stored_grants_carry() -> None:
    # Old entries are explained by these; a new code is added here, none is ever taken away.
    assert set(CODES) == {
        "rate-applied",
        "cut-by-payment-cap",
        "cut-by-day-cap",
        "cut-by-month-cap",
        "cut-by-campaign-cap",
        "cut-by-ceiling",
        "cut-by-budget",
        "cut-to-original",
        "cashback-rate-applied",
        "cashback-cut-by-payment-cap",
        "cashback-cut-by-budget",
        "cashback-cut-to-original",
        "not-started",
        "ended",
        "fact-missing-merchant-class",
        "class-not-eligible",
        "no-coin-part",
        "below-minimum",
        "budget-empty",
    }


@pytest.mark.parametrize(
    ("reason", "ja", "en"),
    [
        (
            Reason("rate-applied", 3000),
            "コインで払った金額の30％をポイントで還元します(1ポイント未満は切り捨て)。",
            "You get 30 % of what you paid in coin back as points, rounded down.",
        ),
        (
            Reason("cut-by-month-cap", 1234),
            "1か月の上限まで、残りは1,234ポイントでした。",
            "You had 1,234 points left below the limit for one month.",
        ),
        (
            Reason("not-started", 20250701),
            "このキャンペーンは2025年7月1日に始まります。",
            "This campaign starts on 2025-07-01.",
        ),
        (
            Reason("budget-empty"),
            "キャンペーンの予算を使い切りました。",
            "The campaign's budget is used up.",
        ),
    ],
)
def test_a_reason_reads_as_a_sentence(reason: Reason, ja: str, en: str) -> None:
    assert in_words(reason) == {"code": reason.code, "ja": ja, "en": en}


@pytest.mark.parametrize(
    ("rate_bp", "percent"),
    [(0, "0"), (1, "0.01"), (50, "0.5"), (1000, "10"), (1250, "12.5"), (10_000, "100")],
)
def test_a_rate_is_told_in_percent(rate_bp: int, percent: str) -> None:
    assert f" {percent} % " in in_words(Reason("rate-applied", rate_bp))["en"]


@pytest.mark.parametrize("code", CODES)
def test_every_sentence_is_whole(code: str) -> None:
    number = None if "{}" not in explain._SENTENCES[code].ja else 20250701
    words = in_words(Reason(code, number))
    assert words["code"] == code
    assert words["ja"].endswith("。")
    assert words["en"].endswith(".")
    assert len(words["en"]) <= 100
    for text in (words["ja"], words["en"]):
        assert not set("{}") & set(text)
        assert "None" not in text


@pytest.mark.parametrize("code", CODES)
def test_a_figure_that_is_missing_or_out_of_place_is_a_bug(code: str) -> None:
    number = 1 if "{}" not in explain._SENTENCES[code].ja else None
    with pytest.raises(AssertionError):
        in_words(Reason(code, number))


def test_an_unknown_code_is_a_bug() -> None:
    with pytest.raises(KeyError):
        in_words(Reason("rate-aplied", 3000))
