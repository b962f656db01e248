"""A bulletin (公報): something happened at a place within a time; phones look into their receipts.

It is published and signed as canonical JSON, which notifications/match_bulletins.py checks.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from core.described import Described
from core.instants import Instant
from notifications.texts import Texts

MOST_STORES: Final = 200
MOST_AREAS: Final = 20
LONGEST: Final = timedelta(days=14)
"""From its first to its last moment: who was there in a longer time is too many."""
OLDEST: Final = timedelta(days=60)
LISTED: Final = timedelta(days=60)
"""So long is it published at most, from its draft on."""


_STRICT: Final = ConfigDict(frozen=True, extra="forbid")


class Bulletin(Described):
    """A place, a time, and what whoever was there should know."""

    model_config = _STRICT

    kind: Literal["infection", "disaster", "recall"] = Field(examples=["infection"])
    stores: Annotated[list[UUID], Field(max_length=MOST_STORES)] = Field(
        default=[], examples=[["0192f0c1-2d3e-7f4a-8b5c-6d7e8f905678"]]
    )
    """Any of them."""
    areas: Annotated[
        list[Annotated[str, Field(strict=True, min_length=1, max_length=40)]],
        Field(max_length=MOST_AREAS),
    ] = Field(default=[])
    """Or any shop of these areas, by the codes of the plan of statistics."""
    from_at: Instant = Field(examples=["2026-11-20T11:00:00+09:00"])
    until_at: Instant = Field(examples=["2026-11-20T15:00:00+09:00"])
    """Payments at this moment are in it too."""
    listed_until: Instant = Field(examples=["2026-12-20T00:00:00+09:00"])
    """Until when it is published."""
    texts: Texts

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if not self.stores and not self.areas:
            raise PydanticCustomError("no_place", "a store or an area is needed")
        for listed in (self.stores, self.areas):
            if len(set(listed)) < len(listed):
                raise PydanticCustomError("same_place", "a place stands there twice")
        if not timedelta(0) <= self.until_at - self.from_at <= LONGEST:
            raise PydanticCustomError("bad_times", "it ends within 14 days of its begin")
        return self

    def document(self) -> str:
        """As it is kept; the same bulletin has the same text."""
        return self.model_dump_json()

    def published(self, region: str, bulletin_id: UUID) -> dict[str, object]:
        """What is signed: texts, names and numbers, no fraction; instants in UTC by the second."""
        told = self.model_dump(mode="json", exclude={"from_at", "until_at", "listed_until"})
        return told | {
            "format": 1,
            "region": region,
            "bulletin_id": str(bulletin_id),
            "stores": sorted(told["stores"]),
            "areas": sorted(told["areas"]),
            "from_at": _instant(self.from_at),
            "until_at": _instant(self.until_at),
            "listed_until": _instant(self.listed_until),
        }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
