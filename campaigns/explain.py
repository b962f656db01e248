"""The reasons of a decision, each with the sentence that a resident or a shop reads.

Grants store codes and figures; the words are made when they are read, so better words reach old
payments too. A code is never renamed and never leaves this file: grants of every year carry it.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypedDict

RATE_APPLIED: Final = "rate-applied"
CUT_BY_PAYMENT_CAP: Final = "cut-by-payment-cap"
CUT_BY_DAY_CAP: Final = "cut-by-day-cap"
CUT_BY_MONTH_CAP: Final = "cut-by-month-cap"
CUT_BY_CAMPAIGN_CAP: Final = "cut-by-campaign-cap"
CUT_BY_CEILING: Final = "cut-by-ceiling"
CUT_BY_BUDGET: Final = "cut-by-budget"
CUT_TO_ORIGINAL: Final = "cut-to-original"
CASHBACK_RATE_APPLIED: Final = "cashback-rate-applied"
CASHBACK_CUT_BY_PAYMENT_CAP: Final = "cashback-cut-by-payment-cap"
CASHBACK_CUT_BY_BUDGET: Final = "cashback-cut-by-budget"
CASHBACK_CUT_TO_ORIGINAL: Final = "cashback-cut-to-original"
NOT_STARTED: Final = "not-started"
ENDED: Final = "ended"
FACT_MISSING_MERCHANT_CLASS: Final = "fact-missing-merchant-class"
CLASS_NOT_ELIGIBLE: Final = "class-not-eligible"
NO_COIN_PART: Final = "no-coin-part"
BELOW_MINIMUM: Final = "below-minimum"
BUDGET_EMPTY: Final = "budget-empty"


class Reason(NamedTuple):
    """One step of a decision: a stable code, and the figure that its sentence needs.

    The figure is a rate in basis points, what a limit left (points or yen), the minimum in yen,
    or a day as YYYYMMDD. Codes that begin with `cashback-` are for the merchant's eyes.
    """

    code: str
    number: int | None = None


class Explanation(TypedDict):
    """A reason in words."""

    code: str
    ja: str
    en: str


def explain(reason: Reason) -> Explanation:
    """The reason in Japanese and in English.

    A code that is not listed here, or a figure that its sentence lacks, is a bug.
    """
    sentence = _SENTENCES[reason.code]
    ja, en = sentence.figure(reason.number)
    return {
        "code": reason.code,
        "ja": sentence.ja.format(ja),
        "en": sentence.en.format(en),
    }


Figure = Callable[[int | None], tuple[str, str]]


def _none(number: int | None) -> tuple[str, str]:
    assert number is None
    return "", ""


def _count(number: int | None) -> tuple[str, str]:
    assert number is not None
    return f"{number:,}", f"{number:,}"


def _percent(rate_bp: int | None) -> tuple[str, str]:
    assert rate_bp is not None
    whole, hundredths = divmod(rate_bp, 100)
    text = f"{whole}.{hundredths:02}".rstrip("0").rstrip(".")
    return text, text


def _day(day_number: int | None) -> tuple[str, str]:
    assert day_number is not None
    month_number, day = divmod(day_number, 100)
    year, month = divmod(month_number, 100)
    return f"{year}年{month}月{day}日", f"{year}-{month:02}-{day:02}"


class _Sentence(NamedTuple):
    figure: Figure
    ja: str
    en: str


_SENTENCES: Final = {
    RATE_APPLIED: _Sentence(
        _percent,
        "コインで払った金額の{}％をポイントで還元します(1ポイント未満は切り捨て)。",
        "You get {} % of what you paid in coin back as points, rounded down.",
    ),
    CUT_BY_PAYMENT_CAP: _Sentence(
        _count,
        "1回のお支払いでの還元は{}ポイントまでです。",
        "One payment earns at most {} points.",
    ),
    CUT_BY_DAY_CAP: _Sentence(
        _count,
        "1日の上限まで、残りは{}ポイントでした。",
        "You had {} points left below the limit for one day.",
    ),
    CUT_BY_MONTH_CAP: _Sentence(
        _count,
        "1か月の上限まで、残りは{}ポイントでした。",
        "You had {} points left below the limit for one month.",
    ),
    CUT_BY_CAMPAIGN_CAP: _Sentence(
        _count,
        "キャンペーン期間中の上限まで、残りは{}ポイントでした。",
        "You had {} points left below the limit for the whole campaign.",
    ),
    CUT_BY_CEILING: _Sentence(
        _count,
        "還元の合計はコインで払った金額までのため、このキャンペーンの分は{}ポイントです。",
        "All points together are never more than you paid in coin: {} were left to this campaign.",
    ),
    CUT_BY_BUDGET: _Sentence(
        _count,
        "キャンペーンの予算の残りが{}円でしたので、その分だけ還元します。",
        "The campaign had {} yen left, so you get the last of it.",
    ),
    CUT_TO_ORIGINAL: _Sentence(
        _count,
        "返金のあとの還元が、はじめの{}ポイントより増えることはありません。",
        "After a refund you keep no more than the {} points of the payment itself.",
    ),
    CASHBACK_RATE_APPLIED: _Sentence(
        _percent,
        "お店には、コインで支払われた金額の{}％が入ります(1円未満は切り捨て)。",
        "The shop gets {} % of what was paid in coin, rounded down.",
    ),
    CASHBACK_CUT_BY_PAYMENT_CAP: _Sentence(
        _count,
        "お店への還元は、1回のお支払いで{}円までです。",
        "The shop gets at most {} yen for one payment.",
    ),
    CASHBACK_CUT_BY_BUDGET: _Sentence(
        _count,
        "お客様への還元のあと、予算の残りは{}円でした。",
        "After the customer's points the campaign had {} yen left for the shop.",
    ),
    CASHBACK_CUT_TO_ORIGINAL: _Sentence(
        _count,
        "返金のあとのお店への還元が、はじめの{}円より増えることはありません。",
        "After a refund the shop keeps no more than the {} yen of the payment itself.",
    ),
    NOT_STARTED: _Sentence(
        _day,
        "このキャンペーンは{}に始まります。",
        "This campaign starts on {}.",
    ),
    ENDED: _Sentence(
        _day,
        "このキャンペーンは{}に終わりました。",
        "This campaign ended on {}.",
    ),
    FACT_MISSING_MERCHANT_CLASS: _Sentence(
        _none,
        "お店の区分が登録されていないため、還元の対象になりません。",
        "The kind of this shop is not on record, so the campaign cannot apply.",
    ),
    CLASS_NOT_ELIGIBLE: _Sentence(
        _none,
        "このお店はキャンペーンの対象ではありません。",
        "This shop is not part of the campaign.",
    ),
    NO_COIN_PART: _Sentence(
        _none,
        "コインで払った金額がないため、還元はありません。",
        "Nothing was paid in coin, and only coin earns points.",
    ),
    BELOW_MINIMUM: _Sentence(
        _count,
        "{}円以上のお支払いが対象です。",
        "The campaign is for payments of {} yen or more.",
    ),
    BUDGET_EMPTY: _Sentence(
        _none,
        "キャンペーンの予算を使い切りました。",
        "The campaign's budget is used up.",
    ),
}

CODES: Final = tuple(_SENTENCES)
