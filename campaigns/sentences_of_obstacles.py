"""What is read where a campaign does not apply: the first reason why not."""

from typing import Final

from campaigns import reasons as code
from campaigns.sentence import Sentence, count, day, hours, none, percent

NOT_GRANTED: Final = {
    code.NOT_STARTED: Sentence(
        day,
        "このキャンペーンは{}に始まります。",
        "この キャンペーンは {}から です。",
        "This campaign starts on {}.",
    ),
    code.ENDED: Sentence(
        day,
        "このキャンペーンは{}に終わりました。",
        "この キャンペーンは {}に おわりました。",
        "This campaign ended on {}.",
    ),
    code.NOT_THIS_WEEKDAY: Sentence(
        none,
        "この曜日はキャンペーンの対象ではありません。",
        "この ようびは キャンペーンが ありません。",
        "The campaign is not on this day of the week.",
    ),
    code.OUTSIDE_HOURS: Sentence(
        hours,
        "キャンペーンの対象は{}のお支払いです。",
        "キャンペーンは {}です。",
        "The campaign is on from {}.",
    ),
    code.CLASS_NOT_ELIGIBLE: Sentence(
        none,
        "このお店はキャンペーンの対象ではありません。",
        "この おみせは キャンペーンの おみせでは ありません。",
        "This shop is not part of the campaign.",
    ),
    code.CATEGORY_NOT_ELIGIBLE: Sentence(
        none,
        "この業種のお店はキャンペーンの対象ではありません。",
        "この しゅるいの おみせは キャンペーンが ありません。",
        "This kind of shop is not part of the campaign.",
    ),
    code.SHOP_AREA_NOT_ELIGIBLE: Sentence(
        none,
        "この地域のお店はキャンペーンの対象ではありません。",
        "この ばしょの おみせは キャンペーンが ありません。",
        "Shops in this area are not part of the campaign.",
    ),
    code.STREET_NOT_ELIGIBLE: Sentence(
        none,
        "この商店街のお店はキャンペーンの対象ではありません。",
        "この しょうてんがいの おみせは キャンペーンが ありません。",
        "Shops of this shopping street are not part of the campaign.",
    ),
    code.MERCHANT_NOT_ELIGIBLE: Sentence(
        none,
        "このお店はキャンペーンに参加していません。",
        "この おみせは キャンペーンに はいって いません。",
        "This shop does not take part in the campaign.",
    ),
    code.MODE_NOT_ELIGIBLE: Sentence(
        none,
        "このお支払い方法はキャンペーンの対象ではありません。",
        "この はらいかたは キャンペーンが ありません。",
        "This way of paying is not part of the campaign.",
    ),
    code.TIER_NOT_ELIGIBLE: Sentence(
        none,
        "本人確認の区分がキャンペーンの対象ではありません。",
        "あなたの ほんにんかくにんの しゅるいは キャンペーンに はいりません。",
        "The campaign asks for another level of identification.",
    ),
    code.PERSON_AREA_NOT_ELIGIBLE: Sentence(
        none,
        "お住まいの地域はキャンペーンの対象ではありません。",
        "すんで いる ところが キャンペーンの ばしょでは ありません。",
        "The campaign is for people who live elsewhere.",
    ),
    code.PERSON_AREA_NOT_VERIFIED: Sentence(
        none,
        "お住まいの地域の確認が済んでいないため、対象になりません。",
        "すんで いる ところを まだ たしかめて いません。",
        "Where you live was not verified yet, and the campaign asks for that.",
    ),
    code.AGE_BAND_NOT_ELIGIBLE: Sentence(
        none,
        "ご年齢がキャンペーンの対象ではありません。",
        "あなたの としは キャンペーンに はいりません。",
        "The campaign is for people of another age.",
    ),
    code.AGE_BAND_NOT_VERIFIED: Sentence(
        none,
        "ご年齢の確認が済んでいないため、対象になりません。",
        "あなたの としを まだ たしかめて いません。",
        "Your age was not verified yet, and the campaign asks for that.",
    ),
    code.NOT_FIRST_HERE: Sentence(
        none,
        "このお店でのはじめてのお支払いが対象です。",
        "この おみせで はじめて はらう ひとの キャンペーンです。",
        "The campaign is for the first payment at each shop.",
    ),
    code.NOT_FIRST_EVER: Sentence(
        none,
        "はじめてのお支払いだけが対象のキャンペーンです。",
        "はじめて はらう ひとの キャンペーンです。まえに はらった ことが あります。",
        "The campaign is for the first payment that somebody ever makes.",
    ),
    code.STAMP_COLLECTED: Sentence(
        count,
        "スタンプを1つ押しました。あと{}回で還元の対象です。",
        "スタンプを もらいました。あと {}かいで ポイントを もらえます。",
        "A stamp was collected: {} more, and you get points.",
    ),
    code.TIMES_USED: Sentence(
        count,
        "キャンペーン期間中の{}回の還元をお受け取り済みです。",
        "この キャンペーンは {}かいまでです。もう もらいました。",
        "You got points {} times, which is all in this campaign.",
    ),
    code.DAY_TIMES_USED: Sentence(
        count,
        "1日{}回までの還元をお受け取り済みです。",
        "1にち {}かいまでです。その ひは もう もらいました。",
        "You got points {} times that day, which is all for one day.",
    ),
    code.NO_COIN_PART: Sentence(
        none,
        "コインでのお支払い分がないため、還元はありません。",
        "コインの ぶんが ないので ポイントは ありません。",
        "There is no part in coin, and only coin earns points.",
    ),
    code.BELOW_MINIMUM: Sentence(
        count,
        "{}円以上のお支払いが対象です。",
        "{}円から もらえます。",
        "The campaign is for payments of {} yen or more.",
    ),
    code.BUDGET_EMPTY: Sentence(
        none,
        "キャンペーンの予算を使い切りました。",
        "キャンペーンの お金が なくなりました。",
        "The campaign's budget is used up.",
    ),
    code.DAY_BUDGET_EMPTY: Sentence(
        none,
        "この日の分のキャンペーン予算を使い切りました。期間中は、日ごとに新しい分があります。",
        "この ひの ぶんの お金が なくなりました。キャンペーンの あいだは まいにち あります。",
        "The campaign's budget for that day is used up; each of its days has one of its own.",
    ),
    code.ENDED_EARLY: Sentence(
        day,
        "予算が残り少なくなったため、お知らせのとおり{}で終わりました。",
        "お金が すくなく なったので {}で おわりました。",
        "The budget ran low, and the campaign ended on {}, as announced.",
    ),
    code.STEPPED_DOWN_TO_NOTHING: Sentence(
        percent,
        "予算の{}％が使われたため、このお店での還元は終わりました。",
        "お金の {}％を つかったので この おみせの ポイントは おわりました。",
        "After {} % of the budget the campaign gives nothing at this kind of shop any more.",
    ),
    code.ANOTHER_IS_BETTER: Sentence(
        none,
        "同じか、よりお得な別のキャンペーンを適用しました。",
        "おなじか もっと おとくな キャンペーンを つかいました。",
        "Another campaign that gives you as much or more was applied instead.",
    ),
    code.ANOTHER_COMES_FIRST: Sentence(
        none,
        "先に適用される別のキャンペーンがあります。",
        "ほかの キャンペーンを さきに つかいました。",
        "Another campaign that comes first was applied instead.",
    ),
    code.FACT_MISSING_MERCHANT_CLASS: Sentence(
        none,
        "お店の区分が登録されていないため、還元の対象になりません。",
        "おみせの しゅるいが わからないので ポイントは ありません。",
        "The kind of this shop is not on record, so the campaign cannot apply.",
    ),
    code.FACT_MISSING_CATEGORY: Sentence(
        none,
        "お店の業種が登録されていないため、還元の対象になりません。",
        "おみせの しごとが わからないので ポイントは ありません。",
        "The trade of this shop is not on record, so the campaign cannot apply.",
    ),
    code.FACT_MISSING_SHOP_AREA: Sentence(
        none,
        "お店の地域が登録されていないため、還元の対象になりません。",
        "おみせの ばしょが わからないので ポイントは ありません。",
        "The area of this shop is not on record, so the campaign cannot apply.",
    ),
    code.FACT_MISSING_STREET: Sentence(
        none,
        "このお店は商店街のお店として登録されていないため、還元の対象になりません。",
        "この おみせの しょうてんがいが わからないので ポイントは ありません。",
        "No shopping street is on record for this shop, so the campaign cannot apply.",
    ),
    code.FACT_MISSING_MERCHANT: Sentence(
        none,
        "お店がわからないため、還元の対象になりません。",
        "おみせが わからないので ポイントは ありません。",
        "The shop is not known, so the campaign cannot apply.",
    ),
    code.FACT_MISSING_MODE: Sentence(
        none,
        "お支払い方法がわからないため、還元の対象になりません。",
        "はらいかたが わからないので ポイントは ありません。",
        "The way of paying is not known, so the campaign cannot apply.",
    ),
    code.FACT_MISSING_TIME: Sentence(
        none,
        "お支払いの時刻がわからないため、還元の対象になりません。",
        "はらった じかんが わからないので ポイントは ありません。",
        "The time of the payment is not known, so the campaign cannot apply.",
    ),
    code.FACT_MISSING_TIER: Sentence(
        none,
        "本人確認の区分がわからないため、還元の対象になりません。",
        "ほんにんかくにんが わからないので ポイントは ありません。",
        "The level of identification is not known, so the campaign cannot apply.",
    ),
    code.FACT_MISSING_PERSON_AREA: Sentence(
        none,
        "お住まいの地域が登録されていないため、還元の対象になりません。",
        "すんで いる ところを まだ おしえて もらって いません。",
        "Where you live is not on record, so the campaign cannot apply.",
    ),
    code.FACT_MISSING_AGE_BAND: Sentence(
        none,
        "ご年齢が登録されていないため、還元の対象になりません。",
        "あなたの としを まだ おしえて もらって いません。",
        "Your age is not on record, so the campaign cannot apply.",
    ),
    code.FACT_MISSING_FIRST_PAYMENT: Sentence(
        none,
        "はじめてのお支払いかどうかがわからないため、還元の対象になりません。",
        "はじめて はらうか どうか わからないので ポイントは ありません。",
        "Whether this is a first payment is not known, so the campaign cannot apply.",
    ),
}
