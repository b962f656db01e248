"""The typed form in which a campaign states its terms, known by the hash of its canonical JSON."""

import hashlib
import json
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from campaigns.bonus import OF_PAYMENTS, Bonus, fits_a_bonus
from campaigns.conditions import When, Where, Who
from campaigns.credited import Credited, check_days_are_known
from campaigns.effects import Effect, Rebate
from campaigns.form import Amount, Day, Form, Modes, Word, is_a_boolean, is_an_integer, is_one_line
from campaigns.funders import Funders
from campaigns.meters import Caps
from campaigns.near_end import NearEnd, check_near_end
from campaigns.shop_groups import UsableWhere, check_usable_where


class Together(Form):
    """How the campaign lives with the others that are live at the same time."""

    how: Literal["stacking", "best", "exclusive"]
    """`stacking`: beside them. `best`: of its group, the one that gives the person most.
    `exclusive`: of its group, the one with the highest priority that applies."""
    group: Annotated[Word | None, Field(validate_default=True)] = None
    """The campaigns among which one is chosen; all of them say the same `how`."""
    most_of_coin_bp: Annotated[int, Field(ge=1, le=10_000)] = 10_000
    """All rebates of a payment up to this campaign's come to at most this share of its coin
    part."""

    @field_validator("group")
    @classmethod
    def _is_said_where_one_is_chosen(cls, group: str | None, info: ValidationInfo) -> str | None:
        how = info.data.get("how")
        if how == "stacking" and group is not None:
            raise PydanticCustomError("no_group", "must be left out where campaigns stack")
        if how in {"best", "exclusive"} and group is None:
            raise PydanticCustomError("group_missing", "must name the group of {how}", {"how": how})
        return group


_REFUSED: Final = object()
"""Stands for a field that is refused itself."""


class Terms(Form):
    """Form 1 of a campaign's terms (docs/RULES.md, sections 1 to 3).

    Days are days of the region's zone, both inclusive. `minimum_amount_yen` looks at the whole
    payment, rates at its coin part unless they say otherwise. The budget is no term: it is money
    put in. A field that is added later is null by default, and null is left out of the canonical
    JSON: so the hashes of stored campaigns stay.

    Raises pydantic's ValidationError; each of its errors has the field in `loc`.
    """

    form_version: Annotated[Literal[1], BeforeValidator(is_an_integer)]
    name: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(is_one_line)]
    starts_on: Day
    ends_on: Day
    bonus: Bonus | None = None
    """For the resident, on top-ups: then no field may be about payments."""
    when: When | None = None
    where: Where | None = None
    who: Who | None = None
    payment_modes: Modes | None = None
    rebate: Rebate | None = None
    cashback: Annotated[Effect | None, Field(validate_default=True)] = None
    """For the merchant, in yen."""
    minimum_amount_yen: Amount = 1
    every_nth_payment: Annotated[int, Field(ge=2, le=100, examples=[5])] | None = None
    """Stamps: only each n-th payment of a person that meets all conditions is granted for."""
    caps: Caps
    funders: Funders | None = None
    """Who bears what is spent, by which shares; null is by what each put in."""
    budget_per_day_yen: Amount | None = None
    """The most that all grants of a day take from the budget, in days of the region's zone."""
    on_return: Literal["resume", "keep"] | None = None
    """What refunds bring back: `resume` and null grant it again, `keep` owes it to the funders."""
    claw_back_from_funder: Annotated[Literal[True] | None, BeforeValidator(is_a_boolean)] = None
    """True: points of this campaign may be taken for what refunds claim back for another campaign
    of the same funders. Null: they answer for the grants of this campaign alone."""
    budget_near_end: Literal["partial_last_grant"] = "partial_last_grant"
    """The last grant of all is what is left."""
    near_end: NearEnd | None = None
    """What happens before that: null is nothing."""
    credited: Credited | None = None
    """Null credits points at once; else they are pending until a day after a close."""
    usable_where: UsableWhere | None = None
    """The shops at which the granted points may be spent; null is all of them."""
    points_expire_months: Annotated[int, Field(ge=1, le=36)] = 6
    """Counted from the month in which points are credited."""
    priority: Annotated[int, Field(ge=0, le=1000)] = 0
    """The highest is served first, then the oldest campaign."""
    together: Together | None = None
    """Null is stacking, up to the whole coin part."""

    @field_validator("ends_on")
    @classmethod
    def _ends_after_it_starts(cls, ends_on: date, info: ValidationInfo) -> date:
        starts_on = info.data.get("starts_on")
        if starts_on is not None and ends_on < starts_on:
            raise PydanticCustomError("ends_before_it_starts", "must not be before starts_on")
        return ends_on

    @field_validator("credited")
    @classmethod
    def _is_credited_on_known_days(
        cls, credited: Credited | None, info: ValidationInfo
    ) -> Credited | None:
        return check_days_are_known(credited, info.data.get("ends_on"))

    @field_validator("cashback")
    @classmethod
    def _gives_something(cls, cashback: Effect | None, info: ValidationInfo) -> Effect | None:
        gives = (info.data.get("rebate", "refused"), info.data.get("bonus", "refused"))
        if cashback is None and gives == (None, None):
            raise PydanticCustomError(
                "gives_nothing", "must be said where there is neither a rebate nor a bonus"
            )
        return cashback

    _of_top_ups = field_validator(*OF_PAYMENTS)(fits_a_bonus)

    @field_validator("usable_where")
    @classmethod
    def _is_of_points(cls, usable_where: Where | None, info: ValidationInfo) -> Where | None:
        gives = (info.data.get("rebate", _REFUSED), info.data.get("bonus", _REFUSED))
        return check_usable_where(usable_where, grants_points=gives != (None, None))

    @field_validator("near_end")
    @classmethod
    def _steps_down(cls, near_end: NearEnd | None, info: ValidationInfo) -> NearEnd | None:
        effects = (info.data.get("rebate", _REFUSED), info.data.get("cashback", _REFUSED))
        if near_end is not None and _REFUSED not in effects:
            check_near_end(near_end, *effects)
        return near_end


def parse(form: bytes | str) -> Terms:
    """Read terms from JSON; key order and spaces do not matter, the form does.

    Raises pydantic's ValidationError. `parse(canonical_json(terms)) == terms`, always.
    """
    return Terms.model_validate_json(form)


def canonical_json(terms: Terms) -> bytes:
    """The one way to write these terms: what is not null, keys sorted, no spaces, UTF-8."""
    fields = terms.model_dump(mode="json", exclude_none=True)
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def terms_hash(terms: Terms) -> bytes:
    """The 32 bytes that identify these terms: SHA-256 of their canonical JSON."""
    return hashlib.sha256(canonical_json(terms)).digest()


def terms_schema() -> dict[str, Any]:
    """The form as JSON Schema (2020-12), to be published.

    What it cannot say is refused all the same: 1.0 where an integer stands, an end before its
    start, steps that fall, tiers with gaps, an effect said in two ways, text that cannot be read.
    """
    schema = Terms.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
