"""Why somebody was told something, in a sentence that anybody understands. Pure."""

from typing import Final

from insights.plan import StatisticsPlan
from notifications.kinds import Language
from notifications.read_inbox import Item
from notifications.segment import SEGMENT
from notifications.segment_words import segment_words

_MOVED: Final[dict[Language, str]] = {
    "ja": "あなたの残高が動いたときは、お知らせします。",
    "ja_plain": "あなたの お金(かね)や ポイントが かわったので、お知(し)らせします。",
    "en": "You are told whenever your balance changes.",
}
_SENTENCES: Final[dict[str, dict[Language, str]]] = {
    "expiring": {
        "ja": "まもなく使えなくなる残高があるときは、お知らせします。",
        "ja_plain": "もうすぐ つかえなくなる お金(かね)や ポイントが あります。"
        "それで お知(し)らせします。",
        "en": "You are told a week before something in your wallet can be used no more.",
    },
    "looked_at": {
        "ja": "担当者があなたの情報を見たときは、必ずお知らせします。",
        "ja_plain": "係(かかり)の 人(ひと)が あなたの 情報(じょうほう)を 見(み)たら、"
        "いつも お知(し)らせします。",
        "en": "You are always told when somebody who works here looked at your data.",
    },
    "emergency": {
        "ja": "緊急のお知らせで、すべての方に届いています。",
        "ja_plain": "大切(たいせつ)な お知(し)らせです。みんなに とどいています。",
        "en": "It is an emergency: everybody is told.",
    },
}
_OF_SEGMENT: Final[dict[Language, str]] = {
    "ja": "{whom}に送ったお知らせです。あなたも当てはまるため、届きました。",
    "ja_plain": "{whom}に おくった お知(し)らせです。あなたも そうだったので、とどきました。",
    "en": "It went to {whom}. You were one of them.",
}


def why_sentence(item: Item, lists: StatisticsPlan | None, language: Language) -> str:
    """What is of one's own, and why it is told; or whom it was for, by the names of the lists."""
    why = item.why or {}
    if "segment" in why:
        whom = segment_words(SEGMENT.validate_python(why["segment"]), lists)[language]
        return _OF_SEGMENT[language].format(whom=whom)
    return _SENTENCES.get(item.kind, _MOVED)[language]
