"""The form of a campaign's terms: what it refuses, how it is written, what identifies it."""

import json
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from campaigns.terms import Terms, canonical_json, parse, terms_hash, terms_schema
from core.legible import is_legible
from tests.campaigns.examples import SETAGAYA, terms

CALM = settings(deadline=None, max_examples=100)

rates = st.fixed_dictionaries(
    dict.fromkeys(("street_member", "small", "convenience", "large"), st.integers(0, 10_000))
)
amounts = st.integers(1, 1_000_000_000)
caps = st.fixed_dictionaries(
    {"per_payment_points": amounts},
    optional=dict.fromkeys(
        (
            "per_person_day_points",
            "per_person_month_points",
            "per_person_campaign_points",
            "cashback_per_payment_yen",
        ),
        amounts | st.none(),
    ),
)
effects = st.fixed_dictionaries({"rates_bp": rates})
days = st.tuples(
    st.dates(date(2000, 1, 1), date(2199, 12, 31)), st.dates(date(2000, 1, 1), date(2199, 12, 31))
).map(sorted)
letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")).filter(is_legible)
names = st.text(letters, min_size=1, max_size=80).filter(lambda name: name == name.strip())


conditions = st.fixed_dictionaries(
    {},
    optional={
        "when": st.fixed_dictionaries({"weekdays": st.permutations(["mon", "fri", "sun"])})
        | st.sampled_from([("00:00", "09:30"), ("09:30", "23:59")]).map(
            lambda span: dict(zip(("from_time", "until_time"), span, strict=True))
        ),
        "where": st.fixed_dictionaries({"areas": st.permutations(["kitazawa", "kinuta"])}),
        "who": st.just({"tiers": ["verified_resident"], "proof": "declared"}),
        "every_nth_payment": st.integers(2, 100),
        "together": st.just({"how": "best", "group": "autumn"}),
    },
)


@st.composite
def forms(draw: st.DrawFn) -> dict[str, Any]:
    starts_on, ends_on = draw(days)
    return {
        "form_version": 1,
        "name": draw(names),
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "rebate": draw(effects),
        "cashback": draw(effects),
        **draw(conditions),
        "minimum_amount_yen": draw(amounts),
        "caps": draw(caps),
        "points_expire_months": draw(st.integers(1, 36)),
        "priority": draw(st.integers(0, 1000)),
    }


def changed(path: str, value: object) -> dict[str, Any]:
    form: dict[str, Any] = json.loads(json.dumps(SETAGAYA))
    *parents, last = path.split(".")
    part = form
    for parent in parents:
        part = part[parent]
    part[last] = value
    return form


def without(path: str) -> dict[str, Any]:
    form = changed(path, None)
    *parents, last = path.split(".")
    part = form
    for parent in parents:
        part = part[parent]
    del part[last]
    return form


def refused_fields(form: dict[str, Any]) -> set[str]:
    with pytest.raises(ValidationError) as refusal:
        Terms.model_validate(form)
    from_python = {".".join(map(str, error["loc"])) for error in refusal.value.errors()}
    with pytest.raises(ValidationError) as refusal:
        parse(json.dumps(form).encode())
    from_json = {".".join(map(str, error["loc"])) for error in refusal.value.errors()}
    assert from_python == from_json, "a form is judged alike, parsed or not"
    return from_python


REFUSED = [
    ("form_version", 2),
    ("form_version", True),
    ("form_version", 1.0),
    ("form_version", "1"),
    ("name", ""),
    ("name", "あ" * 81),
    ("name", " outer space"),
    ("name", "outer space\u3000"),
    ("name", "two\nlines"),
    ("name", "nul\x00"),
    ("name", "turned\u202e"),
    ("name", "private\ue000"),
    ("name", 7),
    ("starts_on", "2025-7-1"),
    ("starts_on", "2025-02-30"),
    ("starts_on", "2025-07-01T00:00:00"),
    ("starts_on", "20250701"),
    ("starts_on", "２０２５-07-01"),
    ("starts_on", "1999-12-31"),
    ("starts_on", 1_751_328_000),
    ("ends_on", "2025-06-30"),
    ("ends_on", "2200-01-01"),
    ("ends_on", None),
    ("rebate.rates_bp.small", -1),
    ("rebate.rates_bp.small", 10_001),
    ("rebate.rates_bp.small", 3000.0),
    ("rebate.rates_bp.small", "3000"),
    ("rebate.rates_bp.small", True),
    ("rebate.rates_bp.small", None),
    ("rebate.on", "amount"),
    ("rebate.rounding", "ceil"),
    ("cashback.rates_bp.large", 10_001),
    ("cashback.on", "points"),
    ("minimum_amount_yen", 0),
    ("minimum_amount_yen", 1_000_000_001),
    ("caps.per_payment_points", 0),
    ("caps.per_payment_points", None),
    ("caps.per_person_day_points", 0),
    ("caps.per_person_month_points", 1.5),
    ("caps.per_person_campaign_points", "15000"),
    ("caps.cashback_per_payment_yen", -1),
    ("budget_near_end", "stop"),
    ("points_expire_months", 0),
    ("points_expire_months", 37),
    ("priority", -1),
    ("priority", 1001),
    ("tiers", []),
    ("rebate.cap", 1),
    ("rebate.rates_bp.kiosk", 100),
    ("caps.per_person_week_points", 1),
]


