"""Released tables as everybody may read them: noisy figures with intervals, or nothing."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

TableName = Literal["area_category", "district", "area_age_band", "hour_weekday"]
"""Weekly but for `hour_weekday`, which is released once for thirteen weeks."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A noisy number, and between which two the true one lies in 95 of 100 releases."""

    value: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table by its public keys; without figures where it was suppressed."""

    keys: tuple[str, ...]
    payers: Figure | None
    """How many people, each with the weight that the bounding left."""
    amounts_yen: dict[str, Figure] | None
    """By measure: `spend_yen`; of patterns `payments_yen`, `top_ups_yen` and `rebates_yen`."""

    @property
    def is_suppressed(self) -> bool:
        """Whether nothing of it is told: too few payers by the noisy count, or businesses."""
        return self.payers is None


@dataclass(frozen=True, slots=True)
class Released:
    """One table of one period, as its stored bytes tell it; it never changes."""

    table: TableName
    release_no: int
    first_day: date
    last_day: date
    sigma_yen: int
    """Standard deviation of the noise in every amount."""
    sigma_payers_milli: int
    """The same of payers, in thousandths of a person."""
    fewest_payers: int
    """Cells of fewer noisy payers are suppressed."""
    cells: tuple[Cell, ...]
    output_sha256: bytes
    """Of the stored bytes."""
    merged: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    """Keys without a cell of their own, for want of businesses, and in which they are counted."""
    cost: int = 0
    """What it took of the year's budget, in billionths of rho."""
    plan_digest: bytes = b""
    """SHA-256 of the plan of statistics whose lists it goes by."""
