"""What is read of a bonus on a top-up, where the words about a payment would be wrong."""

from typing import Final

from campaigns import reasons as code
from campaigns.sentence import Sentence, count, hours, none, percent
from campaigns.sentences_of_outcomes import (
    ALL_REFUNDED,
    NO_CAMPAIGN,
    NOTHING_GRANTED,
    POINTS_GRANTED,
)

BONUSES: Final = {
    code.RATE_APPLIED: Sentence(
        percent,
        "チャージした金額の{}％をポイントで進呈します。",
        "チャージした お金の {}％の ポイントを もらえます。",
        "You get {} % of the amount that you topped up as points.",
    ),
    code.FIXED_APPLIED: Sentence(
        count,
        "1回のチャージにつき{}ポイントを進呈します。",
        "1かい チャージすると {}ポイント もらえます。",
        "You get {} points for the top-up.",
    ),
    code.STEP_APPLIED: Sentence(
        count,
        "{}円以上のチャージへの進呈です。",
        "{}円か それより おおく チャージしたので ポイントを もらえます。",
        "You get the points for top-ups of {} yen or more.",
    ),
    code.STEP_NOT_REACHED: Sentence(
        count,
        "{}円以上のチャージから進呈の対象になります。",
        "{}円の チャージから ポイントを もらえます。",
        "Points begin at top-ups of {} yen.",
    ),
    code.TIERS_APPLIED: Sentence(
        none,
        "チャージの金額に応じた率で進呈します。",
        "チャージした お金に あわせて ポイントを もらえます。",
        "You get points at rates that depend on the amount that you topped up.",
    ),
    code.CUT_BY_PAYMENT_CAP: Sentence(
        count,
        "1回のチャージでの進呈は{}ポイントまでです。",
        "1かいの チャージで もらえるのは {}ポイントまでです。",
        "One top-up earns at most {} points.",
    ),
    code.CUT_BY_CEILING: Sentence(
        count,
        "進呈の合計には上限があるため、このキャンペーンの分は{}ポイントです。",
        "ぜんぶの ポイントには かぎりが あります。この ぶんは {}ポイントです。",
        "All points of a top-up together have a limit: {} were left to this campaign.",
    ),
    code.CUT_BY_DAY_BUDGET: Sentence(
        count,
        "この日の予算の残りが{}円でしたので、その分だけ進呈します。",
        "この ひの お金が のこり {}円でした。その ぶんだけ もらえます。",
        "The campaign had {} yen left for that day, so you get the last of it.",
    ),
    code.CUT_BY_BUDGET: Sentence(
        count,
        "キャンペーンの予算の残りが{}円でしたので、その分だけ進呈します。",
        "キャンペーンの お金が のこり {}円でした。その ぶんだけ もらえます。",
        "The campaign had {} yen left, so you get the last of it.",
    ),
    code.OUTSIDE_HOURS: Sentence(
        hours,
        "キャンペーンの対象は{}のチャージです。",
        "{}の チャージの キャンペーンです。",
        "The campaign is for top-ups from {}.",
    ),
    code.BELOW_MINIMUM: Sentence(
        count,
        "{}円以上のチャージが対象です。",
        "{}円の チャージから もらえます。",
        "The campaign is for top-ups of {} yen or more.",
    ),
    code.TIMES_USED: Sentence(
        count,
        "キャンペーン期間中の{}回の進呈をお受け取り済みです。",
        "この キャンペーンは {}かいまでです。もう もらいました。",
        "You got points {} times, which is all in this campaign.",
    ),
    code.DAY_TIMES_USED: Sentence(
        count,
        "1日{}回までの進呈をお受け取り済みです。",
        "1にち {}かいまでです。その ひは もう もらいました。",
        "You got points {} times that day, which is all for one day.",
    ),
    code.DAY_BUDGET_EMPTY: Sentence(
        none,
        "この日の分のキャンペーン予算を使い切りました。期間中は、日ごとに新しい分があります。",
        "この ひの ぶんの お金が なくなりました。キャンペーンの あいだは まいにち あります。",
        "The campaign's budget for that day is used up; each of its days has one of its own.",
    ),
}
"""By the code of the reason. What is not here is said as it is of a payment."""

OF_TOP_UPS: Final = {
    POINTS_GRANTED: Sentence(
        count,
        "このチャージで{}ポイントを進呈しました。",
        "この チャージで {}ポイント もらいました。",
        "This top-up earned {} points.",
    ),
    NOTHING_GRANTED: Sentence(
        none,
        "このチャージでの進呈はありませんでした。理由はキャンペーンごとに示します。",
        "この チャージの ポイントは ありません。りゆうは キャンペーンごとに あります。",
        "This top-up earned no points; each campaign says why.",
    ),
    NO_CAMPAIGN: Sentence(
        none,
        "チャージの時に、チャージのキャンペーンはありませんでした。",
        "チャージした ときに チャージの キャンペーンは ありませんでした。",
        "No campaign for top-ups was on when you topped up.",
    ),
    ALL_REFUNDED: Sentence(
        none,
        "チャージが取り消されたため、進呈もなくなりました。",
        "チャージが とりけされたので ポイントは なくなりました。",
        "The top-up was reversed, so none of the points are kept.",
    ),
}
"""What all campaigns together came to for a top-up."""

HEADROOMS_OF_TOP_UPS: Final = {
    "day_times": Sentence(
        count,
        "この日に進呈を受けられる回数は、残り{}回でした。",
        "その ひは あと {}かい もらえました。",
        "Top-ups that could still earn points that day: {}.",
    ),
    "campaign_times": Sentence(
        count,
        "キャンペーン期間中に進呈を受けられる回数は、残り{}回でした。",
        "この キャンペーンは あと {}かい もらえました。",
        "Top-ups that could still earn points in this campaign: {}.",
    ),
}
"""What the person's caps had left; the others are said as they are of a payment."""