@pytest.mark.parametrize(("path", "value"), REFUSED)
def test_a_field_that_does_not_fit_is_refused_by_its_name(path: str, value: object) -> None:
    assert refused_fields(changed(path, value)) == {path}


@pytest.mark.parametrize(
    "path",
    [
        "form_version",
        "name",
        "starts_on",
        "ends_on",
        "rebate.rates_bp.street_member",
        "rebate.rates_bp.large",
        "cashback.rates_bp.convenience",
        "caps",
        "caps.per_payment_points",
    ],
)
def test_a_field_that_must_be_said_is_missed_by_its_name(path: str) -> None:
    assert refused_fields(without(path)) == {path}


def test_every_wrong_field_is_named_at_once() -> None:
    form = changed("priority", -1) | {"name": "", "stamps": 1}
    assert refused_fields(form) == {"name", "priority", "stamps"}


def test_a_day_out_of_the_calendar_is_refused_like_a_day_of_another_shape() -> None:
    assert refused_fields(changed("ends_on", "2025-13-01")) == {"ends_on"}


def test_a_campaign_may_last_one_day() -> None:
    assert terms(ends_on="2025-07-01").ends_on == date(2025, 7, 1)


def test_what_need_not_be_said_has_a_plain_meaning() -> None:
    form = terms()
    assert (form.points_expire_months, form.priority) == (6, 0)
    assert form.rebate is not None
    assert (form.rebate.on, form.rebate.rounding) == ("coin", "floor")
    assert form.budget_near_end == "partial_last_grant"
    assert form.caps.cashback_per_payment_yen is None


def test_terms_do_not_change() -> None:
    form = terms()
    with pytest.raises(ValidationError, match="frozen"):
        form.priority = 3  # type: ignore[misc]
    assert form.rebate is not None
    assert form.rebate.rates_bp is not None
    with pytest.raises(ValidationError, match="frozen"):
        form.rebate.rates_bp.small = 3  # type: ignore[misc]


def test_the_hash_of_the_example_is_what_it_was_when_form_1_was_published() -> None:
    # Stored campaigns are found by this hash: a change of form 1 must turn this red.
    assert canonical_json(terms()).decode() == (
        '{"budget_near_end":"partial_last_grant","caps":{"per_payment_points":3000,"per_person_campaign_points":15000,'
        '"per_person_day_points":5000,"per_person_month_points":10000},"cashback":{"on":"coin",'
        '"rates_bp":{"convenience":0,"large":0,"small":500,"street_member":500},'
        '"rounding":"floor"},"ends_on":"2025-08-31","form_version":1,"minimum_amount_yen":100,'
        '"name":"せたがや 夏の30%還元","points_expire_months":6,"priority":0,'
        '"rebate":{"on":"coin","rates_bp":{"convenience":1000,"large":0,"small":3000,'
        '"street_member":3000},"rounding":"floor"},"starts_on":"2025-07-01"}'
    )
    assert terms_hash(terms()).hex() == (
        "380d6f2365176433517ff3c8b61f5fd3cf336841bb02153bf32fbfc2b4fc1cf4"
    )


@CALM
@given(forms())
def test_canonical_json_reads_back_to_the_same_terms_and_the_same_bytes(
    form: dict[str, Any],
) -> None:
    given_terms = Terms.model_validate(form)
    written = canonical_json(given_terms)
    assert parse(written) == given_terms
    assert canonical_json(parse(written)) == written


@CALM
@given(forms(), st.randoms(use_true_random=False), st.sampled_from([None, 2]))
def test_the_hash_does_not_know_in_which_order_or_with_which_spaces_a_form_was_written(
    form: dict[str, Any], order: Random, indent: int | None
) -> None:
    def shuffled(part: object) -> object:
        if not isinstance(part, dict):
            return part
        keys = list(part)
        order.shuffle(keys)
        return {key: shuffled(part[key]) for key in keys}

    written = json.dumps(shuffled(form), indent=indent, ensure_ascii=indent is None).encode()
    assert terms_hash(parse(written)) == terms_hash(Terms.model_validate(form))


@CALM
@given(forms(), forms())
def test_other_terms_have_another_hash(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = Terms.model_validate(one), Terms.model_validate(other)
    assert (first == second) is (terms_hash(first) == terms_hash(second))


@CALM
@given(forms(), st.text(min_size=1, max_size=20).filter(lambda key: key not in Terms.model_fields))
def test_an_unknown_field_is_refused_by_its_name(form: dict[str, Any], key: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Terms.model_validate(form | {key: 1})
    assert [error["loc"] for error in refusal.value.errors()] == [(key,)]


def test_the_published_schema_is_closed_and_has_every_field() -> None:
    schema = terms_schema()
    parts = [schema, *schema["$defs"].values()]
    assert all(part["additionalProperties"] is False for part in parts)
    assert set(schema["properties"]) == set(Terms.model_fields)
    assert {"Caps", "Effect", "Rebate", "Together", "When", "Where", "Who"} <= set(schema["$defs"])
    assert schema["properties"]["starts_on"]["format"] == "date"
    assert set(schema["$defs"]["ClassRates"]["required"]) == {
        "street_member",
        "small",
        "convenience",
        "large",
    }
