"""The audit of the noise passes what is sound and catches each planted fault, at a small size."""

import numpy as np
import pytest

from audits.distinguish import Order, compare, true_mu, worst_person
from audits.lower_bound import least_mu
from audits.mutants import MUTANTS, UNTOUCHED
from audits.neighbours import WORST
from insights.guarantee import mu_of
from insights.mechanism import WEEKLY_COST
from tests.sizes import AUDITED_RELEASES


@pytest.mark.parametrize("mu", [0.0, 0.134, 1.0])
def test_a_lower_bound_is_below_the_truth_and_near_it(mu: float):
    rng = np.random.default_rng(11)
    without, beside = rng.standard_normal((2, 1, 100_000))
    noise = rng.standard_normal((2, 1, 100_000))
    found = least_mu(np.stack((without[0], noise[0, 0])), np.stack((beside[0] + mu, noise[1, 0])))
    assert mu - 0.06 <= found <= mu


def test_nobody_moves_a_week_by_more_than_was_paid_for_and_the_worst_by_nearly_as_much():
    allowed = mu_of(WEEKLY_COST)
    assert max(map(true_mu, WORST)) == true_mu(worst_person())
    assert allowed * 0.999 <= true_mu(worst_person()) <= allowed


@pytest.mark.parametrize("is_at_the_edge", [False, True])
def test_what_the_product_releases_is_within_what_was_paid_for(is_at_the_edge: bool):
    order = Order(UNTOUCHED, worst_person(), is_at_the_edge, is_beside=False, runs=AUDITED_RELEASES)
    assert compare(order).is_within


@pytest.mark.parametrize("fault", MUTANTS)
def test_a_planted_fault_is_caught(fault: str):
    is_at_the_edge = fault == "true_threshold"
    times = {"half_noise": 9, "averaged": 40}.get(fault, 1)
    order = Order(fault, worst_person(), is_at_the_edge, False, 400, times, seed=5)
    assert not compare(order).is_within
