"""Texts in the three languages, as somebody writes them; all three are needed."""

from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from core.described import Described
from core.legible import is_legible

MOST_TITLE: Final = 80
MOST_BODY: Final = 2_000


def legible(text: str) -> str:
    """Refuses a text with characters that cannot be read, or with blanks at its ends."""
    if not all(is_legible(each) or each == "\n" for each in text) or text.strip() != text:
        raise PydanticCustomError("unreadable_text", "a character cannot be read")
    return text


Title = Annotated[
    str, Field(strict=True, min_length=1, max_length=MOST_TITLE), AfterValidator(legible)
]
Paragraphs = Annotated[
    str, Field(strict=True, min_length=1, max_length=MOST_BODY), AfterValidator(legible)
]
_STRICT: Final = ConfigDict(frozen=True, extra="forbid")


class Wording(Described):
    """In one language: what happened, and what to do."""

    model_config = _STRICT

    title: Title = Field(examples=["食中毒のお知らせ"])
    body: Paragraphs = Field(examples=["11月20日の昼に利用した方は、体調に注意してください。"])


class Texts(Described):
    """Japanese, plain Japanese (やさしい日本語) and English."""

    model_config = _STRICT

    ja: Wording
    ja_plain: Wording
    en: Wording
