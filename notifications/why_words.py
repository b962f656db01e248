"""Why somebody was told something, in a sentence that anybody understands. Pure."""

from typing import Final

from notifications.kinds import Language
from notifications.read_inbox import Item

_SENTENCES: Final[dict[str, dict[Language, str]]] = {
    "own": {
        "ja": "あなたの残高や情報に動きがあったため、届きました。",
        "ja_plain": "あなたの お金や 情報が 動いたので、届きました。",
        "en": "Something happened to your money or your data.",
    },
    "emergency": {
        "ja": "緊急のお知らせで、すべての方に届いています。",
        "ja_plain": "大切な お知らせです。みんなに 届いています。",
        "en": "It is an emergency: everybody is told.",
    },
    "declared": {
        "ja": "お知らせに同意し、登録した地域や関心が当てはまるため、届きました。",
        "ja_plain": "あなたが「知りたい」と 言ったので、届きました。",
        "en": "You agreed to such notices, and what you said of home and interests fits.",
    },
    "payments": {
        "ja": "支払いの場所で選ばれることに同意し、その週にそうした店で支払ったため届きました。",
        "ja_plain": "買い物の 場所で お知らせを もらうことに「はい」と 言ったので、届きました。",
        "en": "You agreed to be chosen by where you pay, and paid in such shops that week.",
    },
}


def why_sentence(item: Item, language: Language) -> str:
    """By what sort of thing it is: own, to everybody, by declaration, by payments."""
    if item.texts is None:
        return _SENTENCES["own"][language]
    if item.kind == "emergency":
        return _SENTENCES["emergency"][language]
    by = (item.why or {}).get("segment", {}).get("by", "declared")
    return _SENTENCES[by][language]
