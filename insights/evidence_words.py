"""What is said of evidence in whole sentences, in Japanese and in English."""

from typing import Final, Literal

from insights.effects import FEWEST_BEFORE, FEWEST_DURING, MOST_NOISE_PERCENT, Reason
from insights.names import Called
from insights.reach import HARDLY_PERCENT, MOSTLY_PERCENT

Note = Literal["stopped", "changed", "people-not-told", "hours-not-told", "bonus", "rounded-cost"]
"""What makes an effect look smaller, or a cost other than it is; it hinders no conclusion."""

CLASSES: Final[dict[str, Called]] = {
    "street_member": Called("商店街加盟店", "Members of shopping streets"),
    "small": Called("小規模店", "Small shops"),
    "convenience": Called("コンビニ", "Convenience stores"),
    "large": Called("大型店", "Large shops"),
}
"""Of merchants."""

REASONS: Final[dict[Reason, Called]] = {
    "too-few-weeks-before": Called(
        f"開始前に公表された週が{FEWEST_BEFORE}週に足りないため、結論できません。",
        f"Fewer than {FEWEST_BEFORE} weeks before the campaign were released.",
    ),
    "too-few-weeks-during": Called(
        f"期間中にまるごと含まれる週が{FEWEST_DURING}週に足りないため、結論できません。",
        f"Fewer than {FEWEST_DURING} weeks lie wholly within the campaign.",
    ),
    "weeks-missing": Called(
        "途中の週に公表値がないため、結論できません。", "Weeks in between have no release."
    ),
    "reaches-everybody": Called(
        "全ての区分が対象で、比べる相手がないため、キャンペーンの効果とは結論できません。",
        "The campaign reached every cell: there is nothing to compare with.",
    ),
    "not-told-apart": Called(
        "公表された区分では対象の店と対象外の店を分けられないため、結論できません"
        f"(店の{MOSTLY_PERCENT} %以上が対象の区分を対象、{HARDLY_PERCENT} %以下を対象外とします)。",
        f"No released cell is reached as a whole ({MOSTLY_PERCENT} % of its businesses or more).",
    ),
    "cells-suppressed": Called(
        "人数か事業者が少なく公表されない区分が多いため、結論できません。",
        "Too many cells were suppressed in some week.",
    ),
    "noise-too-large": Called(
        f"保護のためのノイズが週の合計の{MOST_NOISE_PERCENT} %を超えるため、結論できません。",
        f"The noise is more than {MOST_NOISE_PERCENT} % of a week's sum.",
    ),
    "trends-differ": Called(
        "開始前から対象と対象外の動きが違っていたため、結論できません。",
        "Both sides drifted apart before the campaign began.",
    ),
    "another-campaign": Called(
        "比べる週に別のキャンペーンも行われていたため、どちらの効果か結論できません。",
        "Another campaign ran in the weeks that are compared.",
    ),
    "interval-includes-zero": Called(
        "95 %の区間に0が含まれるため、効果があったとは結論できません。",
        "The 95 % interval includes zero.",
    ),
}
"""Why nothing is concluded."""

NOTES: Final[dict[Note, Called]] = {
    "stopped": Called(
        "途中で一時停止しました。停止中の日も期間に含まれ、効果は小さく見えます。",
        "It was stopped for some time; those days are counted, and the effect looks smaller.",
    ),
    "changed": Called(
        "途中で条件が変わりました。対象は現在の条件で決めています。",
        "Its terms changed on the way; who is reached follows from the newest ones.",
    ),
    "people-not-told": Called(
        "対象となる人の条件は公表された表にないため、区分には対象外の人も含まれ、"
        "効果は小さく見えます。",
        "Conditions about people are in no table: cells hold others too, and the effect looks"
        " smaller.",
    ),
    "hours-not-told": Called(
        "曜日・時間帯の条件は週の表にないため、効果は小さく見えます。",
        "Weekdays and hours are in no weekly table: the effect looks smaller.",
    ),
    "bonus": Called(
        "チャージへの特典です。チャージした人がどの店で使うかは決まっていません。",
        "It gave for top-ups, which are spent in any shop.",
    ),
    "rounded-cost": Called(
        "費用は市に示される丸めた額で、区間は丸めの幅を含みます。",
        "The cost is rounded as the city is told it; its interval includes the rounding.",
    ),
}

LIMITS: Final[tuple[Called, ...]] = (
    Called(
        "公表された支払額は、一人の影響を週15,000円相当までに抑えた後の値です。"
        "大口の買い物による増加は実際より小さく出ます。",
        "Released spend is bounded for each person and week: what large purchases add looks"
        " smaller.",
    ),
    Called(
        "対象の店で増えた分が、対象外の店や現金・他の支払手段から移ったものかどうかは分かりません。",
        "Whether spending came from shops that were not reached, or from cash and other means of"
        " payment, cannot be told.",
    ),
    Called(
        "買い物を前倒し・先送りしただけかどうかは、終了後の比較からしか推し量れません。",
        "Whether purchases were only moved in time shows, if at all, in the weeks after.",
    ),
    Called(
        "季節・天候・催しなど、対象だけに起きた別の出来事の影響は分けられません。",
        "What else happened to the reached cells alone, by season, weather or events, is not"
        " separated.",
    ),
    Called(
        "公表されなかった区分と、期間の端数の週は数えていません。費用はそれらの分も含みます。",
        "Suppressed cells and weeks that are cut by the campaign's days are not counted; the cost"
        " includes them.",
    ),
    Called(
        "内訳は多数の区間を同時に見るため、およそ20に1つは偶然に外れます。主な結論は全体の1つだけです。",
        "Of the many intervals of the parts about one in twenty is wrong by chance: the main"
        " conclusion is that of the whole.",
    ),
)
"""What no report of this kind can say."""

METHOD: Final = Called(
    "差の差(対数): 期間中の各週と開始前の各週について、対象と対象外の合計の比の対数をとり、"
    "平均の差を求めます。"
    "区間は t 分布による95 %で、週ごとのばらつき(隣り合う週の似かたで補正)と、"
    "公表値のノイズの大きい方を使います。",
    "Difference-in-differences of logarithms: the mean, over the weeks during and before, of the"
    " logarithm of the reached over the other cells' sums. Intervals are 95 % of Student's t, by"
    " the variance between weeks (stretched by how alike neighbours are) or that of the released"
    " noise, whichever is larger.",
)
