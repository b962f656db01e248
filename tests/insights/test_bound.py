"""What one person adds is bounded in whole numbers, and for many people at once it is the same."""

from math import isqrt

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from insights.bound import LARGEST_YEN, add_people, bound_yen, weight_milli
from insights.bound_many import Sums
from insights.mechanism import CLIP_YEN, MECHANISMS, SENSITIVITY_MILLI, sigma_of

YEN = st.one_of(
    st.integers(-30_000, 30_000), st.integers(-2 * LARGEST_YEN, 2 * LARGEST_YEN), st.just(0)
)
CELLS = 9
PEOPLE = st.lists(
    st.dictionaries(st.integers(0, CELLS - 1), st.tuples(YEN, st.booleans()), max_size=CELLS),
    max_size=12,
)


@given(st.lists(YEN, max_size=60))
@example([CLIP_YEN + 1])
@example([10_607, 10_607])
@example([LARGEST_YEN] * 60)
def test_what_one_person_adds_is_never_longer_than_the_clip(yen):
    bounded = bound_yen(yen)
    assert sum(each * each for each in bounded) <= CLIP_YEN**2
    for each, before in zip(bounded, yen, strict=True):
        assert abs(each) <= abs(before)
        assert each * before >= 0, "no refund becomes spending"
    if sum(each * each for each in yen) <= CLIP_YEN**2:
        assert bounded == yen, "who is within the bound is told as it is"


@given(st.integers(-(10**15), 10**15).filter(bool))
def test_a_person_of_one_cell_loses_at_most_one_yen_to_rounding(yen):
    assert abs(bound_yen([yen])[0]) == min(abs(yen), CLIP_YEN)


@given(st.integers(1, 10_000))
def test_weights_are_never_longer_than_the_sensitivity(cells):
    weight = weight_milli(cells)
    assert cells * weight**2 <= SENSITIVITY_MILLI**2
    assert weight == 1_000 or cells * (weight + 1) ** 2 > SENSITIVITY_MILLI**2, "and no shorter"


@given(PEOPLE, st.integers(1, 7), st.randoms())
def test_many_people_at_once_come_to_the_same(people, at_once, chance):
    sums = Sums.empty(1, CELLS)
    for start in range(0, len(people), at_once):
        rows = [
            (number, cell, part, paid and not index)
            for number, person in enumerate(people[start : start + at_once], start)
            for cell, (yen, paid) in person.items()
            for index, part in enumerate((yen - 7, 7))  # a cell may come in pieces
        ]
        chance.shuffle(rows)
        columns = [np.array([row[place] for row in rows], np.int64) for place in range(4)]
        sums.add(columns[0], columns[1], [columns[2]], columns[3] > 0)
    spend, payers = add_people(people, CELLS)
    assert sums.yen[0].tolist() == spend
    assert sums.payers_milli.tolist() == payers


@pytest.mark.parametrize("table", MECHANISMS)
def test_the_noise_is_as_large_as_was_paid_for_and_no_yen_larger(table):
    mechanism = MECHANISMS[table]
    cost = mechanism.cost_of_a_measure
    for sigma, sensitivity in (
        (mechanism.sigma_yen, CLIP_YEN), (mechanism.sigma_payers_milli, SENSITIVITY_MILLI),
    ):  # fmt: skip
        assert sigma**2 * 2 * cost >= sensitivity**2 * 10**9
        assert (sigma - 1) ** 2 * 2 * cost < sensitivity**2 * 10**9


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_a_deviation_never_costs_more(sensitivity, cost):
    assert sigma_of(sensitivity, cost) ** 2 * 2 * cost >= sensitivity**2 * 10**9


def test_roots_of_squares_that_no_float_holds_are_exact():
    yen = [LARGEST_YEN - number for number in range(3_000)]
    length = isqrt(sum(each**2 for each in yen) - 1) + 1
    sums = Sums.empty(1, 3_000)
    nobody, places = np.zeros(3_000, np.int64), np.arange(3_000)
    sums.add(nobody, places, [np.array(yen)], nobody > 0)
    assert sums.yen[0].tolist() == [each * CLIP_YEN // length for each in yen] == bound_yen(yen)
