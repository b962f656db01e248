"""What a campaign did to what people spent: before and after, and against cells it did not reach.

Pure. The difference-in-differences is of logarithms: had nothing happened, the reached cells would
have gone up and down by the same share as the others. docs/EVIDENCE.md says the method, and what it
cannot say.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil, exp, floor, log, sqrt
from typing import Final, Literal

from insights.compare_weeks import Estimate, Point, difference, slope
from insights.panel import Weeks, told_alike, weekly_sums
from insights.reach import Keys
from insights.released import Figure
from insights.sums import Sum

FEWEST_BEFORE: Final = 6
FEWEST_DURING: Final = 2
MOST_NOISE_PERCENT: Final = 10
"""Of a week's sum, one standard deviation of its noise: a logarithm of more says little."""
MOST_DROPPED_PERCENT: Final = 25
"""Of the cells of one side, those that were not told in every week."""

Reason = Literal[
    "too-few-weeks-before",
    "too-few-weeks-during",
    "weeks-missing",
    "reaches-everybody",
    "not-told-apart",
    "cells-suppressed",
    "noise-too-large",
    "trends-differ",
    "another-campaign",
    "interval-includes-zero",
]
"""Why nothing is concluded."""


@dataclass(frozen=True, slots=True)
class Series:
    """The sums of one side, week by week."""

    before: list[Sum]
    during: list[Sum]


@dataclass(frozen=True, slots=True)
class Effect:
    """What is found of the reached cells, in whole yen, intervals outwards."""

    reached: frozenset[Keys]
    """Told in all weeks: those that are counted."""
    others: frozenset[Keys]
    dropped: int
    """Cells of both sides that were suppressed in some week, or merged otherwise."""
    reached_series: Series
    others_series: Series
    spent_before: Figure | None
    """A week in the reached cells, on average."""
    spent_during: Figure | None
    rise: Figure | None
    """Yen a week, during less before, whatever the cause."""
    rise_of_others: Figure | None
    per_mille: Figure | None
    """By how many thousandths more than without the campaign."""
    additional_yen: Figure | None
    """In all weeks within the campaign."""
    slope_per_mille: Figure | None
    """By how many thousandths a week the two sides drifted apart before the campaign."""
    reasons: tuple[Reason, ...]

    @property
    def is_concluded(self) -> bool:
        """Whether it is said that the campaign did it."""
        return not self.reasons


def effect_of(
    weeks: Weeks,
    reached: Collection[Keys],
    others: Collection[Keys],
    outside: Collection[Reason] = (),
) -> Effect:
    """The effect on the cells `reached`, with all reasons not to conclude from it; `outside` are
    those that the weeks do not show.
    """
    alike = told_alike(weeks.used)
    inner, outer = alike & frozenset(reached), alike & frozenset(others)
    series, other_series = _series(weeks, inner), _series(weeks, outer)
    reasons = [*outside, *_reasons_of_weeks(weeks), *_reasons_of_cells(reached, others, alike)]
    has_weeks = len(weeks.before) >= FEWEST_BEFORE and len(weeks.during) >= FEWEST_DURING
    rise = _rise(series) if has_weeks and inner else None
    found = None
    if rise is not None and outer:
        if _is_clear(series) and _is_clear(other_series):
            found = _against(series, other_series)
        else:
            reasons.append("noise-too-large")
    if found is not None:
        reasons += found.reasons
    return Effect(
        reached=inner,
        others=outer,
        dropped=len(frozenset(reached) | frozenset(others)) - len(inner) - len(outer),
        reached_series=series,
        others_series=other_series,
        spent_before=_mean(series.before) if inner else None,
        spent_during=_mean(series.during) if inner else None,
        rise=rise,
        rise_of_others=_rise(other_series) if has_weeks and outer else None,
        per_mille=found.per_mille if found else None,
        additional_yen=found.additional_yen if found else None,
        slope_per_mille=found.slope_per_mille if found else None,
        reasons=tuple(dict.fromkeys(reasons)),
    )


