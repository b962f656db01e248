"""The plan of statistics (統計計画): the public lists that tables are made by, as one document."""

from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from core.described import Described
from core.legible import is_legible_text

OTHER: Final = "other"
"""その他・不明: stands in every list without being written there."""
MOST_AREAS: Final = 20
MOST_DISTRICTS: Final = 100
MOST_CATEGORIES: Final = 40
MOST_POINTS: Final = 2_000
"""Of one place's outline."""
LAST_YEAR: Final = 2199
"""As of every day that comes in: what is counted on from it ends before the calendar does."""
LARGEST_BYTES: Final = 262_144
"""Of the whole document; a constraint says so too."""


def _legible(text: str) -> str:
    if not is_legible_text(text) or text.strip() != text:
        raise PydanticCustomError("unreadable_text", "a character cannot be read")
    return text


def _not_other(code: str) -> str:
    if code == OTHER:
        raise PydanticCustomError("code_of_the_rest", "this code stands in every list by itself")
    return code


Text80 = Annotated[str, Field(strict=True, min_length=1, max_length=80), AfterValidator(_legible)]
ListCode = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=40),
    AfterValidator(_legible),
    AfterValidator(_not_other),
]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Position = tuple[Longitude, Latitude]
Ring = Annotated[list[Position], Field(min_length=4, max_length=MOST_POINTS)]
Rings = Annotated[list[Ring], Field(min_length=1, max_length=50)]


class _Strict(Described):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Polygon(_Strict):
    """An outline with its holes, as GeoJSON (RFC 7946) writes it."""

    type: Literal["Polygon"]
    coordinates: Rings


class MultiPolygon(_Strict):
    """Several of them."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[Rings], Field(min_length=1, max_length=50)]


Geometry = Annotated[Polygon | MultiPolygon, Field(discriminator="type")]


class Names(_Strict):
    """What a thing is called; plain Japanese where that is another word."""

    ja: Text80
    ja_plain: Text80 | None = None
    en: Text80


class Category(_Strict):
    """A trade of merchants, by the code that stands in their facts."""

    code: ListCode
    names: Names


class Area(_Strict):
    """A large part of the town (地域), some five of them."""

    code: ListCode
    names: Names
    geometry: Geometry | None = None


class District(_Strict):
    """A small part of the town (地区), some thirty of them, each within one area."""

    code: ListCode
    names: Names
    area: ListCode
    geometry: Geometry | None = None


class Merges(_Strict):
    """Into which cell one goes that has too few businesses, by code; `other` where none is said.

    Fixed with the plan: it follows from no payment.
    """

    areas: dict[ListCode, Text80] = Field(default={}, max_length=MOST_AREAS)
    districts: dict[ListCode, Text80] = Field(default={}, max_length=MOST_DISTRICTS)
    categories: dict[ListCode, Text80] = Field(default={}, max_length=MOST_CATEGORIES)


class StatisticsPlan(_Strict):
    """The lists, and from which week on tables are made by them."""

    first_week: date
    """A Monday, of a week that has not begun when the plan is approved."""
    areas: Annotated[list[Area], Field(min_length=1, max_length=MOST_AREAS)]
    districts: Annotated[list[District], Field(max_length=MOST_DISTRICTS)] = Field(default=[])
    categories: Annotated[list[Category], Field(min_length=1, max_length=MOST_CATEGORIES)]
    merges: Merges = Field(default_factory=Merges)

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.first_week.isoweekday() != 1:
            raise PydanticCustomError("not_a_monday", "a week begins on a Monday")
        if self.first_week.year > LAST_YEAR:
            raise PydanticCustomError("too_late", "years end at 2199")
        for listed in (self.areas, self.districts, self.categories):
            if len({each.code for each in listed}) < len(listed):
                raise PydanticCustomError("same_code", "a code stands there twice")
        areas = {area.code for area in self.areas}
        for district in self.districts:
            if district.area not in areas:
                raise PydanticCustomError("area_unknown", "a district lies in no listed area")
            if district.code in areas and district.code != district.area:
                raise PydanticCustomError("same_code", "a district is called as another area")
        self._check_merges()
        if len(self.document().encode()) > LARGEST_BYTES:
            raise PydanticCustomError("too_long", "the whole plan has more than 262,144 bytes")
        return self

    def _check_merges(self) -> None:
        for merges, listed in (
            (self.merges.areas, codes_of(self.areas)),
            (self.merges.districts, codes_of(self.districts)),
            (self.merges.categories, codes_of(self.categories)),
        ):
            if not merges.keys() <= set(listed) or not set(merges.values()) <= set(listed):
                raise PydanticCustomError(
                    "merge_unknown", "a merge names a code that is not listed"
                )
            for code in merges:
                if OTHER not in list(steps_from(code, merges)):
                    raise PydanticCustomError("merge_turns", "merges go round in a circle")

    def document(self) -> str:
        """As it is kept, hashed and told; the same plan has the same bytes."""
        return self.model_dump_json(exclude_none=True)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the document."""
        return sha256(self.document().encode()).digest()


def codes_of(listed: Iterable[Area | District | Category]) -> list[str]:
    """The codes in their order, with the one of the rest at the end."""
    return [*(each.code for each in listed), OTHER]


def steps_from(code: str, merges: Mapping[str, str]) -> Iterable[str]:
    """Where a code goes, and where that goes; ends at `other`, or after as many steps as merges."""
    for _ in range(len(merges) + 1):
        code = merges.get(code, OTHER)
        yield code
        if code == OTHER:
            return
