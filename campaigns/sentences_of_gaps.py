"""What is read where it cannot be told any more why a campaign gave nothing: it is not made up.

Made when a payment is explained; no decision says so, and no grant keeps it.
"""

from typing import Final

from campaigns.sentence import Sentence, none

FACTS_NOT_KEPT: Final = "facts-not-kept"
FACTS_ERASED: Final = "facts-erased"

GAPS: Final = {
    FACTS_NOT_KEPT: Sentence(
        none,
        "判定に使った情報が残っていないため、理由を示せません。",
        "しらべる ための きろくが ありません。りゆうは わかりません。",
        "What was looked at was not kept, so the reason cannot be told.",
    ),
    FACTS_ERASED: Sentence(
        none,
        "判定に使った本人の情報は消去されたため、理由を示せません。",
        "その 人の きろくは けしました。りゆうは わかりません。",
        "What was known about the person has been erased, so the reason cannot be told.",
    ),
}
