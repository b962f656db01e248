"""Sums of released cells: what is not told is counted, and the interval grows with the noise."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isqrt
from typing import Final

from insights.released import Cell, Figure, Released

_Z_HUNDREDTHS: Final = 196
"""95 of 100 draws of the noise lie within 1.96 standard deviations."""
_ROUNDED_MILLI2: Final = 83_334
"""Payers are told as whole people: rounding adds a twelfth of a person, squared."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What published cells come to, with the variance of their noise; each draw is its own."""

    yen: int = 0
    yen_variance: int = 0
    payers: int = 0
    payers_variance_milli2: int = 0
    cells: int = 0
    """Published, and counted."""
    suppressed: int = 0
    """Not told, and so not in the sums."""

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(
            self.yen + other.yen,
            self.yen_variance + other.yen_variance,
            self.payers + other.payers,
            self.payers_variance_milli2 + other.payers_variance_milli2,
            self.cells + other.cells,
            self.suppressed + other.suppressed,
        )

    def __sub__(self, other: "Sum") -> "Sum":
        """The difference; noise of both adds up."""
        return Sum(
            self.yen - other.yen,
            self.yen_variance + other.yen_variance,
            self.payers - other.payers,
            self.payers_variance_milli2 + other.payers_variance_milli2,
            self.cells + other.cells,
            self.suppressed + other.suppressed,
        )

    @property
    def spend(self) -> Figure | None:
        """The yen; None where no cell was told."""
        half = half_width(self.yen_variance)
        return Figure(self.yen, self.yen - half, self.yen + half) if self.cells else None

    @property
    def people(self) -> Figure | None:
        """Payers, each week's anew: who paid in two weeks or cells counts twice."""
        half = -(-half_width(self.payers_variance_milli2) // 1_000)
        return Figure(self.payers, self.payers - half, self.payers + half) if self.cells else None


def half_width(variance: int) -> int:
    """Half of a 95 % interval, rounded up to a whole unit: no float decides what is told."""
    squared = variance * _Z_HUNDREDTHS**2
    root = isqrt(squared)
    return -(-(root + (root * root < squared)) // 100)


def sum_of(table: Released, cells: Iterable[Cell]) -> Sum:
    """What these cells of the table come to; of amounts only what people spent."""
    return sum((_of_cell(table, cell) for cell in cells), Sum())


def _of_cell(table: Released, cell: Cell) -> Sum:
    if cell.payers is None or cell.amounts_yen is None:
        return Sum(suppressed=1)
    return Sum(
        yen=cell.amounts_yen["spend_yen"].value,
        yen_variance=table.sigma_yen**2,
        payers=cell.payers.value,
        payers_variance_milli2=table.sigma_payers_milli**2 + _ROUNDED_MILLI2,
        cells=1,
    )
