"""What the files of a package say in words, in Japanese and English."""

from typing import Final

from insights.package_columns import OPEN_TABLES, Said, Status
from insights.released import Released

LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
LICENCE_NAME: Final = Said(
    "クリエイティブ・コモンズ 表示 4.0 国際(CC BY 4.0)",
    "Creative Commons Attribution 4.0 International (CC BY 4.0)",
)
STATUSES: Final[dict[Status, Said]] = {
    "published": Said(
        "published: 値と95%区間を公表しています。",
        "published: the figures are told, with intervals of 95 %.",
    ),
    "suppressed": Said(
        "suppressed: 公表しません(ノイズを加えた支払者数が基準に満たない、または事業者が"
        "3者未満)。0という意味ではありません。",
        "suppressed: not told (too few payers by the noisy count, or fewer than three"
        " businesses). It does not mean zero.",
    ),
    "merged": Said(
        "merged: 事業者が3者未満のため、「統合先」の行に含めました。",
        "merged: fewer than three businesses; counted in the row that it names.",
    ),
}
NOTES: Final = (
    Said(
        "人を守るため、すべての値に、計算で作ったノイズ(ぶれ)を加えています。正確な値では"
        "ありません。負の値になることもあります。",
        "To protect people, noise was added to every figure. None is exact, and some may be"
        " below zero.",
    ),
    Said(
        "95%区間は、加えたノイズによるぶれの幅です。一人の支払いは上限で頭打ちにし、多くの区分で"
        "使った人は各区分で1人より小さく数えるので、実際の合計より小さくなることがあります。"
        "区間にその差は含みません。",
        "The intervals of 95 % tell how far the noise reaches. What one person adds is capped, and"
        " who pays in many cells counts less in each, so figures may lie below the real totals;"
        " the intervals do not cover that.",
    ),
    Said(
        "空欄は「公表しない」という意味です。0ではありません。",
        "An empty figure is one that is not told. It is not zero.",
    ),
    Said(
        "合計は、公表された行の和として計算してください。公表しない行の値は分かりません。",
        "Make totals by adding rows that are told. What is in the others is not known.",
    ),
    Said(
        "公表した値は後から変わりません。後の返金は、返金した週に数えます。",
        "What was told never changes. A later refund counts in the week in which it is made.",
    ),
    Said(
        "お店を守る仕組みではありません。事業者が3者未満の区分をまとめるのは決まりであり、"
        "保証ではありません。",
        "Shops are not protected by this. That cells of fewer than three businesses are merged is"
        " a rule, not a guarantee.",
    ),
)


def period_title(released: Released, region_name: str) -> Said:
    """The table of these days in this region."""
    title = OPEN_TABLES[released.table].title
    days = f"{released.first_day}〜{released.last_day}"
    return Said(
        f"{region_name} {title.ja} {days}",
        f"{region_name}: {title.en}, {released.first_day} to {released.last_day}",
    )
