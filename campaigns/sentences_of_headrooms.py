"""What is read of a person's own caps and tallies, as a decision found them."""

from typing import Final

from campaigns.sentence import Sentence, count

HEADROOMS: Final = {
    "day": Sentence(
        count,
        "この日の上限まで、残りは{}ポイントでした。",
        "その ひは あと {}ポイント もらえました。",
        "You had {} points left below the limit for that day.",
    ),
    "month": Sentence(
        count,
        "この月の上限まで、残りは{}ポイントでした。",
        "その つきは あと {}ポイント もらえました。",
        "You had {} points left below the limit for that month.",
    ),
    "campaign": Sentence(
        count,
        "キャンペーン期間中の上限まで、残りは{}ポイントでした。",
        "この キャンペーンは あと {}ポイント もらえました。",
        "You had {} points left below the limit for the whole campaign.",
    ),
    "merchant": Sentence(
        count,
        "このお店での上限まで、残りは{}ポイントでした。",
        "この おみせでは あと {}ポイント もらえました。",
        "You had {} points left below the limit for this shop.",
    ),
    "day_times": Sentence(
        count,
        "この日に還元を受けられる回数は、残り{}回でした。",
        "その ひは あと {}かい もらえました。",
        "Payments that could still earn points that day: {}.",
    ),
    "campaign_times": Sentence(
        count,
        "キャンペーン期間中に還元を受けられる回数は、残り{}回でした。",
        "この キャンペーンは あと {}かい もらえました。",
        "Payments that could still earn points in this campaign: {}.",
    ),
    "month_spend": Sentence(
        count,
        "この月の対象となる金額は、それまでに{}円でした。",
        "その つきは まえに キャンペーンに はいる お金を {}円 はらって いました。",
        "Of what you had spent that month before this payment {} yen count.",
    ),
    "stamps": Sentence(
        count,
        "それまでのスタンプは{}個でした。",
        "まえの スタンプは {}こ でした。",
        "Stamps before this payment: {}.",
    ),
    "visits": Sentence(
        count,
        "このお店での対象のお支払いは、それまでに{}回でした。",
        "この おみせで まえに はらったのは {}かいでした。",
        "Payments that counted at this shop before this one: {}.",
    ),
}
"""By the name that headrooms have in a grant, in the order in which caps cut. The budget is not
among them: what others have spent is nobody's own."""
