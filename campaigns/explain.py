"""Decisions in words: Japanese, plain Japanese (やさしい日本語) and English.

Grants store codes and figures; the words are made when they are read, so better words reach old
payments too.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypedDict

from campaigns.reasons import Reason
from campaigns.sentence import Sentence
from campaigns.sentences_of_bonuses import BONUSES, HEADROOMS_OF_TOP_UPS, OF_TOP_UPS
from campaigns.sentences_of_gaps import GAPS
from campaigns.sentences_of_grants import GRANTED
from campaigns.sentences_of_headrooms import HEADROOMS
from campaigns.sentences_of_obstacles import NOT_GRANTED
from campaigns.sentences_of_outcomes import OUTCOMES

SENTENCES: Final = {**GRANTED, **NOT_GRANTED}
"""The catalogue: for each reason what a resident or a shop reads."""
CODES: Final = tuple(SENTENCES)
_SENTENCES: Final = {
    "payment": {**SENTENCES, **GAPS},
    "top_up": {**SENTENCES, **GAPS, **BONUSES},
}
_OUTCOMES: Final = {"payment": OUTCOMES, "top_up": {**OUTCOMES, **OF_TOP_UPS}}
_HEADROOMS: Final = {"payment": HEADROOMS, "top_up": {**HEADROOMS, **HEADROOMS_OF_TOP_UPS}}

Of = Literal["payment", "top_up"]
"""What a grant was for: some words differ."""


class Explanation(TypedDict):
    """A reason in words."""

    code: str
    ja: str
    ja_easy: str
    en: str


def explain(reason: Reason, of: Of = "payment") -> Explanation:
    """The reason in each language.

    A code that has no sentence, or a figure that its sentence lacks, is a bug.
    """
    return _in_words(_SENTENCES[of], reason)


def explain_outcome(outcome: Reason, of: Of = "payment") -> Explanation:
    """What all campaigns together came to; a code of `sentences_of_outcomes.py`."""
    return _in_words(_OUTCOMES[of], outcome)


def explain_headrooms(read: Mapping[str, int], of: Of = "payment") -> list[Explanation]:
    """What the person's own caps had left and how far tallies had come, as a decision read them.

    What is not the person's own stays out.
    """
    sentences = _HEADROOMS[of]
    return [_in_words(sentences, Reason(name, read[name])) for name in sentences if name in read]


def _in_words(sentences: Mapping[str, Sentence], reason: Reason) -> Explanation:
    sentence = sentences[reason.code]
    ja, en = sentence.figure(reason.number)
    return {
        "code": reason.code,
        "ja": sentence.ja.format(ja),
        "ja_easy": sentence.ja_easy.format(ja),
        "en": sentence.en.format(en),
    }
