"""What is read of a payment as a whole: what all campaigns together came to.

Made when a payment is explained, from what grants keep; unlike reasons they are never stored.
"""

from typing import Final

from campaigns.sentence import Sentence, count, none

POINTS_GRANTED: Final = "points-granted"
NOTHING_GRANTED: Final = "nothing-granted"
NO_CAMPAIGN: Final = "no-campaign"
POINTS_KEPT: Final = "points-kept"
ALL_REFUNDED: Final = "all-refunded"

OUTCOMES: Final = {
    POINTS_GRANTED: Sentence(
        count,
        "このお支払いで{}ポイントを還元しました。",
        "この しはらいで {}ポイント もらいました。",
        "This payment earned {} points.",
    ),
    NOTHING_GRANTED: Sentence(
        none,
        "このお支払いでの還元はありませんでした。理由はキャンペーンごとに示します。",
        "この しはらいの ポイントは ありません。りゆうは キャンペーンごとに あります。",
        "This payment earned no points; each campaign says why.",
    ),
    NO_CAMPAIGN: Sentence(
        none,
        "お支払いの時に開催中のキャンペーンはありませんでした。",
        "はらった ときに キャンペーンは ありませんでした。",
        "No campaign was on when you paid.",
    ),
    POINTS_KEPT: Sentence(
        count,
        "返金のあとも還元されるのは{}ポイントです。",
        "お金を かえして もらった あとも もらえるのは {}ポイントです。",
        "After what was refunded, {} points of that are kept.",
    ),
    ALL_REFUNDED: Sentence(
        none,
        "お支払いの全額が返金されたため、還元はなくなりました。",
        "お金が ぜんぶ もどったので ポイントは なくなりました。",
        "All of the payment was refunded, so none of the points are kept.",
    ),
}
