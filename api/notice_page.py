"""The page of the public log of notices: what the city sent, what for, and to whom, in words."""

from collections.abc import Sequence
from html import escape
from typing import Final, Literal

from api.answers import in_zone
from api.public_page import both, framed
from api.ruby import with_readings
from insights.names import name_of
from insights.package_columns import Said
from insights.plan import StatisticsPlan
from ledger.regions import Region
from notifications.kinds import Language, NoticeKind
from notifications.log import Sent
from notifications.segment import TOPICS, Declared, Paid, Topic

_KINDS: Final[dict[NoticeKind, Said]] = {
    "public_service": Said("市からのお知らせ", "from the city"),
    "campaign": Said("キャンペーンのお知らせ", "about a campaign"),
}
_TOPICS: Final[dict[Topic, Said]] = {
    "events": Said("催し", "events"),
    "shops": Said("お店", "shops"),
    "families": Said("子育て", "families"),
    "seniors": Said("高齢の方", "older people"),
    "health": Said("健康", "health"),
    "safety": Said("安全", "safety"),
    "environment": Said("環境", "the environment"),
}
_LANGUAGES: Final[dict[Language, Said]] = {
    "ja": Said("日本語", "Japanese"),
    "ja_plain": Said("やさしい日本語", "Plain Japanese"),
    "en": Said("英語", "English"),
}
_PLAIN: Final = (
    "《市|し》が おくった お《知|し》らせです。だれに とどいたかは、《市|し》も わかりません。"
)
_LEAD: Final = (
    "<p>お知らせの設定で「受け取る」を選んだ方に、市が送ったお知らせです。だれに届いたかは、市も"
    "見ることができません。市に分かるのは、読んだ人と読んでいない人の、ぶれを加えた数だけです。</p>\n"
    f'<p class="plain">{with_readings(_PLAIN)}</p>\n'
    '<p lang="en">Notices that the city sent to those who agreed to get them. Whom they reached,'
    " the city cannot see: it is told two noisy numbers, how many have read one and how many have"
    " not.</p>\n"
)


def notices_page(
    region: Region, sent: Sequence[Sent], lists: StatisticsPlan | None, older: str | None
) -> bytes:
    """Newest first; `older` is the cursor of the next page."""
    told = "".join(_article(region, each, lists) for each in sent)
    none = '<p>お知らせは、まだありません。</p>\n<p lang="en">No notices yet.</p>\n'
    onward = (
        f'<p><a rel="next" href="?cursor={escape(older)}">前のお知らせ / '
        '<span lang="en">Older notices</span></a></p>\n'
        if older
        else ""
    )
    return framed(f"{region.name} お知らせの記録", f"{_LEAD}{told or none}{onward}")


def segment_said(segment: Declared | Paid, lists: StatisticsPlan | None) -> Said:
    """Whom it was for, in words."""
    if isinstance(segment, Paid):
        ja = "買い物した場所から選んでよいと答えた方のうち、"
        en = "Those who agreed to be chosen by where they pay, and paid"
        if segment.area is not None:
            area = _name(lists, "area", segment.area)
            ja, en = f"{ja}{area.ja}の", f"{en} in {area.en}"
        if segment.category is not None:
            trade = _name(lists, "category", segment.category)
            ja, en = f"{ja}「{trade.ja}」の", f"{en} at shops of “{trade.en}”"
        return Said(f"{ja}お店で払った方", en)
    ja, en = "お知らせを受け取ると答えた方", "Those who agreed to get such news"
    if segment.home_area is not None:
        area = _name(lists, "area", segment.home_area)
        ja = f"{ja}のうち、住まいを{area.ja}とした方"
        en = f"{en}, and said that they live in {area.en}"
    if segment.interest is not None:
        wanted = _interest(lists, segment.interest)
        ja, en = f"{ja}、関心が「{wanted.ja}」の方", f"{en}, and are interested in {wanted.en}"
    return Said(ja, en)


def _article(region: Region, each: Sent, lists: StatisticsPlan | None) -> str:
    kind, whom = _KINDS[each.kind], segment_said(each.segment, lists)
    sent_at = in_zone(each.begun_at, region)
    stopped = ""
    if each.state == "stopped" and each.ended_at is not None:
        ended_at = in_zone(each.ended_at, region)
        stopped = f"<dt>{both('中止 / Stopped')}</dt><dd>{ended_at:%Y-%m-%d %H:%M}</dd>"
    return (
        f'<article id="n-{each.notice_id}">\n<h2>{escape(each.texts["ja"].title)}</h2>\n<dl>'
        f"<dt>{both('送った日時 / Sent')}</dt><dd>{sent_at:%Y-%m-%d %H:%M}</dd>"
        f"<dt>{both('種類 / Kind')}</dt><dd>{_twice(kind)}</dd>"
        f"<dt>{both('目的 / Purpose')}</dt><dd>{escape(each.purpose)}</dd>"
        f"<dt>{both('対象 / For')}</dt><dd>{_twice(whom)}</dd>{stopped}</dl>\n"
        f"{''.join(_words(each, language) for language in _LANGUAGES)}</article>\n"
    )


def _words(each: Sent, language: Language) -> str:
    called, words = _LANGUAGES[language], each.texts[language]
    lang = ' lang="en"' if language == "en" else ' class="plain"' if language == "ja_plain" else ""
    body = escape(words.body).replace("\n", "<br>")
    return (
        f"<section><h3>{_twice(called)}</h3>\n"
        f"<div{lang}><p><strong>{escape(words.title)}</strong></p>\n<p>{body}</p></div></section>\n"
    )


def _twice(said: Said) -> str:
    return f'{escape(said.ja)} / <span lang="en">{escape(said.en)}</span>'


def _name(lists: StatisticsPlan | None, column: Literal["area", "category"], code: str) -> Said:
    if lists is None:
        return Said(code, code)
    called = name_of(lists, column, code)
    return Said(called.ja, called.en)


def _interest(lists: StatisticsPlan | None, code: str) -> Said:
    return next((_TOPICS[each] for each in TOPICS if each == code), _name(lists, "category", code))
