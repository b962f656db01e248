"""Which released cells a segment by payments is made of, and in which of them a shop counts. Pure.

Of an area alone, people are counted by age band: there each counts in one cell. Else by area and
category.
"""

from dataclasses import dataclass

from insights.cells import category, place
from insights.released import Cell, Released
from notifications.segment import Paid
from notifications.week import Week


@dataclass(frozen=True, slots=True)
class Counted:
    """The cells of a segment in a week."""

    table: Released
    cells: tuple[Cell, ...]
    identity: list[tuple[str, ...]]
    """The areas and categories that count, so the same for whatever comes to the same people."""
    keys: frozenset[tuple[str, ...]]
    """Of the cells; of an area alone, without the age bands."""


def counted_by(segment: Paid, week: Week) -> Counted:
    """The cells as they are told; a key that is merged into another cell stands for that one."""
    if segment.category is None:
        table = week.area_age_band
        merged = {keys[0]: into[0] for keys, into in table.merged}
        area = segment.area or ""
        told = merged.get(area, area)
        cells = tuple(cell for cell in table.cells if cell.keys[0] == told)
        here = (each for each in _keys_of(week) if merged.get(each[0], each[0]) == told)
        return Counted(table, cells, sorted(here), frozenset({(told,)}))
    table = week.area_category
    into = dict(table.merged)
    keys = {
        into.get(each, each)
        for each in _keys_of(week)
        if segment.area in (None, each[0]) and segment.category == each[1]
    }
    cells = tuple(cell for cell in table.cells if cell.keys in keys)
    here = (each for each in _keys_of(week) if into.get(each, each) in keys)
    return Counted(table, cells, sorted(here), frozenset(keys))


def _keys_of(week: Week) -> list[tuple[str, ...]]:
    """Areas and categories, told or merged."""
    table = week.area_category
    return [*(cell.keys for cell in table.cells), *(keys for keys, _ in table.merged)]


def is_counted(counted: Counted, week: Week, area: str, district: str | None, trade: str) -> bool:
    """Whether payments at a shop that says so of itself count in these cells."""
    within, _ = place(week.lists, area, district)
    if counted.table.table == "area_age_band":
        merged = {keys[0]: into[0] for keys, into in counted.table.merged}
        return (merged.get(within, within),) in counted.keys
    keys = (within, category(week.lists, trade))
    return dict(counted.table.merged).get(keys, keys) in counted.keys
