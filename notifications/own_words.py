"""Words for what happened to somebody's own money or data, in three languages. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from ledger.regions import Region
from notifications.kinds import Language

_WORDS: Final[dict[str, dict[Language, tuple[str, str]]]] = {
    "payment": {
        "ja": ("お支払い {amount}円", "{store}で{amount}円を支払いました。"),
        "ja_plain": ("{amount}円 はらいました", "{store}で {amount}円を はらいました。"),
        "en": ("You paid ¥{amount}", "You paid ¥{amount} at {store}."),
    },
    "refund": {
        "ja": ("返金 {amount}円", "{store}から{amount}円が返金されました。"),
        "ja_plain": ("{amount}円 もどりました", "{store}から {amount}円が もどりました。"),
        "en": ("¥{amount} came back", "{store} gave ¥{amount} back to you."),
    },
    "top_up": {
        "ja": ("チャージ {amount}円", "{amount}円をチャージしました。"),
        "ja_plain": ("{amount}円 入りました", "{amount}円を 入れました。"),
        "en": ("¥{amount} was added", "Your wallet has ¥{amount} more."),
    },
    "points": {
        "ja": ("ポイント {points}", "{points}ポイントが付きました。"),
        "ja_plain": ("{points}ポイント もらいました", "{points}ポイントを もらいました。"),
        "en": ("{points} points", "You were given {points} points."),
    },
    "expiring": {
        "ja": ("{on}で期限が切れます", "{amount}円分が{on}を過ぎると使えなくなります。"),
        "ja_plain": ("{on}までに つかってください", "{amount}円分は {on}の あと つかえません。"),
        "en": ("Use it by {on}", "¥{amount} can be used until {on}, and not after it."),
    },
    "looked_at": {
        "ja": ("情報の閲覧", "担当者があなたの情報を見ました。理由はアプリの記録にあります。"),
        "ja_plain": ("あなたの 情報を 見ました", "係(かかり)の 人が あなたの 情報を 見ました。"),
        "en": ("Your data was looked at", "Somebody looked at your data. The app says why."),
    },
}


def own_words(
    region: Region, kind: str, about: Mapping[str, Any], language: Language
) -> tuple[str, str]:
    """A title and a body; numbers and days as people write them."""
    values = {"store": region.name} | {
        name: _day(str(value), language)
        if name == "on"
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
        for name, value in about.items()
    }
    title, body = _WORDS[kind][language]
    return title.format_map(values), body.format_map(values)


def _day(told: str, language: Language) -> str:
    day = date.fromisoformat(told)
    return f"{day.day} {day:%B}" if language == "en" else f"{day.month}月{day.day}日"
