"""Shares of funders: to the yen, by the largest remainder, and nobody gets more than is theirs."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.funders import FunderShare, Money, borne_by, shares
from campaigns.terms import canonical_json, parse, terms_hash
from tests.campaigns.examples import SETAGAYA, terms
from tests.campaigns.strategies import CALM
from tests.campaigns.test_terms import refused_fields


@pytest.mark.parametrize(
    ("amount_yen", "weights", "parts"),
    [
        (100_000, [1_000_001, 500_000], [66_667, 33_333]),  # the example of docs/RULES.md
        (1, [1, 1, 1], [1, 0, 0]),
        (2, [1, 1, 1], [1, 1, 0]),
        (10, [7, 3], [7, 3]),
        (3, [0, 5], [0, 3]),
        (5, [5], [5]),
    ],
)
def test_a_yen_goes_to_the_largest_remainder_then_to_who_came_first(
    amount_yen: int, weights: list[int], parts: list[int]
) -> None:
    assert shares(amount_yen, weights) == parts


@CALM
@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=6).filter(any), st.data())
def test_shares_add_up_and_are_within_a_yen_of_their_part(
    weights: list[int], data: st.DataObject
) -> None:
    amount_yen = data.draw(st.integers(0, sum(weights)))
    parts = shares(amount_yen, weights)
    assert sum(parts) == amount_yen
    for part, weight in zip(parts, weights, strict=True):
        assert 0 <= part <= weight
        assert abs(part * sum(weights) - amount_yen * weight) < sum(weights)


@CALM
@given(
    st.lists(st.integers(1, 9_999), min_size=1, max_size=4, unique=True),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=20),
)
def test_settlements_never_drift_whatever_is_spent_and_brought_back_between_them(
    edges: list[int], spent: list[int]
) -> None:
    cuts = [0, *sorted(edges), 10_000]
    named = [
        FunderShare(name=str(place), share_bp=high - low)
        for place, (low, high) in enumerate(pairwise(cuts))
    ]
    money = {funder.name: Money() for funder in named}
    so_far = dict.fromkeys(money, 0)
    for before_yen, spent_yen in pairwise([0, *spent]):
        borne = borne_by(named, money, spent_yen)
        since = {name: borne[name] - so_far[name] for name in borne}
        assert sum(since.values()) == spent_yen - before_yen
        so_far = {name: so_far[name] + since[name] for name in since}
        for funder in named:
            assert abs(so_far[funder.name] * 10_000 - spent_yen * funder.share_bp) < 10_000
        assert sum(so_far.values()) == spent_yen


def test_a_hundred_settlements_of_a_yen_come_to_what_one_of_a_hundred_does() -> None:
    named = [FunderShare(name="city", share_bp=6_667), FunderShare(name="street", share_bp=3_333)]
    money = {"city": Money(), "street": Money()}
    # Each by itself would give every yen to the city.
    assert borne_by(named, money, 1) == {"city": 1, "street": 0}
    assert borne_by(named, money, 100) == {"city": 67, "street": 33}


@pytest.mark.parametrize(
    ("funders", "field"),
    [
        ([], "funders"),
        ([{"name": "city", "share_bp": 9_999}], "funders"),
        ([{"name": "city", "share_bp": 6_000}, {"name": "street", "share_bp": 4_001}], "funders"),
        ([{"name": "city", "share_bp": 5_000}] * 2, "funders"),
        ([{"name": "city", "share_bp": 10_000}, {"name": "street", "share_bp": 0}],
         "funders.1.share_bp"),
        ([{"name": "city", "share_bp": 10_000.0}], "funders.0.share_bp"),
        ([{"name": " city", "share_bp": 10_000}], "funders.0.name"),
        ([{"name": "city"}], "funders.0.share_bp"),
        ([{"name": "city", "share_bp": 10_000, "percent": 100}], "funders.0.percent"),
    ],
)  # fmt: skip
def test_shares_that_do_not_add_up_are_refused_by_their_field(
    funders: list[dict[str, Any]], field: str
) -> None:
    assert field in refused_fields(SETAGAYA | {"funders": funders})


def test_the_order_of_funders_is_part_of_the_form() -> None:
    one, other = {"name": "city", "share_bp": 5_000}, {"name": "street", "share_bp": 5_000}
    assert terms_hash(terms(funders=[one, other])) != terms_hash(terms(funders=[other, one]))
    assert parse(canonical_json(terms(funders=[one, other]))) == terms(funders=[one, other])
