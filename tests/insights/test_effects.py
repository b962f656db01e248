"""The effect of a campaign: found where there is one, as large as it is, and nowhere else."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from insights.compare_weeks import Point, difference, likeness, slope
from insights.effects import Effect, Reason, effect_of
from insights.panel import Weeks, told_alike, weeks_around
from insights.released import Released
from insights.students_t import quantile
from insights.sums import half_width
from tests.insights.synthetic_cube import KEYS, released, truth, week_of
from tests.sizes import COMPARED_TOWNS

REACHED = frozenset(keys for keys in KEYS if keys[0] == "kita")
OTHERS = frozenset(KEYS) - REACHED
BEFORE, DURING = 13, range(13, 17)


def found(seed: int, raise_by: float, alike: float = 0.0) -> tuple[Effect, int]:
    """What is found in one town, and what is true of it: additional yen in the reached cells."""
    rng = np.random.default_rng(seed)
    without, raised = truth(rng, dict.fromkeys(REACHED, 1 + raise_by), DURING, alike=alike)
    releases = released(rng, raised)
    weeks = weeks_around(week_of(DURING.start), week_of(DURING.stop) - timedelta(1), releases)
    truly = (raised - without)[DURING.start : DURING.stop].sum()
    return effect_of(weeks, REACHED, OTHERS), int(truly)


def rate(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def least(expected: float, runs: int) -> float:
    """What a rate of `expected` falls below in one of ten thousand tries of so many runs."""
    return float(stats.binom.ppf(1e-4, runs, expected)) / runs


@pytest.mark.parametrize(("alike", "at_least"), [(0.0, 0.95), (0.3, 0.92)])
def test_the_interval_holds_the_true_effect_as_often_as_is_said(alike: float, at_least: float):
    hits = []
    for seed in range(COMPARED_TOWNS):
        effect, truly = found(seed, 0.12, alike)
        assert effect.additional_yen is not None
        hits.append(effect.additional_yen.low <= truly <= effect.additional_yen.high)
    assert rate(hits) >= least(at_least, COMPARED_TOWNS)


def test_no_effect_is_told_as_none_and_a_real_one_is_found():
    nothing = [found(seed, 0.0)[0] for seed in range(COMPARED_TOWNS)]
    assert rate(["interval-includes-zero" in each.reasons for each in nothing]) >= least(
        0.95, COMPARED_TOWNS
    )
    assert rate(["trends-differ" not in each.reasons for each in nothing]) >= least(
        0.95, COMPARED_TOWNS
    )
    real = [found(seed, 0.12)[0] for seed in range(COMPARED_TOWNS)]
    assert rate([each.is_concluded for each in real]) >= 0.8
    middle = sorted(each.per_mille.value for each in real if each.per_mille)[COMPARED_TOWNS // 2]
    assert 110 <= middle <= 130


def test_before_and_after_alone_takes_the_season_for_the_campaign():
    """Why a comparison is needed: where the whole town rises, the rise is told, and no effect."""
    effect, _ = found(3, 0.0)
    assert effect.rise is not None
    assert effect.rise_of_others is not None
    assert "interval-includes-zero" in effect.reasons


def test_noise_alone_makes_the_interval_as_wide_as_it_is():
    """Where weeks do not differ at all, the known noise is what is left."""
    flat = [Point(5.0, 0.04)] * 8
    assert difference(flat, flat[:4]).half == pytest.approx(
        stats.t.ppf(0.975, 10) * (0.04 * (1 / 8 + 1 / 4)) ** 0.5, rel=1e-5
    )


def test_a_difference_and_a_slope_are_those_of_the_books():
    rng = np.random.default_rng(1)
    one, two = rng.normal(3, 1, 9), rng.normal(4, 1, 5)
    ours = difference([Point(float(v), 0.0) for v in one], [Point(float(v), 0.0) for v in two])
    theirs = stats.ttest_ind(two, one)
    rests = [list(one - one.mean()), list(two - two.mean())]
    assert likeness(rests) == 0.0, "these weeks are not alike: another seed is needed"
    low, high = theirs.confidence_interval()
    assert (ours.low, ours.high) == pytest.approx((low, high), rel=1e-4)
    line = stats.linregress(np.arange(9), one)
    drift = slope([Point(float(v), 0.0) for v in one])
    assert drift.value == pytest.approx(line.slope)
    assert drift.half >= stats.t.ppf(0.975, 7) * line.stderr * 0.9999


@pytest.mark.parametrize("freedom", [1, 2, 5, 12, 30, 31, 40, 120])
def test_students_t_is_the_tables(freedom: int):
    assert quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-4)


@pytest.mark.parametrize("variance", [0, 1, 223_607**2, 7 * 223_607**2])
def test_the_noise_of_a_sum_is_rounded_outwards(variance: int):
    exact = 1.96 * variance**0.5
    assert exact <= half_width(variance) <= exact + 1.01


def weeks_of(first: date, last: date, count: int = 17) -> Weeks:
    rng = np.random.default_rng(1)
    return weeks_around(first, last, released(rng, truth(rng, {}, range(0), weeks=count)[1]))


@pytest.mark.parametrize(
    ("first", "last", "spans", "cut_days"),
    [
        (week_of(13), week_of(17) - timedelta(1), (13, 4, 0), 0),
        (week_of(13) + timedelta(2), week_of(17) - timedelta(1), (13, 3, 0), 5),
        (week_of(10), week_of(13) + timedelta(2), (10, 3, 3), 3),
        (week_of(13) + timedelta(2), week_of(13) + timedelta(4), (0, 0, 0), 3),
        (week_of(14), week_of(15) - timedelta(1), (13, 1, 1), 0),
    ],
)
def test_only_weeks_wholly_within_or_without_count(
    first: date, last: date, spans: tuple[int, int, int], cut_days: int
):
    weeks = weeks_of(first, last)
    assert (len(weeks.before), len(weeks.during), len(weeks.after)) == spans
    assert weeks.cut_days == cut_days
    assert all(each.last_day < first for each in weeks.before)
    assert all(each.first_day >= first and each.last_day <= last for each in weeks.during)
    assert all(each.first_day > last for each in weeks.after)


@pytest.mark.parametrize(
    ("first", "last", "reached", "others", "reason"),
    [
        (week_of(3), week_of(7), REACHED, OTHERS, "too-few-weeks-before"),
        (week_of(13), week_of(14) - timedelta(1), REACHED, OTHERS, "too-few-weeks-during"),
        (
            week_of(13),
            week_of(17) - timedelta(1),
            frozenset(KEYS),
            frozenset(),
            "reaches-everybody",
        ),
        (week_of(13), week_of(17) - timedelta(1), frozenset(), OTHERS, "not-told-apart"),
    ],
)
def test_what_cannot_be_concluded_is_said(first, last, reached, others, reason: Reason):
    effect = effect_of(weeks_of(first, last), reached, others)
    assert reason in effect.reasons
    assert effect.additional_yen is None
    assert not effect.is_concluded


def test_cells_that_are_not_told_every_week_are_left_out_of_all_weeks():
    rng = np.random.default_rng(5)
    yen = truth(rng, {}, range(0))[1]
    shy = KEYS[0]
    releases = released(rng, yen, suppressed=frozenset({(4, shy)}))
    weeks = weeks_around(week_of(13), week_of(17) - timedelta(1), releases)
    assert told_alike(weeks.used) == frozenset(KEYS) - {shy}
    effect = effect_of(weeks, REACHED, OTHERS)
    assert (shy in effect.reached, effect.dropped) == (False, 1)
    assert "cells-suppressed" in effect.reasons, "one of three is more than a quarter"


def test_a_missing_week_is_told_and_another_plan_is_not_compared():
    rng = np.random.default_rng(5)
    releases = released(rng, truth(rng, {}, range(0))[1])
    around = (week_of(13), week_of(17) - timedelta(1))
    assert weeks_around(*around, releases[:8] + releases[9:]).missing == 1
    other = [_under(each, b"older") for each in releases[:10]] + releases[10:]
    assert len(weeks_around(*around, other).before) == 3


def test_small_cells_are_too_noisy_for_a_comparison():
    rng = np.random.default_rng(5)
    releases = released(rng, truth(rng, {}, range(0))[1] / 20)
    effect = effect_of(
        weeks_around(week_of(13), week_of(17) - timedelta(1), releases), REACHED, OTHERS
    )
    assert "noise-too-large" in effect.reasons
    assert effect.additional_yen is None


def test_sides_that_drifted_apart_before_are_found():
    rng = np.random.default_rng(5)
    yen = truth(rng, {}, range(0))[1]
    drift = np.exp(0.02 * np.arange(17))
    for place, keys in enumerate(KEYS):
        if keys in REACHED:
            yen[:, place] *= drift
    weeks = weeks_around(week_of(13), week_of(17) - timedelta(1), released(rng, yen))
    assert "trends-differ" in effect_of(weeks, REACHED, OTHERS).reasons


def _under(release: Released, digest: bytes) -> Released:
    return replace(release, plan_digest=digest)
