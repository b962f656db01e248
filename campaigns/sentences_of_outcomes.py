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
BEING_CHECKED: Final = "being-checked"
NOT_CREDITED: Final = "not-credited"
PAID_BY_A_SHOP: Final = "paid-by-a-shop"
PARTLY_IN_COIN: Final = "partly-in-coin"

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
    BEING_CHECKED: Sentence(
        count,
        "{}ポイントは内容の確認中です。確認が済みしだい付与しますので、しばらくお待ちください。",
        "{}ポイントは いま たしかめて います。おわったら つかえます。すこし まって ください。",
        "{} points are being checked; they are credited once that is done, so it may take longer.",
    ),
    PARTLY_IN_COIN: Sentence(
        count,
        "お支払いのうち、コインでのお支払い分は{}円です。",
        "はらった お金の うち コインの ぶんは {}円です。",
        "{} yen of the payment were paid in coin.",
    ),
    PAID_BY_A_SHOP: Sentence(
        none,
        "加盟店どうしのお支払いは、キャンペーンの対象になりません。",
        "みせから みせへの しはらいに ポイントは ありません。",
        "Campaigns give nothing for what a shop pays.",
    ),
    NOT_CREDITED: Sentence(
        count,
        "確認の結果、{}ポイントは付与されません。ご不明な点は窓口へお問い合わせください。",
        "たしかめた けっか、{}ポイントは もらえません。まどぐちで きいて ください。",
        "After a check, {} points are not credited. The counter answers your questions.",
    ),
}
