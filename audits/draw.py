"""Draw noise for many runs at once: the product's own, or a plain one of the audit's own."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from insights.noise import add_noise

AddNoise = Callable[[Sequence[int], int, int, int], list[int]]
_MOST_AT_ONCE: Final = 200_000
"""Numbers that are drawn in one call."""


def plain_noise(seed: int) -> AddNoise:
    """Gaussian, rounded: written apart from the product, and quick."""
    rng = np.random.default_rng(seed)

    def add(values: Sequence[int], sensitivity: int, sigma: int, cost: int) -> list[int]:  # noqa: ARG001
        noisy = np.asarray(values) + np.rint(sigma * rng.standard_normal(len(values)))
        return [int(each) for each in noisy]

    return add


@dataclass(slots=True)
class Ahead:
    """Stands for `add_noise` where the same values are made noisy many times.

    Noise of one number follows from that of no other, so a call for the values of many runs is the
    same as many calls; each run gets a row of its own, once.
    """

    runs: int
    add: AddNoise = add_noise
    _rows: dict[tuple[int, tuple[int, ...]], deque[list[int]]] = field(default_factory=dict)

    def __call__(self, values: Sequence[int], sensitivity: int, sigma: int, cost: int) -> list[int]:
        """One row."""
        rows = self._rows.setdefault((sigma, tuple(values)), deque())
        if not rows:
            width = len(values)
            times = max(1, min(self.runs, _MOST_AT_ONCE // width))
            drawn = self.add([*values] * times, sensitivity, sigma, cost)
            rows.extend(drawn[at : at + width] for at in range(0, len(drawn), width))
        return rows.popleft()
