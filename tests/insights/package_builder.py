"""Released tables and a plan as packages are made of, written down by hand: nothing is drawn."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from insights.cells import keys_of
from insights.mechanism import MECHANISMS
from insights.package import Issue, tables_of
from insights.package_dcat import Kind
from insights.plan import Area, Category, District, Merges, Names, StatisticsPlan
from insights.released import Cell, Figure, Released, TableName

MONDAY = date(2026, 11, 2)
PLAN = StatisticsPlan(
    first_week=date(2026, 9, 7),
    areas=[
        Area(code="north", names=Names(ja="北部", en="North")),
        Area(code="south", names=Names(ja="=南部", en="+South")),
    ],
    districts=[
        District(code="kita-1", names=Names(ja="北町一丁目", en="Kitamachi 1"), area="north"),
        District(code="minami", names=Names(ja='南"町', en="Minami, town"), area="south"),
    ],
    categories=[
        Category(code="food", names=Names(ja="飲食", en="Food")),
        Category(code="books", names=Names(ja="書籍", en="Books")),
    ],
    merges=Merges(categories={"books": "food"}),
)


def released(table: TableName, release_no: int = 1, first_day: date = MONDAY) -> Released:
    """A table with figures of every kind: told, below zero, suppressed, and merged where it may."""
    how = MECHANISMS[table]
    keys = keys_of(table, PLAN)
    merged: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    if how.has_merges:
        keys, merged = keys[:-1], ((keys[-1], keys[0]),)
    cells = []
    for place, each in enumerate(keys):
        value = 10_000 * place - 15_000
        figures = {name: Figure(value, value - 9_000, value + 9_000) for name in how.amounts}
        is_told = place % 2 == 0
        payers = Figure(150 + place, 100, 200 + place)
        cells.append(Cell(each, payers if is_told else None, figures if is_told else None))
    return Released(
        table=table,
        release_no=release_no,
        first_day=first_day,
        last_day=first_day + timedelta(days=7 * how.weeks - 1),
        sigma_yen=how.sigma_yen,
        sigma_payers_milli=how.sigma_payers_milli,
        fewest_payers=how.fewest_payers,
        cells=tuple(cells),
        output_sha256=bytes([release_no % 256]) * 32,
        merged=merged,
        cost=how.cost,
        plan_digest=PLAN.digest,
    )


def issues(kind: Kind = "weeks", first_day: date = MONDAY, number: int = 1) -> list[Issue]:
    """All tables of a period, as they were released on the day after it."""
    made = []
    for place, table in enumerate(tables_of(kind)):
        one = released(table, number + place, first_day)
        at = datetime(one.last_day.year, one.last_day.month, one.last_day.day, 18, 30, tzinfo=UTC)
        made.append(Issue(one, at, PLAN))
    return made


def another_plan(issue: Issue, **names: str) -> Issue:
    """The same table under a plan whose first area is called otherwise."""
    first = PLAN.areas[0].model_copy(update={"names": Names(**names)})
    areas = [first, *PLAN.areas[1:]]
    return replace(issue, plan=PLAN.model_copy(update={"areas": areas}))
