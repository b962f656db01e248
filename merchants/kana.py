"""Write a name in the kana of banks: half-width, one byte each, and nothing that a bank refuses.

What Zengin transfers (総合振込) take: digits, capital letters, kana without small ones, space, and
`( ) - .`; the long vowel is written `-`, and ヲ never stands in a name. A voiced mark is a letter
of its own. Which letter stands for which is what banks' own tables say (docs/RULES.md, section 11).
"""

import unicodedata
from typing import Final

from core.errors import Problem, problem

KANA_UNWRITABLE: Final = problem(
    "kana-unwritable", 422, "A name has a character that banks do not take."
)

OF_HOLDERS: Final = frozenset(" ().-")
OF_BANKS: Final = frozenset(" -")
"""What names may have beside letters, digits and kana."""

_MARKS: Final = {"\u3099": "ﾞ", "\u309a": "ﾟ"}
_VOICED: Final = frozenset("ｳｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ")
_HALF_VOICED: Final = frozenset("ﾊﾋﾌﾍﾎ")
_LARGE: Final = str.maketrans("ァィゥェォッャュョヮヵヶヰヱヲ", "アイウエオツヤユヨワカケイエオ")
_DASHES: Final = frozenset("-ー‐‑‒–—―−")
_PLAIN: Final = {"・": "."}
_HALF: Final = {
    unicodedata.normalize("NFKC", half): half for half in map(chr, range(0xFF71, 0xFF9E))
}
"""From ア to ン."""


def to_bank_kana(name: str, may_have: frozenset[str] = OF_HOLDERS) -> str:
    """The name as banks write it: hiragana, full width and small letters are made to fit.

    Refuses kana-unwritable with the `position`, from 1, of the first character that has no such
    form: kanji, brackets of other kinds, a voiced mark that stands alone; 1 where nothing is left.
    """
    written: list[str] = []
    for position, character in enumerate(name, start=1):
        for part in unicodedata.normalize("NFKD", character):
            letter = _letter(part, written[-1] if written else "", may_have)
            if letter is None:
                raise Problem(KANA_UNWRITABLE, position=position)
            written.append(letter)
    tidy = " ".join("".join(written).split())
    if not tidy:
        raise Problem(KANA_UNWRITABLE, position=1)
    return tidy


def cut_kana(written: str, most: int) -> str:
    """The first `most` characters, which are bytes; a kana and its voiced mark stay together."""
    if len(written) > most and written[most] in _MARKS.values():
        most -= 1
    return written[:most].rstrip()


def _letter(part: str, before: str, may_have: frozenset[str]) -> str | None:
    """One character of a decomposed name; None where there is no such letter."""
    if part in _MARKS:
        fits = _VOICED if part == "\u3099" else _HALF_VOICED
        return _MARKS[part] if before in fits else None
    if "ぁ" <= part <= "ゖ":
        part = chr(ord(part) + ord("ァ") - ord("ぁ"))
    part = part.translate(_LARGE)
    if part in _DASHES:
        part = "-"
    part = _PLAIN.get(part, part)
    if part in _HALF:
        return _HALF[part]
    part = part.upper()
    return part if part in _LETTERS or part in may_have else None


_LETTERS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def as_bank_kana(text: str, most: int) -> str:
    """The text in the kana of banks as far as it can be written so, to look for names in it.

    What cannot is a space. At most `most` characters.
    """
    written: list[str] = []
    for part in unicodedata.normalize("NFKD", text):
        letter = _letter(part, written[-1] if written else "", OF_HOLDERS)
        written.append(letter or " ")
    return cut_kana(" ".join("".join(written).split()), most)
