"""The same bounding for many people at once, in 64-bit whole numbers; equal to insights/bound.py.

No sum overflows: a cell of a person is at most LARGEST_YEN, whose square times MOST_TABLE_CELLS is
below 2⁶³. A float only guesses the root of a square, and whole numbers correct the guess.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from insights.bound import LARGEST_YEN, weight_milli
from insights.mechanism import CLIP_YEN

Ints = NDArray[np.int64]
MOST_TABLE_CELLS: Final = 3_600

assert LARGEST_YEN**2 * MOST_TABLE_CELLS + 2**40 < 2**63


@dataclass(slots=True)
class Sums:
    """What all people together came to, by cell."""

    yen: list[Ints]
    """One for each measure."""
    payers_milli: Ints

    @classmethod
    def empty(cls, measures: int, cells: int) -> "Sums":
        """Nobody yet."""
        assert cells <= MOST_TABLE_CELLS, "squares of all cells fit into 64 bits"
        return cls([np.zeros(cells, np.int64) for _ in range(measures)], np.zeros(cells, np.int64))

    def add(self, person: Ints, cell: Ints, yen: list[Ints], paid: NDArray[np.bool_]) -> None:
        """Add whole people: rows of person and cell, which may come twice; people all at once."""
        if not len(person):
            return
        cells = len(self.payers_milli)
        key = person * cells + cell
        order = np.argsort(key, kind="stable")
        key = key[order]
        first = _firsts(key)
        who, where = np.divmod(key[first], cells)
        for sums, each in zip(self.yen, yen, strict=True):
            one = np.add.reduceat(each[order], first)
            np.add.at(sums, where, _bound_yen(who, one))
        has_paid = np.logical_or.reduceat(paid[order], first)
        who, where = who[has_paid], where[has_paid]
        np.add.at(self.payers_milli, where, _weights(who))


def _firsts(keys: Ints) -> NDArray[np.intp]:
    """Where each key stands first, of keys in order."""
    is_first = np.empty(len(keys), np.bool_)
    is_first[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    return np.flatnonzero(is_first)


def _bound_yen(who: Ints, yen: Ints) -> Ints:
    """As `bound_yen` for each person; rows of one stand together."""
    capped = np.clip(yen, -LARGEST_YEN, LARGEST_YEN)
    first = _firsts(who)
    length = _root_up(np.add.reduceat(capped * capped, first))
    times = np.diff(np.append(first, len(who)))
    length = np.repeat(np.maximum(length, CLIP_YEN), times)
    shortened = np.abs(capped) * CLIP_YEN // length
    return np.where(capped < 0, -shortened, shortened)


def _weights(who: Ints) -> Ints:
    """As `weight_milli`, for each row of people whose rows stand together."""
    if not len(who):
        return who
    times = np.diff(np.append(_firsts(who), len(who)))
    table = np.array([0, *map(weight_milli, range(1, int(times.max()) + 1))], np.int64)
    return np.repeat(table[times], times)


def _root_up(square: Ints) -> Ints:
    """The square root of each, rounded up, exactly."""
    root = np.sqrt(square.astype(np.float64)).astype(np.int64)
    root -= root * root > square
    root += (root + 1) * (root + 1) <= square
    return root + (root * root < square)
