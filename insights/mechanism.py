"""What each table is: its measures, what it costs of the privacy budget, its bounds and noise.

Zero-concentrated differential privacy (rho), in billionths. One person changes the amounts of a
table by at most CLIP_YEN and its payers by at most SENSITIVITY_MILLI (both L2), whatever the person
did in the period: insights/bound.py sees to that.
"""

from dataclasses import dataclass
from math import isqrt
from typing import Final

from insights.released import TableName

YEAR_CAP: Final = 520_000_000
"""rho 0.52 a year; a constraint says so too."""
WEEKS_A_YEAR: Final = 52
WEEKS_A_QUARTER: Final = 13
WEEKLY_COST: Final = 9_000_000
QUARTERLY_COST: Final = 10_000_000
KEPT_FOR_DELIVERIES: Final = 12_000_000
"""Of a year, for figures of what was delivered."""
DELIVERY_COST: Final = 250_000
"""Of one notice, to whoever got it."""
DELIVERY_MONTH_COST: Final = 1_000_000
"""Of a calendar month: nobody gets more than four notices in one."""
MONTHS_A_YEAR: Final = 12
"""So many first days of a month do 364 days have at most."""

CLIP_YEN: Final = 15_000
"""L2 of what one person adds to the amounts of a table, in a week or in a quarter."""
MOST_CELLS: Final = 4
"""In so many cells a person counts whole; in more with less weight in each."""
SENSITIVITY_MILLI: Final = 2_000
"""1,000 · √MOST_CELLS: L2 of what one person adds to payers, in thousandths."""
FEWEST_PAYERS: Final = 20
FEWEST_BUSINESSES: Final = 3
"""A cell of fewer is merged into another: a rule that protects shops, not a guarantee."""
VERSION: Final = 1
"""Of all this; it stands in what is hashed, so another mechanism is another query."""

assert SENSITIVITY_MILLI**2 == 1_000**2 * MOST_CELLS


@dataclass(frozen=True, slots=True)
class Mechanism:
    """How one table is made noisy."""

    table: TableName
    weeks: int
    amounts: tuple[str, ...]
    """The measures in yen. Payers come beside them and cost as much as all of them together, or as
    each of them where there are several."""
    cost: int
    has_merges: bool = True

    @property
    def cost_of_a_measure(self) -> int:
        """Amounts and payers share the cost evenly."""
        measures = len(self.amounts) + 1
        assert self.cost % measures == 0, "no billionth is lost"
        return self.cost // measures

    @property
    def sigma_yen(self) -> int:
        """Of every amount."""
        return sigma_of(CLIP_YEN, self.cost_of_a_measure)

    @property
    def sigma_payers_milli(self) -> int:
        """Of payers, in thousandths."""
        return sigma_of(SENSITIVITY_MILLI, self.cost_of_a_measure)

    @property
    def fewest_payers(self) -> int:
        """At least 20 and two standard deviations, rounded up to a whole person."""
        return -(-(FEWEST_PAYERS * 1_000 + 2 * self.sigma_payers_milli) // 1_000)


def sigma_of(sensitivity: int, cost: int) -> int:
    """The smallest whole standard deviation that costs no more: rho is (D / sigma)² / 2.

    sigma² >= D² · 10⁹ / (2 · cost), in whole numbers: no float decides what is paid.
    """
    squared = -(-(sensitivity**2 * 1_000_000_000) // (2 * cost))
    return isqrt(squared - 1) + 1


DELIVERY_SIGMA_MILLI: Final = 1_000 * (sigma_of(1, DELIVERY_COST))
"""Of the noise in each of a notice's two numbers: whole people, of whom one is in one number."""

_SPEND: Final = ("spend_yen",)
MECHANISMS: Final[dict[TableName, Mechanism]] = {
    each.table: each
    for each in (
        Mechanism("area_category", 1, _SPEND, WEEKLY_COST // 2),
        Mechanism("district", 1, _SPEND, WEEKLY_COST // 4),
        Mechanism("area_age_band", 1, _SPEND, WEEKLY_COST // 4),
        Mechanism(
            "hour_weekday",
            WEEKS_A_QUARTER,
            ("payments_yen", "top_ups_yen", "rebates_yen"),
            QUARTERLY_COST,
            has_merges=False,
        ),
    )
}
WEEKLY: Final[tuple[TableName, ...]] = ("area_category", "district", "area_age_band")

assert MONTHS_A_YEAR * DELIVERY_MONTH_COST == KEPT_FOR_DELIVERIES
assert sum(MECHANISMS[name].cost for name in WEEKLY) == WEEKLY_COST
assert (
    WEEKS_A_YEAR * WEEKLY_COST
    + WEEKS_A_YEAR // WEEKS_A_QUARTER * QUARTERLY_COST
    + KEPT_FOR_DELIVERIES
    == YEAR_CAP
)
