"""Distinguish two neighbours by what the product releases of them, as well as is possible.

The statistic is the best linear one: each told figure times what the person changed in it, over the
noise's variance. Beside it stands how many of the person's cells are told at all.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import sqrt
from time import perf_counter
from typing import Final

import numpy as np
import orjson

from audits.lower_bound import Floats, least_mu
from audits.mutants import bounded, planted
from audits.neighbours import WORST, Person, Week, query_of
from insights.guarantee import mu_of
from insights.mechanism import MECHANISMS, WEEKLY, WEEKLY_COST
from insights.release_tables import noisy_output

_AT_ONCE: Final = 5_000
_SUPPRESSED_BELOW: Final = 0.8
"""What is suppressed stands for so many deviations below the fewest that are told: its mean."""


@dataclass(frozen=True, slots=True)
class Order:
    """Runs of one kind, on one of the two towns."""

    fault: str
    person: Person
    is_at_the_edge: bool
    is_beside: bool
    runs: int
    times: int = 2
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What the runs of one kind came to."""

    fault: str
    person: str
    cells: str
    runs: int
    least_mu: float
    allowed_mu: float
    seconds: float

    @property
    def is_within(self) -> bool:
        """Whether the runs do not contradict what was promised."""
        return self.least_mu <= self.allowed_mu


def true_mu(person: Person) -> float:
    """How many deviations of the noise the person moves a week, by the true figures."""
    without, beside = bounded("untouched", person, is_at_the_edge=False)
    return sqrt(sum(float(change**2 / sigma**2) for change, sigma in _changes(without, beside)))


def worst_person() -> Person:
    """Who is seen best."""
    return max(WORST, key=true_mu)


def compare(order: Order, processes: int = 1) -> Found:
    """Run it on both towns, and bound how far they are apart."""
    started = perf_counter()
    parts = [
        _part(order, is_beside=is_beside, first=first)
        for is_beside in (False, True)
        for first in range(0, order.runs, _AT_ONCE)
    ]
    if processes == 1:
        found = list(map(run, parts))
    else:
        with ProcessPoolExecutor(processes) as pool:
            found = list(pool.map(run, parts))
    half = len(found) // 2
    without, beside = (np.concatenate(each, axis=1) for each in (found[:half], found[half:]))
    return Found(
        order.fault,
        order.person.name,
        "at the edge" if order.is_at_the_edge else "of many",
        order.runs,
        least_mu(without, beside),
        mu_of(WEEKLY_COST),
        perf_counter() - started,
    )


def _part(order: Order, *, is_beside: bool, first: int) -> Order:
    seed = None if order.seed is None else order.seed * 1_000_003 + 2 * first + is_beside
    runs = min(_AT_ONCE, order.runs - first)
    return Order(
        order.fault, order.person, order.is_at_the_edge, is_beside, runs, order.times, seed
    )


def run(order: Order) -> Floats:
    """Both statistics of each run: what is released is read from the bytes that would be kept."""
    without, beside = bounded(order.fault, order.person, is_at_the_edge=order.is_at_the_edge)
    truth = beside if order.is_beside else without
    reader = _Reader(without, beside)
    told = np.empty((2, order.runs))
    with planted(order.fault, truth, order.runs, order.times, order.seed):
        for number in range(order.runs):
            told[:, number] = reader.read(
                [noisy_output(query_of(table), truth[table]) for table in WEEKLY]
            )
    return told


class _Reader:
    """Makes numbers of a week's bytes, knowing both towns."""

    def __init__(self, without: Week, beside: Week) -> None:
        self._tables = []
        for table in WEEKLY:
            mechanism = MECHANISMS[table]
            sigma_yen, sigma_payers = mechanism.sigma_yen, mechanism.sigma_payers_milli / 1_000
            low = mechanism.fewest_payers - _SUPPRESSED_BELOW * sigma_payers
            one, other = without[table], beside[table]
            rows = []
            for place, yen in enumerate(one.amounts["spend_yen"]):
                more = other.amounts["spend_yen"][place] - yen
                people = (other.payers_milli[place] - one.payers_milli[place]) / 1_000
                if more or people:
                    weights = more / sigma_yen**2, people / sigma_payers**2
                    rows.append((place, *weights, weights[0] * yen + weights[1] * low))
            self._tables.append(rows)

    def read(self, outputs: Sequence[bytes]) -> tuple[float, float]:
        """The linear statistic, and how many of the person's cells are told."""
        linear, shown = 0.0, 0
        for rows, output in zip(self._tables, outputs, strict=True):
            cells = orjson.loads(output)["cells"]
            for place, of_yen, of_payers, if_suppressed in rows:
                cell = cells[place]
                if cell["payers"] is None:
                    linear += if_suppressed
                else:
                    shown += 1
                    linear += of_yen * cell["amounts"]["spend_yen"][0]
                    linear += of_payers * cell["payers"][0]
        return linear, shown


def _changes(without: Week, beside: Week) -> list[tuple[float, float]]:
    """Of each figure: what the person changes, and the noise's deviation."""
    found: list[tuple[float, float]] = []
    for table in WEEKLY:
        mechanism, one, other = MECHANISMS[table], without[table], beside[table]
        pairs = (
            (one.amounts["spend_yen"], other.amounts["spend_yen"], mechanism.sigma_yen),
            (one.payers_milli, other.payers_milli, mechanism.sigma_payers_milli),
        )
        for before, after, sigma in pairs:
            found += [(b - a, sigma) for a, b in zip(before, after, strict=True)]
    return found
