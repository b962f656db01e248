"""Words for what happened to somebody's own money or data, in three languages. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from ledger.regions import Region
from notifications.kinds import Language

_WORDS: Final[dict[str, dict[Language, tuple[str, str]]]] = {
    "payment": {
        "ja": ("お支払い {amount}円", "{store}で{amount}円を支払いました。"),
        "ja_plain": (
            "{amount}円(えん) はらいました",
            "{store}で {amount}円(えん)を はらいました。",
        ),
        "en": ("You paid ¥{amount}", "You paid ¥{amount} at {store}."),
    },
    "refund": {
        "ja": ("返金 {amount}円", "{store}から{amount}円が返金されました。"),
        "ja_plain": (
            "{amount}円(えん) もどりました",
            "{store}から {amount}円(えん)が もどりました。",
        ),
        "en": ("¥{amount} came back", "{store} gave ¥{amount} back to you."),
    },
    "void": {
        "ja": ("お支払いの取消 {amount}円", "{store}での{amount}円のお支払いが取り消されました。"),
        "ja_plain": (
            "{amount}円(えん) はらったのを やめました",
            "{store}で {amount}円(えん) はらったのを お店(みせ)が なしに しました。",
        ),
        "en": ("A payment of ¥{amount} was voided", "{store} voided your payment of ¥{amount}."),
    },
    "top_up": {
        "ja": ("チャージ {amount}円", "{amount}円をチャージしました。"),
        "ja_plain": ("{amount}円(えん) 入(はい)りました", "{amount}円(えん)を 入(い)れました。"),
        "en": ("¥{amount} was added", "Your wallet has ¥{amount} more."),
    },
    "top_up.reversed": {
        "ja": ("チャージの取消 {amount}円", "{amount}円のチャージが取り消されました。"),
        "ja_plain": (
            "{amount}円(えん) 入(い)れたのが なくなりました",
            "{amount}円(えん)を 入(い)れたのが なしに なりました。",
        ),
        "en": ("A top-up of ¥{amount} was reversed", "Your top-up of ¥{amount} was taken back."),
    },
    "points": {
        "ja": ("ポイント {points}", "{points}ポイントが付きました。"),
        "ja_plain": ("{points}ポイント もらいました", "{points}ポイントを もらいました。"),
        "en": ("{points} points", "You were given {points} points."),
    },
    "expiring": {
        "ja": ("{on}で期限が切れます", "{amount}円分が{on}を過ぎると使えなくなります。"),
        "ja_plain": (
            "{on}までに つかってください",
            "{amount}円(えん)は {on}の あと つかえません。",
        ),
        "en": ("Use it by {on}", "¥{amount} can be used until {on}, and not after it."),
    },
    "looked_at": {
        "ja": ("情報の閲覧", "担当者があなたの情報を見ました。理由はアプリの記録にあります。"),
        "ja_plain": (
            "あなたの 情報(じょうほう)を 見(み)ました",
            "係(かかり)の 人(ひと)が 見(み)ました。どうしてかは アプリで わかります。",
        ),
        "en": ("Your data was looked at", "Somebody looked at your data. The app says why."),
    },
}


def own_words(
    region: Region, kind: str, about: Mapping[str, Any], language: Language
) -> tuple[str, str]:
    """A title and a body; numbers and days as people write them. What an entry undid has words of
    its own, by the `event` in `about`.
    """
    values = {"store": region.name} | {
        name: _day(str(value), language)
        if name == "on"
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
        for name, value in about.items()
    }
    title, body = _WORDS[about.get("event", kind)][language]
    return title.format_map(values), body.format_map(values)


def _day(told: str, language: Language) -> str:
    day = date.fromisoformat(told)
    if language == "en":
        return f"{day.day} {day:%B}"
    if language == "ja_plain":
        return f"{day.month}月(がつ){day.day}日(にち)"
    return f"{day.month}月{day.day}日"
