"""Two towns that differ in one person's week, and what the product makes of them, unnoised."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from insights.bound_many import Sums
from insights.cells import AGE_BANDS, Cells, keys_of
from insights.mechanism import MECHANISMS, WEEKLY
from insights.output import Query
from insights.plan import StatisticsPlan
from insights.release_tables import Figures
from insights.released import TableName

MONDAY: Final = date(2026, 11, 30)
REGION: Final = "audit"
Week = dict[TableName, Figures]


@dataclass(frozen=True, slots=True)
class Person:
    """What one person did: yen by place, and in which of them it paid. Places are areas' numbers;
    each area has one district and one category here.
    """

    name: str
    yen: tuple[int, ...]
    paid: tuple[bool, ...]


LARGE: Final = 400_000
"""Far beyond the clip, so whoever does not clip is seen."""
WORST: Final = (
    Person("at the clip in one cell", (LARGE,), (True,)),
    Person("spread over as many cells as count whole", (LARGE,) * 4, (True,) * 4),
    Person("with refunds", (LARGE, LARGE, -LARGE, -LARGE), (True, True, True, False)),
)


def small_plan(areas: int = 4, categories: int = 1, districts: int = 4) -> StatisticsPlan:
    """Lists of so many, the rest among them."""

    def named(code: str, **more: str) -> dict[str, Any]:
        return {"code": code, "names": {"ja": code, "en": code}, **more}

    within = max(1, areas - 1)
    return StatisticsPlan.model_validate(
        {
            "first_week": MONDAY.isoformat(),
            "areas": [named(f"a{place}") for place in range(within)],
            "districts": [
                named(f"d{place}", area=f"a{place % within}") for place in range(districts - 1)
            ],
            "categories": [named(f"c{place}") for place in range(max(1, categories - 1))],
        }
    )


PLAN: Final = small_plan()


def query_of(table: TableName, plan: StatisticsPlan = PLAN) -> Query:
    """The week's."""
    return Query(REGION, table, MONDAY, MONDAY + timedelta(days=6), plan.digest)


def all_cells(table: TableName, plan: StatisticsPlan = PLAN) -> Cells:
    """Every key has a cell: shops are another matter."""
    return Cells(keys_of(table, plan), {}, frozenset())


def towns(person: Person, *, is_at_the_edge: bool) -> tuple[Week, Week]:
    """Without the person and with it, all of it bounded by the product.

    There are many others in each cell; or at the edge so many that with this person the cell has
    the fewest that are told.
    """
    without: Week = {}
    beside: Week = {}
    for table in WEEKLY:
        others = MECHANISMS[table].fewest_payers - 1 if is_at_the_edge else 300
        width = len(all_cells(table).keys)
        sums = Sums.empty(1, width)
        everybody = np.arange(width * others)
        once = np.ones(len(everybody), np.bool_)
        sums.add(everybody, everybody // others, [np.full(len(everybody), 1_000)], once)
        without[table] = _figures(table, sums)
        cells = np.array([_place(table, place) for place in range(len(person.yen))])
        yen, paid = np.array(person.yen), np.array(person.paid)
        sums.add(np.zeros_like(cells), cells, [yen], paid)
        beside[table] = _figures(table, sums)
    return without, beside


def _figures(table: TableName, sums: Sums) -> Figures:
    yen, payers = [int(each) for each in sums.yen[0]], [int(each) for each in sums.payers_milli]
    return Figures(all_cells(table), {"spend_yen": yen}, payers)


def _place(table: TableName, place: int) -> int:
    """The cell of a table in which the person's n-th place is."""
    match table:
        case "area_category":
            return place * 2
        case "district":
            return place
        case _:
            return place * len(AGE_BANDS)
