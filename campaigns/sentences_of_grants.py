"""What is read of a grant: how it came about, and what cut it."""

from typing import Final

from campaigns import reasons as code
from campaigns.sentence import Sentence, count, day, none, percent

GRANTED: Final = {
    code.RATE_APPLIED: Sentence(
        percent,
        "対象となる金額の{}％をポイントで還元します。",
        "キャンペーンに はいる お金の {}％が ポイントで もどります。",
        "You get {} % of the amount that counts back as points.",
    ),
    code.FIXED_APPLIED: Sentence(
        count,
        "1回のお支払いにつき{}ポイントを還元します。",
        "1かい はらうと {}ポイント もらえます。",
        "You get {} points for the payment.",
    ),
    code.STEP_APPLIED: Sentence(
        count,
        "対象となる金額が{}円以上の場合の還元です。",
        "キャンペーンに はいる お金が {}円か それより おおいので ポイントを もらえます。",
        "You get the points for {} yen or more of what counts.",
    ),
    code.STEP_NOT_REACHED: Sentence(
        count,
        "対象となる金額が{}円以上の場合に還元します。",
        "キャンペーンに はいる お金が {}円から ポイントを もらえます。",
        "Points begin at {} yen of what counts.",
    ),
    code.TIERS_APPLIED: Sentence(
        none,
        "対象となる金額に応じた率で還元します。",
        "キャンペーンに はいる お金に あわせて ポイントを もらえます。",
        "You get points at rates that depend on the amount that counts.",
    ),
    code.MONTH_TIERS_APPLIED: Sentence(
        count,
        "この月の対象となる金額は、それまでに{}円でしたので、その続きの率で還元します。",
        "その つきは キャンペーンに はいる お金を {}円 はらって いました。"
        "その つづきの ポイントです。",
        "Of what you had spent that month {} yen count, and you get the rates from there on.",
    ),
    code.SHOP_ONLY: Sentence(
        none,
        "お店を応援するキャンペーンで、お客様への還元はありません。",
        "おみせの ための キャンペーンです。おきゃくさんの ポイントは ありません。",
        "This campaign supports the shop; there are no points for customers.",
    ),
    code.CUT_BY_PAYMENT_CAP: Sentence(
        count,
        "1回のお支払いでの還元は{}ポイントまでです。",
        "1かいで もらえるのは {}ポイントまでです。",
        "One payment earns at most {} points.",
    ),
    code.CUT_BY_DAY_CAP: Sentence(
        count,
        "1日の上限まで、残りは{}ポイントでした。",
        "その ひは あと {}ポイントまででした。",
        "You had {} points left below the limit for one day.",
    ),
    code.CUT_BY_MONTH_CAP: Sentence(
        count,
        "1か月の上限まで、残りは{}ポイントでした。",
        "その つきは あと {}ポイントまででした。",
        "You had {} points left below the limit for one month.",
    ),
    code.CUT_BY_CAMPAIGN_CAP: Sentence(
        count,
        "キャンペーン期間中の上限まで、残りは{}ポイントでした。",
        "この キャンペーンは あと {}ポイントまででした。",
        "You had {} points left below the limit for the whole campaign.",
    ),
    code.CUT_BY_MERCHANT_CAP: Sentence(
        count,
        "このお店での上限まで、残りは{}ポイントでした。",
        "この おみせでは あと {}ポイントまででした。",
        "You had {} points left below the limit for this shop.",
    ),
    code.CUT_BY_CEILING: Sentence(
        count,
        "還元の合計には上限があるため、このキャンペーンの分は{}ポイントです。",
        "ぜんぶの ポイントには かぎりが あります。この ぶんは {}ポイントです。",
        "All points of a payment together have a limit: {} were left to this campaign.",
    ),
    code.CUT_BY_DAY_BUDGET: Sentence(
        count,
        "この日の予算の残りが{}円でしたので、その分だけ還元します。",
        "この ひの お金が のこり {}円でした。その ぶんだけ もらえます。",
        "The campaign had {} yen left for that day, so you get the last of it.",
    ),
    code.CUT_BY_BUDGET: Sentence(
        count,
        "キャンペーンの予算の残りが{}円でしたので、その分だけ還元します。",
        "キャンペーンの お金が のこり {}円でした。その ぶんだけ もらえます。",
        "The campaign had {} yen left, so you get the last of it.",
    ),
    code.CUT_TO_ORIGINAL: Sentence(
        count,
        "返金のあとの還元が、はじめの{}ポイントより増えることはありません。",
        "お金を かえして もらった あとは {}ポイントより ふえません。",
        "After a refund you keep no more than the {} points of the payment itself.",
    ),
    code.STEPPED_DOWN: Sentence(
        percent,
        "予算の{}％が使われたため、お知らせしていた次の還元率になりました。",
        "お金の {}％を つかったので つぎの わりあいに なりました。",
        "After {} % of the budget the campaign went on to the next rates, as announced.",
    ),
    code.END_ANNOUNCED: Sentence(
        day,
        "予算が残り少なくなったため、このキャンペーンは{}で終わります。",
        "お金が すくなく なりました。この キャンペーンは {}までです。",
        "The budget runs low: the last day of this campaign is {}.",
    ),
    code.CASHBACK_RATE_APPLIED: Sentence(
        percent,
        "お店には、対象となる金額の{}％が入ります。",
        "おみせは キャンペーンに はいる お金の {}％を もらえます。",
        "The shop gets {} % of the amount that counts.",
    ),
    code.CASHBACK_FIXED_APPLIED: Sentence(
        count,
        "お店には、1回のお支払いにつき{}円が入ります。",
        "おみせは 1かいに {}円 もらえます。",
        "The shop gets {} yen for the payment.",
    ),
    code.CASHBACK_STEP_APPLIED: Sentence(
        count,
        "対象となる金額が{}円以上の場合の、お店への還元です。",
        "キャンペーンに はいる お金が {}円か それより おおいので おみせは お金を もらえます。",
        "The shop gets the amount for {} yen or more of what counts.",
    ),
    code.CASHBACK_STEP_NOT_REACHED: Sentence(
        count,
        "お店への還元は、対象となる金額が{}円以上の場合です。",
        "おみせの ぶんは キャンペーンに はいる お金が {}円からです。",
        "For the shop it begins at {} yen of what counts.",
    ),
    code.CASHBACK_TIERS_APPLIED: Sentence(
        none,
        "お店には、対象となる金額に応じた率で入ります。",
        "おみせは キャンペーンに はいる お金に あわせて もらえます。",
        "The shop gets rates that depend on the amount that counts.",
    ),
    code.CASHBACK_CUT_BY_PAYMENT_CAP: Sentence(
        count,
        "お店への還元は、1回のお支払いで{}円までです。",
        "おみせが 1かいで もらえるのは {}円までです。",
        "The shop gets at most {} yen for one payment.",
    ),
    code.CASHBACK_CUT_BY_COIN_PART: Sentence(
        count,
        "お店への還元は、コインで支払われた{}円までです。",
        "おみせが もらえるのは コインの {}円までです。",
        "The shop gets at most the {} yen that were paid in coin.",
    ),
    code.CASHBACK_CUT_BY_DAY_BUDGET: Sentence(
        count,
        "お客様への還元のあと、この日の予算の残りは{}円でした。",
        "おきゃくさんの ポイントの あと この ひの のこりは {}円でした。",
        "After the customer's points the campaign had {} yen left for the shop that day.",
    ),
    code.CASHBACK_CUT_BY_BUDGET: Sentence(
        count,
        "お客様への還元のあと、予算の残りは{}円でした。",
        "おきゃくさんの ポイントの あと のこりは {}円でした。",
        "After the customer's points the campaign had {} yen left for the shop.",
    ),
    code.CASHBACK_CUT_TO_ORIGINAL: Sentence(
        count,
        "返金のあとのお店への還元が、はじめの{}円より増えることはありません。",
        "お金を かえした あとは {}円より ふえません。",
        "After a refund the shop keeps no more than the {} yen of the payment itself.",
    ),
}
