"""Dashboards' figures: spend and payers of released weeks with intervals, and what changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

from fastapi import Depends, Query
from pydantic import Field
from starlette.requests import Request

from api.answers import Answer
from api.closed_route import v1_router
from api.days import Day
from api.identity import AdminIdentity
from api.look_up import TELLS_REFUSALS
from api.state import state_of
from api.statistics_plans import Reader
from core.database import CITY_ROLE
from insights.ask_weeks import Told, read_told, span_of
from insights.figures import By, Line, Question, answer
from insights.names import Column, name_of
from insights.released import Figure

router: Final = v1_router("administrators: statistics")

WeeklyTable = Literal["area_category", "area_age_band", "district"]
Area = Annotated[
    str | None, Query(max_length=40, description="Of tables with areas: this one alone.")
]
Category = Annotated[
    str | None, Query(max_length=40, description="Of areas and categories: this one alone.")
]
AgeBand = Annotated[
    str | None, Query(max_length=40, description="Of areas and age bands: this one alone.")
]
District = Annotated[str | None, Query(max_length=40, description="Of districts: this one alone.")]
FromWeek = Annotated[
    Day | None, Query(description="A day of the first week; else four weeks are told.")
]
ToWeek = Annotated[
    Day | None, Query(description="A day of the last week; else the newest that is released.")
]


class FigureAnswer(Answer):
    """A noisy number, and between which two the true one lies in 95 of 100 releases.

    In yen, or people: where it stands says which.
    """

    value: int = Field(examples=[12_345_000])
    low: int = Field(examples=[11_906_730])
    high: int = Field(examples=[12_783_270])


class ChangeAnswer(Answer):
    """Against as many weeks just before, over cells that were told in both weeks of each pair."""

    spend: FigureAnswer
    """In yen."""
    payers: FigureAnswer
    spend_before: FigureAnswer
    """Of those cells, in the weeks before."""
    cells: int = Field(examples=[48])
    """Pairs of cells that are compared."""
    left_out: int = Field(examples=[2])
    """Cells that were told in one week of a pair only."""


class StatisticsLine(Answer):
    """One week, area or whatever was asked for."""

    key: str = Field(examples=["kitazawa"])
    """The Monday of the week, or a code of the plan's lists."""
    name_ja: str = Field(examples=["北沢地域"])
    name_en: str = Field(examples=["Kitazawa"])
    spend: FigureAnswer | None
    """In yen: the sum of what was told; null where no cell was."""
    payers: FigureAnswer | None
    """Of each week and cell anew: who pays in two of them counts twice."""
    cells: int = Field(examples=[52])
    """Cells in the sums, week by week."""
    suppressed: int = Field(examples=[4])
    """Cells of too few payers or businesses to be told: they are not in the sums."""
    change: ChangeAnswer | None
    """Null where nothing can be compared."""


class SourceAnswer(Answer):
    """A release that figures are from."""

    release_no: int = Field(examples=[17])
    first_day: date
    last_day: date
    sha256: str = Field(examples=["9f2c" + 60 * "0"])
    """Of the stored bytes."""


class StatisticsAnswer(Answer):
    """Lines in the order of the lists, and all of them together."""

    table: WeeklyTable
    by: By
    first_day: date
    last_day: date
    weeks: int = Field(examples=[4])
    released_weeks: int = Field(examples=[4])
    """Of how many of them there is a release."""
    before_first_day: date
    """Of the weeks that they are compared with."""
    lines: list[StatisticsLine]
    total: StatisticsLine
    sources: list[SourceAnswer]
    """The releases of these weeks and of those before; they cost nothing once more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """As it came in."""

    table: WeeklyTable
    by: By
    from_week: date | None
    to_week: date | None
    only: Mapping[Column, str]


async def _asked(
    table: Annotated[WeeklyTable, Query(description="Which released table.")] = "area_category",
    by: Annotated[By, Query(description="What the lines are: a column of it.")] = "week",
    from_week: FromWeek = None,
    to_week: ToWeek = None,
    area: Area = None,
    category: Category = None,
    age_band: AgeBand = None,
    district: District = None,
) -> Asked:
    said: dict[Column, str | None] = {
        "area": area,
        "category": category,
        "age_band": age_band,
        "district": district,
    }
    only = {column: code for column, code in said.items() if code is not None}
    return Asked(table, by, from_week, to_week, only)


AskedFor = Annotated[Asked, Depends(_asked)]


@router.get(
    "/admin/statistics/weekly",
    operation_id="getWeeklyStatistics",
    summary="Spend and payers of released weeks, by week, area, category, age band or district",
    responses=TELLS_REFUSALS,
)
async def get_weekly(request: Request, admin: Reader, asked: AskedFor) -> StatisticsAnswer:
    """Added up from released tables alone, so it costs nothing of the privacy budget, and no role
    sees more than the public. Intervals are of the noise; of a sum they grow with the square root
    of its cells. 422 statistics-question-wrong, 409 statistics-plan-missing.
    """
    return _answer(await read_asked(request, admin, asked))


async def read_asked(request: Request, admin: AdminIdentity, asked: Asked) -> Told:
    """What was asked for, read as the role that sees no person, whoever asks."""
    region_id = admin.region.region_id
    async with state_of(request).database.snapshot(region_id, as_role=CITY_ROLE) as db:
        first, weeks = await span_of(db, region_id, asked.table, asked.from_week, asked.to_week)
        question = Question(asked.table, asked.by, first, weeks, asked.only)
        return await read_told(db, region_id, question)


def names_of(told: Told, key: str) -> tuple[str, str]:
    """What a line is called in Japanese and in English."""
    if key == "total":
        return "合計", "Total"
    if told.question.by == "week":
        return f"{key}の週", f"Week of {key}"
    return name_of(told.lists, told.question.by, key)


def _answer(told: Told) -> StatisticsAnswer:
    question = told.question
    found = answer(question, told.tables)
    return StatisticsAnswer.model_validate(
        {
            "table": question.table,
            "by": question.by,
            "first_day": question.first_week,
            "last_day": question.last_day,
            "weeks": question.weeks,
            "released_weeks": found.released_weeks,
            "before_first_day": question.first_before,
            "lines": [_line(told, line) for line in found.lines],
            "total": _line(told, found.total),
            "sources": [
                {
                    "release_no": each.release_no,
                    "first_day": each.first_day,
                    "last_day": each.last_day,
                    "sha256": each.output_sha256.hex(),
                }
                for each in told.tables
            ],
        }
    )


def _line(told: Told, line: Line) -> StatisticsLine:
    name_ja, name_en = names_of(told, line.key)
    return StatisticsLine(
        key=line.key,
        name_ja=name_ja,
        name_en=name_en,
        spend=_figure(line.now.spend),
        payers=_figure(line.now.people),
        cells=line.now.cells,
        suppressed=line.now.suppressed,
        change=_change(line),
    )


def _change(line: Line) -> ChangeAnswer | None:
    spend, payers = _figure(line.change.spend), _figure(line.change.people)
    before = _figure(line.base.spend)
    if spend is None or payers is None or before is None:
        return None
    return ChangeAnswer(
        spend=spend,
        payers=payers,
        spend_before=before,
        cells=line.base.cells,
        left_out=line.unpaired,
    )


def _figure(figure: Figure | None) -> FigureAnswer | None:
    return None if figure is None else FigureAnswer.model_validate(figure, from_attributes=True)
