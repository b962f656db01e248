"""The words of e-mail and SMS: that there is something in the inbox, and of an emergency what.

What somebody was told about their own money, or for which segment, is for the inbox alone: a mail
server and a company that sends text messages read what passes through them.
"""

from typing import Final

from notifications.kinds import Kind, Language

_SOMETHING: Final[dict[Language, str]] = {
    "ja": "お知らせが届いています\nアプリの「お知らせ」をご覧ください。",
    "ja_plain": "お知(し)らせが あります\nアプリの「お知(し)らせ」を 見(み)てください。",
    "en": "There is a notice for you\nPlease open the notices in the app.",
}


def short_words(
    kind: Kind, language: Language, texts: dict[str, dict[str, str]] | None, longest: int | None
) -> str:
    """The subject, then the text. Of an emergency all of it, up to `longest` characters."""
    if kind != "emergency" or texts is None:
        return _SOMETHING[language]
    words = f"{texts[language]['title']}\n{texts[language]['body']}"
    return words if longest is None or len(words) <= longest else f"{words[: longest - 1]}…"
