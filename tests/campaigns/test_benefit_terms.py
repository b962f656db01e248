"""The form of a benefit: closed, each error with its field, and one way to write it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from campaigns.benefit_terms import (
    MOST_POINTS,
    BenefitTerms,
    benefit_facts,
    benefit_hash,
    benefit_json,
    benefit_schema,
    benefit_terms,
)

ONE = {
    "form_version": 1,
    "name": "物価高騰対策給付",
    "amount_points": 10_000,
    "offer_until": "2026-12-31",
}
GROUPS = {name: ONE[name] for name in ONE if name != "amount_points"} | {
    "amounts_points": {"single": 10_000, "family": 25_000}
}

WRONG: list[tuple[dict[str, Any], tuple[str | int, ...]]] = [
    (ONE | {"form_version": 2}, ("form_version",)),
    (ONE | {"form_version": True}, ("form_version",)),
    (ONE | {"colour": "red"}, ("colour",)),
    (ONE | {"name": ""}, ("name",)),
    (ONE | {"name": "a\nb"}, ("name",)),
    (ONE | {"name": "x" * 81}, ("name",)),
    (ONE | {"amount_points": 0}, ("amount_points",)),
    (ONE | {"amount_points": 1.0}, ("amount_points",)),
    (ONE | {"amount_points": "100"}, ("amount_points",)),
    (ONE | {"amount_points": MOST_POINTS + 1}, ("amount_points",)),
    (ONE | {"amounts_points": {"single": 1}}, ("amounts_points",)),
    ({name: ONE[name] for name in ONE if name != "amount_points"}, ("amounts_points",)),
    (GROUPS | {"amounts_points": {}}, ("amounts_points",)),
    (GROUPS | {"amounts_points": {"single": 0}}, ("amounts_points", "single")),
    (GROUPS | {"amounts_points": {" ": 1}}, ("amounts_points", " ", "[key]")),
    (GROUPS | {"amounts_points": {str(n): 1 for n in range(21)}}, ("amounts_points",)),
    (ONE | {"offer_until": "31.12.2026"}, ("offer_until",)),
    (ONE | {"offer_until": "2026-02-30"}, ("offer_until",)),
    (ONE | {"offer_until": "1999-12-31"}, ("offer_until",)),
    (ONE | {"tiers": []}, ("tiers",)),
    (ONE | {"tiers": ["king"]}, ("tiers", 0)),
    (ONE | {"usable_where": {}}, ("usable_where",)),
    (ONE | {"usable_where": {"classes": ["huge"]}}, ("usable_where", "classes", 0)),
    (ONE | {"points_expire_months": 0}, ("points_expire_months",)),
    (ONE | {"points_expire_months": 37}, ("points_expire_months",)),
]


@pytest.mark.parametrize(("said", "field"), WRONG, ids=str)
def test_what_does_not_fit_is_refused_by_its_field(said: dict[str, Any], field: tuple[str, ...]):
    with pytest.raises(ValidationError) as refused:
        benefit_terms(said)
    assert field in [error["loc"] for error in refused.value.errors()]


def test_points_are_for_everybody_or_for_each_group():
    one, groups = benefit_terms(ONE), benefit_terms(GROUPS)
    assert (one.points_of(None), one.points_of("single")) == (10_000, None)
    assert (groups.points_of("family"), groups.points_of("pair")) == (25_000, None)
    assert groups.points_of(None) is None


def test_the_hash_is_of_what_is_said_in_whatever_order():
    again = dict(reversed(ONE.items())) | {"points_expire_months": 6, "tiers": None}
    first, second = (benefit_json(benefit_terms(said)) for said in (ONE, again))
    assert first == second
    assert benefit_hash(first) == benefit_hash(second)
    assert benefit_hash(first).hex().startswith("4e8e4adde0d77024"), "as sha256sum says it"


@given(
    st.integers(1, MOST_POINTS),
    st.dictionaries(
        st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=40),
        st.integers(1, MOST_POINTS),
        max_size=20,
    ),
    st.dates(),
    st.integers(1, 36),
)
def test_what_was_kept_is_read_back(points: int, groups: dict[str, int], day: Any, months: int):
    amount: dict[str, Any] = {"amounts_points": groups} if groups else {"amount_points": points}
    said = {"form_version": 1, "name": "給付", "offer_until": day.isoformat(), **amount}
    try:
        terms = benefit_terms(said | {"points_expire_months": months})
    except ValidationError:
        assert not 2000 <= day.year <= 2199
        return
    assert benefit_terms(benefit_facts(terms)) == terms
    assert json.loads(benefit_json(terms)) == benefit_facts(terms)


def test_the_published_schema_has_every_field_and_is_closed():
    schema = benefit_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["properties"]) == set(BenefitTerms.model_fields)
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"form_version", "name", "offer_until"}
