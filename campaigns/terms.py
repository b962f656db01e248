"""The typed form in which a campaign states its terms, known by the hash of its canonical JSON."""

import hashlib
import json
import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from core.legible import is_legible

MAX_AMOUNT = 1_000_000_000
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2199, 12, 31)

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day_from_text(value: object) -> object:
    """Read YYYY-MM-DD wherever the form comes from: strict models refuse text from parsed JSON."""
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        return date.fromisoformat(value)
    return value


Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY), BeforeValidator(_day_from_text)]
RateBp = Annotated[int, Field(ge=0, le=10_000)]
Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT)]


class _Form(BaseModel):
    """A part of the form: closed, strict, never changed."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class ClassRates(_Form):
    """Basis points (1/100 of a percent) for each class of merchant; every class is named."""

    street_member: RateBp
    small: RateBp
    convenience: RateBp
    large: RateBp


class Effect(_Form):
    """What is granted as a rate of the coin part of a payment, rounded down to whole units."""

    rates_bp: ClassRates
    on: Literal["coin"] = "coin"
    rounding: Literal["floor"] = "floor"


class Caps(_Form):
    """The most that is granted: points to a person, yen to the merchant; null is no such cap."""

    per_payment_points: Amount
    per_person_day_points: Amount | None = None
    per_person_month_points: Amount | None = None
    per_person_campaign_points: Amount | None = None
    cashback_per_payment_yen: Amount | None = None


class Terms(_Form):
    """Form 1 of a campaign's terms (docs/RULES.md, sections 1 to 3).

    Days are days of the region's zone, both inclusive. `minimum_amount_yen` looks at the whole
    payment, the rates at its coin part only. The budget is no term: it is money put in.
    A field is never added to this form: that would change the hash of every stored campaign.
    New fields make form 2.

    Raises pydantic's ValidationError; each of its errors has the field in `loc`.
    """

    form_version: Literal[1]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    starts_on: Day
    ends_on: Day
    rebate: Effect
    cashback: Effect
    minimum_amount_yen: Amount = 1
    caps: Caps
    budget_near_end: Literal["partial_last_grant"] = "partial_last_grant"
    points_expire_months: Annotated[int, Field(ge=1, le=36)] = 6
    priority: Annotated[int, Field(ge=0, le=1000)] = 0

    @field_validator("form_version", mode="before")
    @classmethod
    def _version_is_an_integer(cls, value: object) -> object:
        # A literal compares with ==, and True == 1.0 == 1.
        if type(value) is not int:
            raise PydanticCustomError("int_type", "must be an integer")
        return value

    @field_validator("name")
    @classmethod
    def _name_is_one_line(cls, name: str) -> str:
        if name != name.strip():
            raise PydanticCustomError("outer_space", "must not begin or end with a space")
        if not all(map(is_legible, name)):
            raise PydanticCustomError("unreadable_text", "must be one line that can be read")
        return name

    @field_validator("ends_on")
    @classmethod
    def _ends_after_it_starts(cls, ends_on: date, info: ValidationInfo) -> date:
        starts_on = info.data.get("starts_on")
        if starts_on is not None and ends_on < starts_on:
            raise PydanticCustomError("ends_before_it_starts", "must not be before starts_on")
        return ends_on


def parse(form: bytes) -> Terms:
    """Read terms from JSON; key order and spaces do not matter, the form does.

    Raises pydantic's ValidationError. `parse(canonical_json(terms)) == terms`, always.
    """
    return Terms.model_validate_json(form)


def canonical_json(terms: Terms) -> bytes:
    """The one way to write these terms: every field, keys sorted, no spaces, UTF-8, integers."""
    fields = terms.model_dump(mode="json")
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def terms_hash(terms: Terms) -> bytes:
    """The 32 bytes that identify these terms: SHA-256 of their canonical JSON."""
    return hashlib.sha256(canonical_json(terms)).digest()


def terms_schema() -> dict[str, Any]:
    """The form as JSON Schema (2020-12), to be published.

    Three things that a schema cannot say are refused all the same: 1.0 where an integer stands,
    an `ends_on` before `starts_on`, a `name` with control characters or outer spaces.
    """
    schema = Terms.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
