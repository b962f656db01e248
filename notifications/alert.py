"""An alert (緊急情報) as it is typed once: what happened, where, until when, in three languages."""

from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from core.described import Described
from core.instants import Instant
from notifications.texts import Texts, Title, legible

MOST_AREAS: Final = 20
MOST_READINGS: Final = 50

Status = Literal["Actual", "Exercise"]
"""An `Exercise` (訓練) is shown to staff and reaches nobody else."""
MessageType = Literal["Alert", "Update", "Cancel"]
Category = Literal[
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra",
    "CBRNE", "Other",
]  # fmt: skip
Urgency = Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
Severity = Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
Certainty = Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]

_STRICT: Final = ConfigDict(frozen=True, extra="forbid")


class Reading(Described):
    """How a place or a name is read aloud."""

    model_config = _STRICT

    word: Title = Field(examples=["北沢"])
    kana: Annotated[
        str,
        Field(strict=True, max_length=80, pattern="^[ぁ-ゖー・ ]+$", examples=["きたざわ"]),
        AfterValidator(legible),
    ]
    """In hiragana."""


class Alert(Described):
    """By the words of CAP 1.2 (Common Alerting Protocol)."""

    model_config = _STRICT

    status: Status = Field(examples=["Actual"])
    message_type: MessageType = Field(examples=["Alert"])
    earlier: UUID | None = Field(default=None, examples=[None])
    """The alert that an `Update` or a `Cancel` takes the place of, in every inbox."""
    category: Category = Field(examples=["Met"])
    urgency: Urgency = Field(examples=["Immediate"])
    severity: Severity = Field(examples=["Severe"])
    certainty: Certainty = Field(examples=["Observed"])
    areas: Annotated[
        list[Annotated[str, Field(strict=True, min_length=1, max_length=40)]],
        Field(max_length=MOST_AREAS),
    ] = Field(default=[], examples=[[]])
    """By the codes of the plan of statistics in force; empty: the whole region."""
    onset: Instant | None = Field(default=None, examples=[None])
    """When it begins, where that is not now."""
    expires: Instant = Field(examples=["2026-11-21T18:00:00+09:00"])
    texts: Texts
    readings: Annotated[list[Reading], Field(max_length=MOST_READINGS)] = Field(
        default=[], examples=[[{"word": "北沢", "kana": "きたざわ"}]]
    )
    """For whoever reads it on the radio: words that are read wrong otherwise."""

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if (self.message_type == "Alert") != (self.earlier is None):
            raise PydanticCustomError("bad_earlier", "an update or cancel names the earlier alert")
        if len(set(self.areas)) < len(self.areas):
            raise PydanticCustomError("same_place", "a place stands there twice")
        if self.onset is not None and self.onset >= self.expires:
            raise PydanticCustomError("bad_times", "it ends after its onset")
        if len({each.word for each in self.readings}) < len(self.readings):
            raise PydanticCustomError("same_word", "a word has two readings")
        return self

    def document(self) -> str:
        """As it is kept; the same alert has the same text."""
        return self.model_dump_json()
