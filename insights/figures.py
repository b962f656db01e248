"""Add up released weekly cells into the lines of a dashboard, beside the weeks before. Pure.

Cells that were not told are counted, not guessed: a sum is of what was told. Two spans of weeks are
compared over the cells that were told in both, week by week; the rest is counted, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from insights.names import COLUMNS, Column
from insights.released import Cell, Released, TableName
from insights.sums import Sum, sum_of

By = Literal["week", "area", "category", "age_band", "district"]
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Question:
    """Which cells of which weeks, and what the lines are."""

    table: TableName
    by: By
    first_week: date
    """Monday of the first week."""
    weeks: int
    only: Mapping[Column, str] = field(default_factory=dict)
    """By column, the one code that is looked at."""

    @property
    def last_day(self) -> date:
        """Sunday of the last week."""
        return self.first_week + self.weeks * WEEK - timedelta(days=1)

    @property
    def first_before(self) -> date:
        """Monday of the first of as many weeks just before."""
        return self.first_week - self.weeks * WEEK

    def is_of_its_table(self) -> bool:
        """Whether the table has these columns."""
        columns = COLUMNS[self.table]
        return (self.by == "week" or self.by in columns) and set(self.only) <= set(columns)


@dataclass(frozen=True, slots=True)
class Line:
    """One week, area or whatever was asked for."""

    key: str
    now: Sum
    change: Sum
    """Later less earlier weeks, of cells told in both; empty where there is none."""
    base: Sum
    """The earlier weeks of those cells."""
    unpaired: int
    """Cells and weeks that were told in one of the two spans only, or that had no release."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The lines in the order of the lists, and all of them together."""

    lines: list[Line]
    total: Line
    released_weeks: int
    """How many of the weeks there is a release of."""


def answer(question: Question, tables: Sequence[Released]) -> Answer:
    """From the releases of the question's table, of its weeks and of as many before."""
    by_week = {each.first_day: each for each in tables if each.table == question.table}
    mondays = [question.first_week + n * WEEK for n in range(question.weeks)]
    keys = _keys(question, [by_week[day] for day in mondays if day in by_week])
    lines = [_line(question, key, by_week, mondays) for key in keys]
    return Answer(
        lines, _added("total", lines), released_weeks=sum(day in by_week for day in mondays)
    )


def _keys(question: Question, tables: Sequence[Released]) -> list[str]:
    """What there is a line for: those of the newest release first, as its lists have them."""
    if question.by == "week":
        return [each.first_day.isoformat() for each in tables]
    place = COLUMNS[question.table].index(question.by)
    found = {
        cell.keys[place]: None
        for table in reversed(tables)
        for cell in table.cells
        if _is_asked(question, cell)
    }
    return list(found)


def _line(
    question: Question, key: str, by_week: Mapping[date, Released], mondays: Sequence[date]
) -> Line:
    now = base = change = Sum()
    unpaired = 0
    for monday in mondays:
        if question.by == "week" and monday.isoformat() != key:
            continue
        late, early = by_week.get(monday), by_week.get(monday - question.weeks * WEEK)
        later, earlier = _cells(question, key, late), _cells(question, key, early)
        both = [keys for keys in later if _is_told(later, keys) and _is_told(earlier, keys)]
        if late is not None:
            now += sum_of(late, later.values())
        if late is not None and early is not None:
            then = sum_of(early, [earlier[keys] for keys in both])
            base += then
            change += sum_of(late, [later[keys] for keys in both]) - then
        told = [keys for keys in {**later, **earlier} if keys not in both]
        unpaired += sum(_is_told(later, keys) or _is_told(earlier, keys) for keys in told)
    return Line(key, now, change, base, unpaired)


def _cells(question: Question, key: str, table: Released | None) -> dict[tuple[str, ...], Cell]:
    if table is None:
        return {}
    place = None if question.by == "week" else COLUMNS[question.table].index(question.by)
    return {
        cell.keys: cell
        for cell in table.cells
        if _is_asked(question, cell) and (place is None or cell.keys[place] == key)
    }


def _is_told(cells: Mapping[tuple[str, ...], Cell], keys: tuple[str, ...]) -> bool:
    return keys in cells and not cells[keys].is_suppressed


def _is_asked(question: Question, cell: Cell) -> bool:
    columns = dict(zip(COLUMNS[question.table], cell.keys, strict=True))
    return all(columns[column] == code for column, code in question.only.items())


def _added(key: str, lines: Sequence[Line]) -> Line:
    return Line(
        key,
        now=sum((line.now for line in lines), Sum()),
        change=sum((line.change for line in lines), Sum()),
        base=sum((line.base for line in lines), Sum()),
        unpaired=sum(line.unpaired for line in lines),
    )
