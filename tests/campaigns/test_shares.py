"""Shares of funders: to the yen, by the largest remainder, and nobody gets more than is theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.return_budget import shares
from tests.campaigns.strategies import CALM


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
