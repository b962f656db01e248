"""The gate (関門) of a segment: from which estimate on a notice may be sent to it. Pure.

A segment is sized by released cells alone: the sum of their payers, as they are told. Whoever wants
to learn whether one person is in it may pad it with accounts of their own, so an estimate must be
so large that hardly ever a segment of few people passes.

What is told is rounded to whole people, so a cell's figure may be half a person more than its noise
made it; and one person counts in several cells, by weights that insights/bound.py leaves.
"""

from itertools import accumulate
from math import ceil, sqrt
from statistics import NormalDist
from typing import Final

from insights.bound import weight_milli
from insights.mechanism import MECHANISMS
from insights.released import TableName

MOST_FEW: Final = 49
"""So many people, or fewer, are few."""
PASSES_BY_CHANCE: Final = 0.006
"""How often a segment of few people may pass at most."""
MOST_SEGMENT_CELLS: Final = 1_000
_Z: Final = NormalDist().inv_cdf(1 - PASSES_BY_CHANCE)
_ROUNDING: Final = 1 / 12
"""Variance of what rounding to whole people adds to a cell."""
_WEIGHTS_MILLI: Final = (cells * weight_milli(cells) for cells in range(1, MOST_SEGMENT_CELLS + 1))
_MOST_WEIGHT_MILLI: Final = tuple(accumulate(_WEIGHTS_MILLI, max, initial=0))
"""What one person adds at most to a segment of so many cells or fewer."""


def smallest_estimate(table: TableName, cells: int = 1) -> int:
    """The smallest sum of payers of so many told cells with which a segment may be written to.

    Cells that are suppressed are counted as cells and add nothing to the estimate: both make it
    harder to pass. At most 49 people pass it in at most 6 of 1,000 releases, whoever they are and
    wherever they paid.
    """
    assert 1 <= cells <= MOST_SEGMENT_CELLS, "a segment has cells, and not all of the world's"
    sigma = MECHANISMS[table].sigma_payers_milli / 1_000
    reach = _Z * sqrt(cells * (sigma**2 + _ROUNDING))
    return ceil(few_people_count_as(cells) + reach + 0.5)


def few_people_count_as(cells: int) -> float:
    """The largest sum of payers that 49 people come to, in so many cells, before the noise."""
    return MOST_FEW * _MOST_WEIGHT_MILLI[cells] / 1_000
