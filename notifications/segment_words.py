"""Whom a notice was for, in words that anybody understands, in three languages. Pure."""

from typing import Final

from insights.plan import StatisticsPlan
from notifications.kinds import Language
from notifications.names import names_of
from notifications.segment import TOPICS, Declared, Paid, Topic

TOPIC_WORDS: Final[dict[Topic, dict[Language, str]]] = {
    "events": {"ja": "催し", "ja_plain": "イベント", "en": "events"},
    "shops": {"ja": "お店", "ja_plain": "お店(みせ)", "en": "shops"},
    "families": {"ja": "子育て", "ja_plain": "子(こ)ども", "en": "families"},
    "seniors": {"ja": "高齢の方", "ja_plain": "お年(とし)より", "en": "older people"},
    "health": {"ja": "健康", "ja_plain": "健康(けんこう)", "en": "health"},
    "safety": {"ja": "安全", "ja_plain": "安全(あんぜん)", "en": "safety"},
    "environment": {"ja": "環境", "ja_plain": "環境(かんきょう)", "en": "the environment"},
}


def segment_words(segment: Declared | Paid, lists: StatisticsPlan | None) -> dict[Language, str]:
    """Those for whom it was, as the middle or the end of a sentence."""
    return _paid(segment, lists) if isinstance(segment, Paid) else _declared(segment, lists)


def _paid(segment: Paid, lists: StatisticsPlan | None) -> dict[Language, str]:
    ja = "買い物した場所から選んでよいと答えた方のうち、"
    plain = "買(か)い物(もの)の 場所(ばしょ)で えらんで いいと 言(い)った 人(ひと)で、"
    en = "those who agreed to be chosen by where they pay, and paid"
    if segment.area is not None:
        area = names_of(lists, "area", segment.area)
        ja, plain = f"{ja}{area['ja']}の", f"{plain}{area['ja_plain']}の "
        en = f"{en} in {area['en']}"
    if segment.category is not None:
        trade = names_of(lists, "category", segment.category)
        ja, plain = f"{ja}「{trade['ja']}」の", f"{plain}「{trade['ja_plain']}」の "
        en = f"{en} at shops of “{trade['en']}”"
    plain = f"{plain}お店(みせ)で はらった 人(ひと)"
    return {"ja": f"{ja}お店で払った方", "ja_plain": plain, "en": en}


def _declared(segment: Declared, lists: StatisticsPlan | None) -> dict[Language, str]:
    ja = "お知らせを受け取ると答えた方"
    plain = "お知(し)らせが ほしいと 言(い)った 人(ひと)"
    en = "those who agreed to get such news"
    if segment.home_area is not None:
        area = names_of(lists, "area", segment.home_area)
        ja = f"{ja}のうち、住まいを{area['ja']}とした方"
        plain = f"{plain}で、{area['ja_plain']}に 住(す)んでいる 人(ひと)"
        en = f"{en}, and said that they live in {area['en']}"
    if segment.interest is not None:
        wanted = _interest(lists, segment.interest)
        ja = f"{ja}、関心が「{wanted['ja']}」の方"
        plain = f"{plain}で、「{wanted['ja_plain']}」の ことを 知(し)りたい 人(ひと)"
        en = f"{en}, and are interested in {wanted['en']}"
    return {"ja": ja, "ja_plain": plain, "en": en}


def _interest(lists: StatisticsPlan | None, code: str) -> dict[Language, str]:
    topic = next((each for each in TOPICS if each == code), None)
    return names_of(lists, "category", code) if topic is None else TOPIC_WORDS[topic]
