"""What costs of the privacy budget are said to mean is what others compute too."""

from math import exp
from statistics import NormalDist

import pytest
from dp_accounting.pld import privacy_loss_distribution
from hypothesis import given
from hypothesis import strategies as st

from insights.guarantee import (
    RHO,
    best_guess,
    delta_at,
    epsilon_at,
    hundredths_up,
    mu_of,
    percent_up,
    rho_text,
)

COSTS = st.integers(1, 5 * RHO)


@pytest.mark.parametrize("cost", [4_500_000, 9_000_000, 10_000_000, 520_000_000])
def test_epsilon_is_what_dp_accounting_says(cost: int):
    ours = epsilon_at(cost)
    theirs = privacy_loss_distribution.from_gaussian_mechanism(
        1 / mu_of(cost), value_discretization_interval=1e-4
    )
    # Theirs is rounded up to steps of its own, so it is a little more.
    assert theirs.get_epsilon_for_delta(1e-6) == pytest.approx(ours, abs=2e-3)
    assert ours <= theirs.get_epsilon_for_delta(1e-6) + 1e-9


def test_the_figures_of_a_week_and_a_year_are_the_known_ones():
    assert [percent_up(best_guess(cost)) for cost in (9_000_000, 520_000_000)] == [52.7, 69.5]
    assert best_guess(10_000_000) == pytest.approx(NormalDist().cdf(0.02**0.5 / 2), abs=1e-15)
    assert hundredths_up(epsilon_at(520_000_000)) == 5.0
    assert epsilon_at(9_000_000) == pytest.approx(0.55, abs=0.01)
    assert (best_guess(0), epsilon_at(0)) == (0.5, 0.0)


@given(COSTS, st.floats(1e-9, 0.01))
def test_an_epsilon_is_the_smallest_that_has_its_delta(cost: int, delta: float):
    epsilon = epsilon_at(cost, delta)
    assert delta_at(cost, epsilon) <= delta
    assert epsilon == 0 or delta_at(cost, epsilon * 0.999) > delta


@given(COSTS)
def test_no_guess_beats_what_epsilon_and_delta_allow(cost: int):
    """Of any (epsilon, delta) that holds, the best guess is right with at most this."""
    for epsilon in (0.0, 0.1, 1.0):
        most = (exp(epsilon) + delta_at(cost, epsilon)) / (1 + exp(epsilon))
        assert best_guess(cost) <= most + 1e-12


@given(COSTS, COSTS)
def test_more_that_is_told_protects_less(one: int, other: int):
    assert best_guess(one + other) >= max(best_guess(one), best_guess(other))
    assert epsilon_at(one + other) >= max(epsilon_at(one), epsilon_at(other))


def test_what_is_claimed_is_rounded_to_the_side_of_caution():
    assert [percent_up(share) for share in (0.5, 0.52671, 0.527)] == [50.0, 52.7, 52.7]
    assert [hundredths_up(value) for value in (4.991, 5.0)] == [5.0, 5.0]
    assert [rho_text(cost) for cost in (0, 1, 9_000_000, RHO, 52 * RHO // 100)] == [
        *("0", "0.000000001", "0.009", "1", "0.52"),
    ]
