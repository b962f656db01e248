"""Whether a text can be read, and is what it seems."""

import unicodedata
from typing import Final

# Control, surrogate, unassigned, private: none can be read. Line and paragraph separators and the
# marks that turn the direction of writing can make a text look like another.
_UNREADABLE: Final = frozenset({"Cc", "Cs", "Cn", "Co", "Zl", "Zp"})
_TURNS_TEXT: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_legible(character: str) -> bool:
    """The same for every text that comes in, whoever sends it and wherever it stands."""
    return unicodedata.category(character) not in _UNREADABLE and character not in _TURNS_TEXT


def is_legible_text(text: str) -> bool:
    """Whether all of its characters are legible.

    Nearly every text prints, and what prints is legible: Python sees that at once. What does not
    print may be legible too, as joiners and wide spaces are: it is looked at one by one.
    """
    return text.isprintable() or all(map(is_legible, text))
