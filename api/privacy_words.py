"""What the page about privacy says, in Japanese and English: no more than holds.

`{week}` and `{year}` are figures that insights/privacy_statement.py computes.
"""

from typing import Final

from insights.package_columns import Said

SAID: Final = Said(
    "あなた以外の全員のことをすべて知っている人が、公表された一週間の表を調べても、あなたがその週に"
    "地域通貨を使ったかどうかを言い当てられるのは、100回のうち多くても{week}回です。表を見ずに"
    "コインを投げて決めても、50回は当たります。",
    "Somebody who knows everything about everybody else, and studies the tables of a week, guesses"
    " whether you used the currency in that week at most {week} times right out of 100. Tossing a"
    " coin is right 50 times.",
)
YEAR: Final = Said(
    "一年分の統計をすべて合わせて調べ、あなたがその一年に使ったことがあるかどうかを当てる場合でも、"
    "100回のうち多くても{year}回です。",
    "With all statistics of a whole year, whether you used it at all in that year is guessed at"
    " most {year} times right out of 100.",
)
CONDITION: Final = Said(
    "どちらも、使ったかどうかが事前には五分五分に見える場合の割合です。",
    "Both hold where it looked as likely as not beforehand.",
)
HOW: Final = (
    Said(
        "一人が数字を動かせる大きさに、上限があります。それを超えて使った分は、統計に入りません。",
        "What one person can add to the figures is capped. What goes beyond is not counted.",
    ),
    Said(
        "公表するすべての数字に、計算で作ったノイズ(ぶれ)を足します。ノイズは一度だけ作り、"
        "公表した数字は二度と変えません。何度見ても、同じ数字です。",
        "Noise is added to every figure that is told. It is drawn once, and what was told never"
        " changes: whoever looks again sees the same.",
    ),
    Said(
        "ノイズを足した人数が少ない区分は、公表しません。これは読みやすさのための決まりで、"
        "保証はノイズから来ます。",
        "Cells with few people, by the noisy count, are not told. That is a rule for legibility;"
        " the guarantee comes from the noise.",
    ),
    Said(
        "公表するたびに、一年分の「プライバシー予算」を使います。使い切ったら、その年はもう"
        "公表しません。予算は、データベースが超過を拒みます。",
        "Each release takes from a privacy budget for the year. Once it is used up, nothing more is"
        " released in that year; the database refuses to go beyond.",
    ),
)
NOT_PROTECTED: Final[dict[str, Said]] = {
    "shops": Said(
        "お店。守られるのは、支払った人です。事業者が3者未満の区分をほかとまとめるのは決まりで"
        "あって、保証ではありません。",
        "Shops. Those who pay are protected. That cells of fewer than three businesses are merged"
        " is a rule, not a guarantee.",
    ),
    "several_accounts": Said(
        "本人確認をしていない人が持つ、複数のアカウント。保証は、一つの登録ごとです。確認していない"
        "登録が同じ人のものかどうかは分からないので、いくつも持つ人の守りは、その分弱くなります。",
        "Several accounts of somebody who was not verified. The guarantee is for each registration;"
        " whether two that were not verified are one person is not known, so whoever has several is"
        " protected less.",
    ),
    "groups": Said(
        "いつもいっしょに使う家族や仲間。保証は、一人ずつのものです。何人かが同じように使っていると、"
        "その人たちをまとめた守りは、人数が多いほど弱くなります。",
        "Families and friends who always pay together. The guarantee is for each person; what"
        " several do alike is protected less, the more they are.",
    ),
    "operator": Said(
        "データベースを運用する人に対して。運用する人は、元の記録を読めます。この保証は、公表された"
        "統計についてのものです。",
        "Against whoever operates the database: they can read the original records. The guarantee"
        " is about the statistics that were released.",
    ),
    "elsewhere": Said(
        "統計の外で知られたこと。お店でのやり取りや、このページの一覧にない数字(キャンペーンの"
        "予算の残りの目安など)は、この保証に入りません。",
        "What is known from elsewhere: what happens in a shop, and figures that are not on the list"
        " on this page (such as how much of a campaign's budget is left, in coarse steps).",
    ),
    "common": Said(
        "みんなに共通すること。「この地域では土曜によく使われる」と統計で分かれば、あなたが統計に"
        "入っていてもいなくても、あなたもそうだろうと思われることがあります。",
        "What is common to many. If statistics tell that an area spends on Saturdays, others may"
        " think so of you, whether you are in them or not.",
    ),
    "years": Said(
        "何年も合わせた場合。予算は毎年新しくなり、年をまたぐと足し合わされます。これまでの合計も、"
        "下の表に書いています。ほかの地域でも使う人は、そこの統計の分も足し合わされます。",
        "Many years together. The budget is new each year, and years add up. What all of it comes"
        " to so far stands in the table below. Whoever pays in other regions too adds theirs.",
    ),
}
NOTICES: Final = (
    Said(
        "買い物した場所から選んで送るお知らせは、アプリで同意した方にだけ届きます。同意しなければ、"
        "選ばれません。同意は、いつでもやめられます。",
        "A notice for which people are chosen by where they paid goes to those alone who agreed to"
        " that in the app. Nobody else is chosen, and you may withdraw at any time.",
    ),
    Said(
        "だれに届いたか、だれが読んだかは、お知らせを書く市の担当者も見られません。分かるのは、"
        "読んだ人と読んでいない人の、ノイズを足した数だけです。",
        "Whom it reached and who read it is not shown to those in the city who write it either:"
        " they are told two numbers with noise, how many have read it and how many have not.",
    ),
)
NO_RELEASE: Final = Said(
    "公表された統計は、まだありません。上の数字は、予定している予算で計算したものです。",
    "Nothing has been released yet. The figures above are computed from the planned budget.",
)
