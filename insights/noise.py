"""Noise (雑音): discrete Gaussian, drawn by OpenDP from the system's randomness."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

_BILLION: Final = 1_000_000_000


def add_noise(values: Sequence[int], sensitivity: int, sigma: int, cost: int) -> list[int]:
    """The values, each with noise of its own; that costs at most `cost` billionths of rho.

    `sensitivity` is in L2, what one person changes of all values together.
    """
    measurement = _measurement(sigma)
    assert measurement.map(float(sensitivity)) <= cost / _BILLION, "the noise is too small"
    return [int(value) for value in measurement([int(value) for value in values])]


@cache
def _measurement(sigma: int) -> Any:
    import opendp.prelude as dp  # only who releases needs it, and NumPy with it

    dp.enable_features("contrib")  # OpenDP asks for this word for what it has not proved on paper
    space = dp.vector_domain(dp.atom_domain(T=dp.i64)), dp.l2_distance(T=float)
    return dp.m.make_gaussian(*space, scale=float(sigma))
