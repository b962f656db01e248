"""The gate lets few people pass as seldom as it says, and is no higher than that needs."""

import numpy as np
import pytest
from scipy.stats import norm

from insights.gate import MOST_FEW, PASSES_BY_CHANCE, few_people_count_as, smallest_estimate
from insights.mechanism import MECHANISMS
from insights.released import TableName


def passes(table: TableName, estimate: int) -> float:
    """How often 49 people in one cell come to that estimate, by the noise's own weights.

    A figure is told as the nearest whole person: thousandths from 500 on go up.
    """
    sigma = MECHANISMS[table].sigma_payers_milli
    first = (estimate - MOST_FEW) * 1_000 - 500
    tail = np.arange(first, first + 12 * sigma, dtype=np.float64)
    whole = np.arange(-12 * sigma, 12 * sigma + 1, dtype=np.float64)
    weights = np.exp(-((tail / sigma) ** 2) / 2).sum(), np.exp(-((whole / sigma) ** 2) / 2).sum()
    return float(weights[0] / weights[1])


@pytest.mark.parametrize(
    ("table", "estimate"), [("area_category", 125), ("district", 156), ("area_age_band", 156)]
)
def test_the_gate_of_one_cell_is_the_smallest_that_few_hardly_ever_pass(
    table: TableName, estimate: int
):
    assert smallest_estimate(table) == estimate
    assert passes(table, estimate) <= PASSES_BY_CHANCE < passes(table, estimate - 1)
    sigma = MECHANISMS[table].sigma_payers_milli / 1_000
    unrounded = MOST_FEW + norm.isf(PASSES_BY_CHANCE) * sigma
    assert int(unrounded) + 1 == estimate - 1, "rounding to whole people costs one person"


@pytest.mark.parametrize(("cells", "most"), [(1, 49), (2, 98), (4, 196), (16, 392), (25, 490)])
def test_people_who_pay_in_many_cells_count_in_each_as_the_bounding_leaves_it(
    cells: int, most: int
):
    assert few_people_count_as(cells) == most


@pytest.mark.parametrize("cells", [2, 5, 20])
def test_few_people_hardly_ever_pass_several_cells_at_their_worst(cells: int):
    sigma = MECHANISMS["area_category"].sigma_payers_milli
    rng = np.random.default_rng(7)
    true = few_people_count_as(cells) * 1_000 / cells
    noisy = np.rint(true + sigma * rng.standard_normal((200_000, cells)))
    people = (noisy + 500) // 1_000
    told = np.where(noisy >= MECHANISMS["area_category"].fewest_payers * 1_000, people, 0)
    for shown in (people, told):
        passed = (shown.sum(axis=1) >= smallest_estimate("area_category", cells)).mean()
        assert passed <= PASSES_BY_CHANCE + 4 * (PASSES_BY_CHANCE / len(noisy)) ** 0.5


def test_cells_of_nobody_that_the_noise_lets_be_told_do_not_open_the_gate():
    mechanism, cells = MECHANISMS["area_category"], 78
    sigma, fewest = mechanism.sigma_payers_milli, mechanism.fewest_payers * 1_000
    noisy = sigma * np.random.default_rng(7).standard_normal((20_000, cells))
    noisy[:, 0] += MOST_FEW * 1_000
    told = np.where(noisy >= fewest, noisy, 0).sum(axis=1)
    passed = (told >= smallest_estimate("area_category", cells) * 1_000 - 500 * cells).mean()
    assert passed <= PASSES_BY_CHANCE
