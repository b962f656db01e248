"""A segment (対象): whom a notice concerns, by two coarse attributes at most, none negated.

No list of ids and no single shop: what cannot be said here cannot be asked.
"""

from typing import Annotated, Final, Literal, Self, TypeAlias, get_args

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from core.described import Described
from notifications.kinds import NoticeKind
from notifications.texts import legible

Topic = Literal["events", "shops", "families", "seniors", "health", "safety", "environment"]
"""What somebody may be interested in, beside categories of shops: a closed list."""
TOPICS: Final[tuple[Topic, ...]] = get_args(Topic)
Code = Annotated[str, Field(strict=True, min_length=1, max_length=40), AfterValidator(legible)]
_STRICT: Final = ConfigDict(frozen=True, extra="forbid")


class Declared(Described):
    """By what people said of themselves; with neither, all who agreed to such notices."""

    model_config = _STRICT

    by: Literal["declared"] = "declared"
    home_area: Code | None = Field(default=None, examples=["kitazawa"])
    interest: Code | None = Field(default=None, examples=["events"])
    """`events`, `shops`, `families`, `seniors`, `health`, `safety`, `environment`, or a category of
    the plan of statistics."""


class Paid(Described):
    """By where people paid in the last released week, of those who agreed to be chosen so."""

    model_config = _STRICT

    by: Literal["payments"]
    area: Code | None = Field(default=None, examples=["kitazawa"])
    category: Code | None = Field(default=None, examples=["food"])

    @model_validator(mode="after")
    def _is_some(self) -> Self:
        if self.area is None and self.category is None:
            raise PydanticCustomError("no_attribute", "an area or a category is needed")
        return self


Segment: TypeAlias = Annotated[Declared | Paid, Field(discriminator="by")]
SEGMENT: Final[TypeAdapter[Declared | Paid]] = TypeAdapter(Segment)


def consents_of(kind: NoticeKind, segment: Declared | Paid) -> tuple[str, ...]:
    """What somebody must have agreed to, as it is sent."""
    news = "news_of_city" if kind == "public_service" else "news_of_campaigns"
    if isinstance(segment, Declared):
        return (news,)
    by = "city_news_by_payments" if kind == "public_service" else "campaign_news_by_payments"
    return (news, by)
