"""When points are credited: after which close, on which bank day, and what a form may not say."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from campaigns.credited import Credited, credited_on
from campaigns.terms import Terms, canonical_json
from tests.campaigns.examples import SETAGAYA, terms
from tests.campaigns.test_terms import refused_fields
from tests.payments.model_campaigns import credit_day

THREE = Credited(closes="three_a_month", bank_days_after=5)
LATER = {"closes": "three_a_month", "bank_days_after": 5}


def test_where_nothing_is_said_points_are_credited_on_the_day_itself():
    assert credited_on(None, date(2027, 1, 5)) == date(2027, 1, 5)


@pytest.mark.parametrize(
    ("closes", "bank_days", "day", "then"),
    [
        ("three_a_month", 5, date(2026, 11, 1), date(2026, 11, 17)),
        ("three_a_month", 5, date(2026, 11, 10), date(2026, 11, 17)),
        ("three_a_month", 5, date(2026, 11, 11), date(2026, 11, 30)),  # over 23 November
        ("three_a_month", 5, date(2026, 11, 20), date(2026, 11, 30)),
        ("three_a_month", 5, date(2026, 11, 21), date(2026, 12, 7)),
        ("three_a_month", 5, date(2026, 12, 31), date(2027, 1, 8)),  # the banks' new year
        ("three_a_month", 1, date(2027, 2, 28), date(2027, 3, 1)),
        ("month_end", 5, date(2028, 2, 1), date(2028, 3, 7)),  # closes on the 29th
        ("month_end", 1, date(2026, 11, 30), date(2026, 12, 1)),
        ("month_end", 20, date(2026, 12, 1), date(2027, 2, 1)),
    ],
)
def test_points_are_credited_so_many_bank_days_after_the_close(
    closes: Any, bank_days: int, day: date, then: date
):
    assert credited_on(Credited(closes=closes, bank_days_after=bank_days), day) == then


def test_a_second_opinion_says_the_same_of_each_day():
    for number in range(120):
        day = date(2027, 2, 1) + timedelta(days=number)
        assert credited_on(THREE, day) == credit_day(day)


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({}, "credited.closes"),
        ({"closes": "weekly", "bank_days_after": 5}, "credited.closes"),
        ({"closes": "month_end"}, "credited.bank_days_after"),
        ({"closes": "month_end", "bank_days_after": 0}, "credited.bank_days_after"),
        ({"closes": "month_end", "bank_days_after": 21}, "credited.bank_days_after"),
        ({"closes": "month_end", "bank_days_after": 5.0}, "credited.bank_days_after"),
        ({"closes": "month_end", "bank_days_after": "5"}, "credited.bank_days_after"),
        (LATER | {"days_after": 5}, "credited.days_after"),
        ("month_end", "credited"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(part: Any, field: str):
    said = refused_fields(SETAGAYA | {"credited": part})
    assert field in said
    assert all(name.startswith("credited") for name in said)


@pytest.mark.parametrize(
    ("ends_on", "fits"), [("2099-12-20", True), ("2099-12-21", False), ("2150-01-01", False)]
)
def test_beyond_the_known_bank_days_a_form_says_what_to_do(ends_on: str, fits: bool):
    form = SETAGAYA | {"ends_on": ends_on}
    assert Terms.model_validate(form).credited is None, "at once needs no bank day"
    if fits:
        assert Terms.model_validate(form | {"credited": LATER}).credited == THREE
        return
    with pytest.raises(ValidationError) as refusal:
        Terms.model_validate(form | {"credited": LATER})
    [error] = refusal.value.errors()
    assert error["loc"] == ("credited",)
    assert error["msg"] == (
        "must be left out, or ends_on be earlier: bank days are known until 2099"
    )


def test_a_form_that_says_nothing_of_it_has_the_hash_that_it_had():
    assert b"credited" not in canonical_json(terms())
