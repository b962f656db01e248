"""Bound random people, with refunds, and look whether anybody adds more than was promised."""

from dataclasses import dataclass
from math import isqrt
from typing import Final

import numpy as np

from insights.bound import add_people
from insights.bound_many import Sums
from insights.mechanism import CLIP_YEN, MOST_CELLS

_CELLS: Final = 78
_MOST_CELLS_OF_ONE: Final = 60
_KINDS: Final = (30, 3_000, 300_000, 30_000_000)
"""Of what a person spends in a cell, up to so many yen: most never meet the clip."""


@dataclass(slots=True)
class Bounding:
    """What was seen of all people."""

    people: int = 0
    with_refunds: int = 0
    clipped: int = 0
    largest_yen2: int = 0
    """The largest square of L2 of what one added to amounts."""
    largest_payers2: int = 0
    """The same of payers, in thousandths."""
    differing: int = 0
    """People of whom plain Python and whole columns do not come to the same."""
    turned: int = 0
    """Cells in which a refund became spending, or the other way round."""

    @property
    def is_within(self) -> bool:
        """Whether every one of them added at most what was promised."""
        return (
            self.largest_yen2 <= CLIP_YEN**2
            and self.largest_payers2 <= MOST_CELLS * 1_000**2
            and not self.differing
            and not self.turned
        )

    def as_json(self) -> dict[str, int]:
        """Whole numbers only."""
        return {
            "people": self.people,
            "with_refunds": self.with_refunds,
            "clipped": self.clipped,
            "largest_l2_yen_rounded_up": _root_up(self.largest_yen2),
            "allowed_l2_yen": CLIP_YEN,
            "largest_l2_payers_milli_rounded_up": _root_up(self.largest_payers2),
            "allowed_l2_payers_milli": isqrt(MOST_CELLS * 1_000**2),
            "differing": self.differing,
            "turned": self.turned,
        }


def bound_people(people: int, seed: int) -> Bounding:
    """So many, one by one: what each adds is what the sums are more with it than without."""
    rng, seen = np.random.default_rng(seed), Bounding()
    for _ in range(people):
        width = int(rng.integers(1, _MOST_CELLS_OF_ONE + 1))
        cells = rng.choice(_CELLS, width, replace=False)
        most = int(rng.choice(_KINDS))
        yen = rng.integers(0, most, width, endpoint=True)
        yen = np.where(rng.random(width) < rng.choice((0, 0.3, 1)), -yen, yen)
        paid = rng.random(width) < 0.8
        _look(seen, cells, yen, paid)
    return seen


def _look(seen: Bounding, cells: np.ndarray, yen: np.ndarray, paid: np.ndarray) -> None:
    sums = Sums.empty(1, _CELLS)
    sums.add(np.zeros_like(cells), cells, [yen], paid)
    rows = zip(cells, yen, paid, strict=True)
    plain = add_people([{int(c): (int(y), bool(p)) for c, y, p in rows}], _CELLS)
    added = [int(each) for each in sums.yen[0]], [int(each) for each in sums.payers_milli]
    seen.people += 1
    seen.with_refunds += bool((yen < 0).any())
    seen.clipped += sum(int(each) ** 2 for each in yen) > CLIP_YEN**2
    seen.largest_yen2 = max(seen.largest_yen2, sum(each * each for each in added[0]))
    seen.largest_payers2 = max(seen.largest_payers2, sum(each * each for each in added[1]))
    seen.differing += added != plain
    seen.turned += sum(added[0][c] * int(y) < 0 for c, y in zip(cells, yen, strict=True))


def _root_up(square: int) -> int:
    return isqrt(square - 1) + 1 if square else 0
