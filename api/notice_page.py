"""The page of the public log of notices: what the city sent, what for, and to whom, in words."""

from collections.abc import Sequence
from html import escape
from typing import Final

from api.answers import in_zone
from api.public_page import both, framed
from api.ruby import with_readings
from insights.package_columns import Said
from insights.plan import StatisticsPlan
from ledger.regions import Region
from notifications.kinds import Language, NoticeKind
from notifications.log import Sent
from notifications.segment_words import segment_words

_KINDS: Final[dict[NoticeKind, Said]] = {
    "public_service": Said("市からのお知らせ", "from the city"),
    "campaign": Said("キャンペーンのお知らせ", "about a campaign"),
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


def _article(region: Region, each: Sent, lists: StatisticsPlan | None) -> str:
    kind, words = _KINDS[each.kind], segment_words(each.segment, lists)
    whom = Said(words["ja"], f"{words['en'][0].upper()}{words['en'][1:]}")
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
