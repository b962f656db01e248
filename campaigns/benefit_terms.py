"""The typed form of a benefit: how much for each person on its list, and until when to say yes."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from campaigns.form import Day, Form, Tiers, Word, is_an_integer, is_one_line
from campaigns.shop_groups import UsableWhere
from ledger.books import Facts

MOST_POINTS: Final = 1_000_000
"""What one person may get of one benefit."""
MOST_GROUPS: Final = 20

Points = Annotated[int, Field(ge=1, le=MOST_POINTS)]
Groups = Annotated[
    dict[Word, Points],
    Field(min_length=1, max_length=MOST_GROUPS, examples=[{"single": 10_000, "family": 25_000}]),
]


class BenefitTerms(Form):
    """Form 1 of a benefit (docs/BENEFITS.md). It is never changed once it was drafted.

    Who gets it is said by a list that is brought later, the money by fundings. A field that is
    added later is null by default, and null is left out of the canonical JSON.

    Raises pydantic's ValidationError; each of its errors has the field in `loc`.
    """

    form_version: Annotated[Literal[1], BeforeValidator(is_an_integer)]
    name: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(is_one_line)]
    """What residents read."""
    amount_points: Points | None = None
    """For everybody on the list, the same."""
    amounts_points: Annotated[Groups | None, Field(validate_default=True)] = None
    """For each group of people that the list names, its own."""
    offer_until: Day
    """The last day on which an offer can be used, in the region's zone."""
    tiers: Tiers | None = None
    """Only people of these tiers may use theirs; null: everybody who is on the list."""
    usable_where: UsableWhere | None = None
    """The shops at which the points may be spent; null is all of them."""
    points_expire_months: Annotated[int, Field(ge=1, le=36)] = 6
    """The points last until the end of the month, so many months after they were taken."""

    @field_validator("amounts_points")
    @classmethod
    def _amount_is_said_once(
        cls, amounts: dict[str, int] | None, info: ValidationInfo
    ) -> dict[str, int] | None:
        one = info.data.get("amount_points", "refused")
        if one is None and amounts is None:
            raise PydanticCustomError(
                "amount_missing", "must be said where there is no amount_points"
            )
        if amounts is not None and isinstance(one, int):
            raise PydanticCustomError(
                "amount_said_twice", "must be left out where amount_points is said"
            )
        return amounts

    def points_of(self, group: str | None) -> int | None:
        """The points of a person in this group (null: in none); None where the form has no such."""
        if self.amounts_points is None:
            return self.amount_points if group is None else None
        return self.amounts_points.get(group) if group is not None else None


def benefit_facts(terms: BenefitTerms) -> Facts:
    """The form as the journal and the benefit's holder keep it: without what is null."""
    return terms.model_dump(mode="json", exclude_none=True)


def benefit_terms(form: Mapping[str, Any]) -> BenefitTerms:
    """The form as it was kept."""
    return BenefitTerms.model_validate_json(json.dumps(form))


def benefit_json(terms: BenefitTerms) -> str:
    """The one way to write these terms: what is not null, keys sorted, no spaces."""
    facts = benefit_facts(terms)
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def benefit_hash(form: str) -> bytes:
    """The 32 bytes that identify these terms: SHA-256 of their canonical JSON in UTF-8."""
    return hashlib.sha256(form.encode()).digest()


def benefit_schema() -> dict[str, Any]:
    """The form as JSON Schema (2020-12), to be published."""
    schema = BenefitTerms.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
