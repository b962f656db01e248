"""A made-up crowd that pays for a week, and what the product makes of each person in it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

from audits.neighbours import all_cells, query_of, small_plan
from insights.bound_many import Sums
from insights.cells import AGE_BANDS
from insights.mechanism import MECHANISMS, WEEKLY
from insights.plan import codes_of
from insights.release_tables import Figures, noisy_output
from insights.released import TableName

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

AREAS: Final = 5
CATEGORIES: Final = 12
DISTRICTS: Final = 28
_PLAN: Final = small_plan(AREAS, CATEGORIES, DISTRICTS)
_MOST_SHOPS: Final = 6
"""That one person pays at in the week."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What each person adds to each figure of the week: rows of people, columns of figures."""

    adds: Numbers
    sigma: Floats
    """Of each figure: yen of a table's cells, then its payers in thousandths, table by table."""
    districts: Numbers
    """In which district each person paid first, and there in which category: for the control."""
    categories: Numbers

    def told(self, present: NDArray[np.bool_]) -> Floats:
        """A week's tables of those who are present, as everybody reads them: nan is suppressed."""
        true, told, at = self.adds[present].sum(axis=0), list[float](), 0
        for table in WEEKLY:
            cells = all_cells(table, _PLAN)
            width = len(cells.keys)
            yen = [int(each) for each in true[at : at + width]]
            payers = [int(each) for each in true[at + width : at + 2 * width]]
            output = noisy_output(
                query_of(table, _PLAN), Figures(cells, {"spend_yen": yen}, payers)
            )
            read = orjson.loads(output)["cells"]
            told += [_first(each["amounts"] and each["amounts"]["spend_yen"], 1) for each in read]
            told += [_first(each["payers"], 1_000) for each in read]
            at += 2 * width
        return np.array(told)


def make_crowd(people: int, seed: int) -> Crowd:
    """Everybody pays at one to six shops, near home mostly, more in some trades than in others."""
    rng = np.random.default_rng(seed)
    trade = 1 / np.arange(1, CATEGORIES + 1)
    sums = {table: Sums.empty(1, len(all_cells(table, _PLAN).keys)) for table in WEEKLY}
    rows, firsts = [], []
    for _ in range(people):
        shops = int(rng.integers(1, _MOST_SHOPS + 1))
        home = int(rng.integers(DISTRICTS))
        districts = np.where(rng.random(shops) < 0.7, home, rng.integers(0, DISTRICTS, shops))
        categories = rng.choice(CATEGORIES, shops, p=trade / trade.sum())
        yen = (rng.pareto(1.5, shops) * 1_500).astype(np.int64) + 100
        band = int(rng.integers(len(AGE_BANDS)))
        rows.append(_adds(sums, districts, categories, yen, band))
        firsts.append((districts[0], categories[0]))
    sigma = [
        np.repeat((MECHANISMS[table].sigma_yen, MECHANISMS[table].sigma_payers_milli), len(keys))
        for table in WEEKLY
        for keys in (all_cells(table, _PLAN).keys,)
    ]
    first = np.array(firsts)
    return Crowd(np.array(rows), np.concatenate(sigma).astype(float), first[:, 0], first[:, 1])


def _adds(
    sums: dict[TableName, Sums], districts: Numbers, categories: Numbers, yen: Numbers, band: int
) -> Numbers:
    """The figures that one person alone comes to: what the sums are more than before."""
    areas = districts % (len(codes_of(_PLAN.areas)) - 1)
    added = []
    for table, of_table in sums.items():
        match table:
            case "area_category":
                cells = areas * len(codes_of(_PLAN.categories)) + categories
            case "district":
                cells = districts
            case _:
                cells = areas * len(AGE_BANDS) + band
        places, index = np.unique(cells, return_inverse=True)
        spent = np.bincount(index, weights=yen).astype(np.int64)
        before = of_table.yen[0].copy(), of_table.payers_milli.copy()
        once = np.ones(len(places), np.bool_)
        of_table.add(np.zeros_like(places), places, [spent], once)
        added += [of_table.yen[0] - before[0], of_table.payers_milli - before[1]]
    return np.concatenate(added)


def _first(figure: list[int] | None, scale: int) -> float:
    return float("nan") if figure is None else float(figure[0] * scale)
