"""A cube of which the truth is known: weekly tables with seasons, shocks, noise and an effect."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from insights.released import Cell, Figure, Released

FIRST = date(2026, 6, 1)
SIGMA_YEN = 223_607
SIGMA_PAYERS_MILLI = 29_815
AREAS = ("kita", "minami", "higashi")
CATEGORIES = ("food", "retail", "service")
KEYS = tuple((area, category) for area in AREAS for category in CATEGORIES)
ALL_WEEKS = 17


def week_of(number: int) -> date:
    """The Monday of the week, counted from 0."""
    return FIRST + timedelta(days=7 * number)


def truth(
    rng: np.random.Generator,
    factor: Mapping[tuple[str, ...], float],
    during: range,
    *,
    weeks: int = ALL_WEEKS,
    alike: float = 0.0,
    week_to_week: float = 0.03,
) -> tuple[np.ndarray, np.ndarray]:
    """Yen by week and cell, without and with the effect: `factor` of some cells, in some weeks.

    Each cell goes its own way from week to week (autoregressive, `alike`), and all of them up and
    down together.
    """
    cells = len(KEYS)
    sizes = np.linspace(6e6, 20e6, cells)
    town = 1 + 0.15 * np.sin(np.arange(weeks) / 3) + rng.normal(0, 0.05, weeks)
    own = rng.normal(size=(weeks, cells))
    for week in range(1, weeks):
        own[week] = alike * own[week - 1] + np.sqrt(1 - alike**2) * own[week]
    without = sizes * town[:, None] * np.exp(week_to_week * own)
    raised = without.copy()
    for place, keys in enumerate(KEYS):
        raised[during.start : during.stop, place] *= factor.get(keys, 1.0)
    return without, raised


def released(
    rng: np.random.Generator,
    yen: np.ndarray,
    *,
    suppressed: frozenset[tuple[int, tuple[str, ...]]] = frozenset(),
    table: str = "area_category",
    keys: tuple[tuple[str, ...], ...] = KEYS,
) -> list[Released]:
    """The weeks as releases: noise on each cell, and some of them not told."""
    noisy = np.rint(yen + rng.normal(0, SIGMA_YEN, yen.shape)).astype(int)
    payers = np.rint(yen / 3_000 + rng.normal(0, SIGMA_PAYERS_MILLI / 1000, yen.shape)).astype(int)
    return [
        Released(
            table=table,  # type: ignore[arg-type]
            release_no=week + 1,
            first_day=week_of(week),
            last_day=week_of(week) + timedelta(days=6),
            sigma_yen=SIGMA_YEN,
            sigma_payers_milli=SIGMA_PAYERS_MILLI,
            fewest_payers=80,
            cells=tuple(
                Cell(each, None, None)
                if (week, each) in suppressed
                else Cell(
                    each,
                    _figure(int(payers[week, place]), SIGMA_PAYERS_MILLI / 1000),
                    {"spend_yen": _figure(int(noisy[week, place]), SIGMA_YEN)},
                )
                for place, each in enumerate(keys)
            ),
            output_sha256=week.to_bytes(32),
            plan_digest=b"plan",
        )
        for week in range(len(yen))
    ]


def _figure(value: int, sigma: float) -> Figure:
    reach = int(1.96 * sigma) + 1
    return Figure(value, value - reach, value + reach)
