"""What may be said of a region's statistics and the people in them: computed from what was paid.

Pure. Nothing is typed here that the stored costs do not give; what the words around it say stands
in api/privacy_words.py, and no more than docs/PRIVACY.md.
"""

from dataclasses import dataclass

from insights.guarantee import (
    DELTA,
    best_guess,
    epsilon_at,
    hundredths_up,
    percent_up,
    rho_text,
)
from insights.mechanism import WEEKLY_COST, YEAR_CAP
from insights.package import tables_of
from insights.read_spending import Paid, Spending, Year, periods_of


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a cost means, rounded so that it never says too little."""

    cost: int
    """In billionths of rho."""
    guess_percent: float
    """At most so often a guess whether somebody took part is right; 50 is tossing a coin."""
    epsilon: float
    """At `delta`."""

    @property
    def rho(self) -> str:
        """The cost, exactly."""
        return rho_text(self.cost)


@dataclass(frozen=True, slots=True)
class YearMeaning:
    """A year of the budget: what was used, and the most that may be."""

    year: Year
    used: Meaning
    most: Meaning


@dataclass(frozen=True, slots=True)
class Statement:
    """All that the page about privacy tells in figures."""

    week: Meaning
    """Of the weekly tables of the dearest week so far; before the first, of the planned cost."""
    is_planned: bool
    """Whether nothing was released yet: then `week` and `year` are what is planned."""
    year: Meaning
    """Of the whole budget of a year: the largest that stands in the books."""
    so_far: Meaning
    """Of everything that was ever released."""
    delta: float
    years: tuple[YearMeaning, ...]
    """Newest first."""
    releases: tuple[Paid, ...]

    @property
    def left_percent(self) -> int:
        """What remains of the newest year's budget, rounded down; all of it before it began."""
        if not self.years:
            return 100
        newest = self.years[0].year
        return 100 * newest.left // newest.cap


def meaning_of(cost: int) -> Meaning:
    """The meaning of a cost, or of several that were added up."""
    return Meaning(cost, percent_up(best_guess(cost)), hundredths_up(epsilon_at(cost)))


def make_statement(spending: Spending) -> Statement:
    """What holds for these books."""
    weeks = [
        sum(
            each.cost
            for each in spending.releases
            if each.first_day == period.first_day and each.table in tables_of("weeks")
        )
        for period in periods_of(spending.releases)
        if period.kind == "weeks"
    ]
    caps = [year.cap for year in spending.years]
    return Statement(
        week=meaning_of(max(weeks, default=WEEKLY_COST)),
        is_planned=not spending.releases,
        year=meaning_of(max(caps, default=YEAR_CAP)),
        so_far=meaning_of(spending.used),
        delta=DELTA,
        years=tuple(
            YearMeaning(year, meaning_of(year.used), meaning_of(year.cap))
            for year in spending.years
        ),
        releases=spending.releases,
    )