@dataclass(frozen=True, slots=True)
class _Against:
    per_mille: Figure
    additional_yen: Figure
    slope_per_mille: Figure
    reasons: list[Reason]


def _against(inner: Series, outer: Series) -> _Against:
    before = _log_ratios(inner.before, outer.before)
    during = _log_ratios(inner.during, outer.during)
    change, drift = difference(before, during), slope(before)
    additional = _additional(change, sum(inner.during, Sum()))
    reasons: list[Reason] = []
    if not drift.has_zero:
        reasons.append("trends-differ")
    if additional.low <= 0 <= additional.high:
        reasons.append("interval-includes-zero")
    return _Against(_per_mille(change), additional, _per_mille(drift), reasons)


def _log_ratios(inner: Sequence[Sum], outer: Sequence[Sum]) -> list[Point]:
    """By week, how the sides stand to each other; their noises are small, and add up relatively."""
    return [
        Point(
            log(one.yen) - log(two.yen),
            one.yen_variance / one.yen**2 + two.yen_variance / two.yen**2,
        )
        for one, two in zip(inner, outer, strict=True)
    ]


def _additional(change: Estimate, during: Sum) -> Figure:
    """Of what was spent, what would not have been; the noise of the sum itself comes on top."""
    noise = 1.96 * sqrt(during.yen_variance)

    def share(of: float) -> float:
        return 1 - exp(-of)

    shares = [share(each) for each in (change.value, change.low, change.high)]
    value, low, high = (during.yen * each for each in shares)
    return Figure(
        round(value),
        floor(low - noise * abs(shares[1])),
        ceil(high + noise * abs(shares[2])),
    )


def _per_mille(of: Estimate) -> Figure:
    value, low, high = ((exp(each) - 1) * 1_000 for each in (of.value, of.low, of.high))
    return Figure(round(value), floor(low), ceil(high))


def _rise(of: Series) -> Figure:
    before, during = (
        [Point(float(each.yen), float(each.yen_variance)) for each in span]
        for span in (of.before, of.during)
    )
    change = difference(before, during)
    return Figure(round(change.value), floor(change.low), ceil(change.high))


def _mean(weeks: Sequence[Sum]) -> Figure | None:
    """A week on average, with the noise alone: that much was really spent in these weeks."""
    whole = sum(weeks, Sum()).spend
    if whole is None:
        return None
    return Figure(whole.value // len(weeks), whole.low // len(weeks), -(-whole.high // len(weeks)))


def _series(weeks: Weeks, keys: Collection[Keys]) -> Series:
    return Series(weekly_sums(weeks.before, keys), weekly_sums(weeks.during, keys))


def _is_clear(series: Series) -> bool:
    return all(
        week.yen > 0 and week.yen_variance * 100**2 <= (week.yen * MOST_NOISE_PERCENT) ** 2
        for week in (*series.before, *series.during)
    )


def _reasons_of_weeks(weeks: Weeks) -> list[Reason]:
    reasons: list[Reason] = []
    if len(weeks.before) < FEWEST_BEFORE:
        reasons.append("too-few-weeks-before")
    if len(weeks.during) < FEWEST_DURING:
        reasons.append("too-few-weeks-during")
    if weeks.missing:
        reasons.append("weeks-missing")
    return reasons


def _reasons_of_cells(
    reached: Collection[Keys], others: Collection[Keys], alike: Collection[Keys]
) -> list[Reason]:
    if not reached:
        return ["not-told-apart"]
    if not others:
        return ["reaches-everybody"]
    if any(_dropped_too_many(side, alike) for side in (reached, others)):
        return ["cells-suppressed"]
    return []


def _dropped_too_many(side: Collection[Keys], alike: Collection[Keys]) -> bool:
    dropped = sum(keys not in alike for keys in side)
    return dropped * 100 > len(side) * MOST_DROPPED_PERCENT
