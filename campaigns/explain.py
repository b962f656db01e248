"""A reason in words: Japanese, plain Japanese (やさしい日本語) and English.

Grants store codes and figures; the words are made when they are read, so better words reach old
payments too.
"""

from typing import Final, TypedDict

from campaigns.reasons import Reason
from campaigns.sentences_of_grants import GRANTED
from campaigns.sentences_of_obstacles import NOT_GRANTED

SENTENCES: Final = {**GRANTED, **NOT_GRANTED}
"""The catalogue: for each reason what a resident or a shop reads."""
CODES: Final = tuple(SENTENCES)


class Explanation(TypedDict):
    """A reason in words."""

    code: str
    ja: str
    ja_easy: str
    en: str


def explain(reason: Reason) -> Explanation:
    """The reason in each language.

    A code that has no sentence, or a figure that its sentence lacks, is a bug.
    """
    sentence = SENTENCES[reason.code]
    ja, en = sentence.figure(reason.number)
    return {
        "code": reason.code,
        "ja": sentence.ja.format(ja),
        "ja_easy": sentence.ja_easy.format(ja),
        "en": sentence.en.format(en),
    }
