"""The words for each reason, in three languages, without loose ends."""

import re
from collections.abc import Callable

import pytest

from campaigns import explain, reasons
from campaigns.explain import CODES, Explanation, explain_headrooms, explain_outcome
from campaigns.explain import explain as in_words
from campaigns.meters import MONTH_SPEND, STAMPS, VISITS, Caps, meter_of_day_budget, meters_of_caps
from campaigns.reasons import Reason
from campaigns.sentence import Sentence
from campaigns.sentences_of_bonuses import BONUSES, HEADROOMS_OF_TOP_UPS, OF_TOP_UPS
from campaigns.sentences_of_gaps import GAPS
from campaigns.sentences_of_headrooms import HEADROOMS
from campaigns.sentences_of_outcomes import OUTCOMES

InWords = Callable[[Reason], Explanation]


def of_top_up(reason: Reason) -> Explanation:
    return in_words(reason, "top_up")


def outcome_of_top_up(reason: Reason) -> Explanation:
    return explain_outcome(reason, "top_up")


def headroom_of_top_up(read: Reason) -> Explanation:
    assert read.number is not None
    [words] = explain_headrooms({read.code: read.number}, "top_up")
    return words


def headroom(read: Reason) -> Explanation:
    assert read.number is not None
    [words] = explain_headrooms({read.code: read.number})
    return words


EVERYTHING_SAID = [
    *((code, sentence, in_words) for code, sentence in explain.SENTENCES.items()),
    *((code, sentence, in_words) for code, sentence in GAPS.items()),
    *((code, sentence, explain_outcome) for code, sentence in OUTCOMES.items()),
    *((code, sentence, headroom) for code, sentence in HEADROOMS.items()),
    *((code, sentence, of_top_up) for code, sentence in BONUSES.items()),
    *((code, sentence, outcome_of_top_up) for code, sentence in OF_TOP_UPS.items()),
    *((code, sentence, headroom_of_top_up) for code, sentence in HEADROOMS_OF_TOP_UPS.items()),
]


def test_every_code_is_a_slug_with_a_sentence() -> None:
    constants = {
        value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)
    }
    assert constants == set(CODES)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in CODES)


def test_codes_are_what_stored_grants_carry() -> None:
    # Old entries are explained by these; a new code is added here, none is ever taken away.
    assert set(CODES) == {
        "rate-applied",
        "fixed-applied",
        "step-applied",
        "step-not-reached",
        "tiers-applied",
        "month-tiers-applied",
        "shop-only",
        "cut-by-payment-cap",
        "cut-by-day-cap",
        "cut-by-month-cap",
        "cut-by-campaign-cap",
        "cut-by-merchant-cap",
        "cut-by-ceiling",
        "cut-by-day-budget",
        "cut-by-budget",
        "cut-to-original",
        "stepped-down",
        "end-announced",
        "cashback-rate-applied",
        "cashback-fixed-applied",
        "cashback-step-applied",
        "cashback-step-not-reached",
        "cashback-tiers-applied",
        "cashback-cut-by-payment-cap",
        "cashback-cut-by-coin-part",
        "cashback-cut-by-day-budget",
        "cashback-cut-by-budget",
        "cashback-cut-to-original",
        "not-started",
        "ended",
        "not-this-weekday",
        "outside-hours",
        "class-not-eligible",
        "category-not-eligible",
        "shop-area-not-eligible",
        "street-not-eligible",
        "merchant-not-eligible",
        "mode-not-eligible",
        "tier-not-eligible",
        "person-area-not-eligible",
        "person-area-not-verified",
        "age-band-not-eligible",
        "age-band-not-verified",
        "not-first-here",
        "not-first-ever",
        "stamp-collected",
        "times-used",
        "day-times-used",
        "no-coin-part",
        "below-minimum",
        "budget-empty",
        "day-budget-empty",
        "ended-early",
        "stepped-down-to-nothing",
        "another-is-better",
        "another-comes-first",
        "fact-missing-merchant-class",
        "fact-missing-category",
        "fact-missing-shop-area",
        "fact-missing-street",
        "fact-missing-merchant",
        "fact-missing-mode",
        "fact-missing-time",
        "fact-missing-tier",
        "fact-missing-person-area",
        "fact-missing-age-band",
        "fact-missing-first-payment",
    }


@pytest.mark.parametrize(
    ("reason", "ja", "en"),
    [
        (
            Reason("rate-applied", 3000),
            "対象となる金額の30％をポイントで還元します。",
            "You get 30 % of the amount that counts back as points.",
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
    words = in_words(reason)
    assert (words["code"], words["ja"], words["en"]) == (reason.code, ja, en)


@pytest.mark.parametrize(
    ("rate_bp", "percent"),
    [(0, "0"), (1, "0.01"), (50, "0.5"), (1000, "10"), (1250, "12.5"), (10_000, "100")],
)
def test_a_rate_is_told_in_percent(rate_bp: int, percent: str) -> None:
    assert f" {percent} % " in in_words(Reason("rate-applied", rate_bp))["en"]


@pytest.mark.parametrize(("code", "sentence", "in_words"), EVERYTHING_SAID)
def test_every_sentence_is_whole(code: str, sentence: Sentence, in_words: InWords) -> None:
    number = None if "{}" not in sentence.ja else 20250701
    words = in_words(Reason(code, number))
    assert words["code"] == code
    assert words["ja"].endswith("。")
    assert words["en"].endswith(".")
    assert len(words["en"]) <= 100
    assert words["ja_easy"].endswith("。")
    assert words["ja_easy"] != words["ja"]
    assert len({text.count("{}") for text in (sentence.ja, sentence.ja_easy, sentence.en)}) == 1
    for text in (words["ja"], words["ja_easy"], words["en"]):
        assert not set("{}") & set(text)
        assert "None" not in text


@pytest.mark.parametrize("code", CODES)
def test_a_figure_that_is_missing_or_out_of_place_is_a_bug(code: str) -> None:
    number = 1 if "{}" not in explain.SENTENCES[code].ja else None
    with pytest.raises(AssertionError):
        in_words(Reason(code, number))


def test_an_unknown_code_is_a_bug() -> None:
    with pytest.raises(KeyError):
        in_words(Reason("rate-aplied", 3000))


def test_all_that_is_counted_of_a_person_has_a_sentence_and_the_budget_has_none() -> None:
    every_cap = dict.fromkeys(Caps.model_fields, 1)
    meters = [*meters_of_caps(Caps.model_validate(every_cap)), MONTH_SPEND, STAMPS, VISITS]
    assert [meter.name for meter in meters] == list(HEADROOMS)
    assert explain_headrooms({"budget": 1, meter_of_day_budget(1).name: 1}) == []


@pytest.mark.parametrize(("code", "sentence", "in_words"), EVERYTHING_SAID)
def test_a_sentence_is_still_true_when_it_is_read_later(
    code: str, sentence: Sentence, in_words: InWords
) -> None:
    for word in ("今日", "本日", "今月", "きょう", "こんげつ", "today", "this month"):
        assert word not in f"{sentence.ja} {sentence.ja_easy} {sentence.en}"
