"""Read what a dashboard asks for: released weeks, those before, and the lists that name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Problem, problem
from insights.cube import read_released
from insights.figures import WEEK, Question
from insights.names import COLUMNS, keys_of
from insights.plan import StatisticsPlan
from insights.plans import first_week, plan_for
from insights.release_tables import NO_PLAN
from insights.released import Released, TableName
from insights.tables import released

STATISTICS_QUESTION_WRONG: Final = problem(
    "statistics-question-wrong",
    422,
    "One to 53 weeks are told, the first one first, by columns that the table has and their codes.",
)
MOST_WEEKS: Final = 53
USUAL_WEEKS: Final = 4
"""The newest so many, where nothing is said."""


@dataclass(frozen=True, slots=True)
class Told:
    """A question, the releases that answer it, and the plan of its last week."""

    question: Question
    tables: list[Released]
    lists: StatisticsPlan


async def span_of(
    db: AsyncSession,
    region_id: int,
    table: TableName,
    from_week: date | None,
    to_week: date | None,
) -> tuple[date, int]:
    """The Monday of the first week and how many weeks, where a day stands for its week.

    What is not said is the newest release, else the plan's first week, and four weeks. Refuses
    statistics-plan-missing where nothing is said and there is no plan, statistics-question-wrong.
    """
    last = to_week or await _newest(db, region_id, table) or await first_week(db, region_id)
    if last is None:
        raise Problem(NO_PLAN)
    last -= timedelta(days=last.weekday())
    first = from_week or last - (USUAL_WEEKS - 1) * WEEK
    first -= timedelta(days=first.weekday())
    weeks = (last - first).days // 7 + 1
    if not 1 <= weeks <= MOST_WEEKS:
        raise Problem(STATISTICS_QUESTION_WRONG, most_weeks=MOST_WEEKS)
    return first, weeks


async def read_told(db: AsyncSession, region_id: int, question: Question) -> Told:
    """The tables of the question's weeks and of as many before.

    Refuses statistics-plan-missing, and statistics-question-wrong with what it may ask for.
    """
    if not question.is_of_its_table():
        columns: tuple[str, ...] = COLUMNS[question.table]
        raise Problem(STATISTICS_QUESTION_WRONG, most_weeks=MOST_WEEKS, columns=columns)
    plan = await plan_for(db, region_id, question.last_day - timedelta(days=6))
    if plan is None:
        raise Problem(NO_PLAN)
    tables = await read_released(
        db, region_id, [question.table], question.first_before, question.last_day
    )
    _check_codes(question, tables, plan.lists)
    return Told(question, tables, plan.lists)


def _check_codes(question: Question, tables: Sequence[Released], lists: StatisticsPlan) -> None:
    """A code that no list and no release has was mistyped: it is no place without payments."""
    for column, code in question.only.items():
        place = COLUMNS[question.table].index(column)
        known = keys_of(lists, column)
        known += [cell.keys[place] for table in tables for cell in table.cells]
        if code not in known:
            codes = tuple(dict.fromkeys(known))
            raise Problem(STATISTICS_QUESTION_WRONG, most_weeks=MOST_WEEKS, codes=codes)


async def _newest(db: AsyncSession, region_id: int, table: TableName) -> date | None:
    found: date | None = await db.scalar(
        select(func.max(released.c.first_day)).where(
            released.c.region_id == region_id, released.c.table_name == table
        )
    )
    return found
