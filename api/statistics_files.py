"""Dashboards' files: the same figures as CSV, as a chart (SVG), and on a map (GeoJSON)."""

import json
from datetime import date
from typing import Annotated, Final, Literal

from fastapi import Query
from fastapi.responses import StreamingResponse
from starlette.requests import Request
from starlette.responses import Response

from api.attachments import shown
from api.closed_route import v1_router
from api.look_up import TELLS_REFUSALS
from api.sheets import Sheet, answer_sheet, described, one_page
from api.statistics_figures import (
    Asked,
    AskedFor,
    Category,
    FromWeek,
    ToWeek,
    names_of,
    read_asked,
)
from api.statistics_plans import Reader
from insights.ask_weeks import Told
from insights.chart import Chart, Series, draw_bars, draw_lines
from insights.figures import Line, answer
from insights.maps import feature_collection
from insights.names import COLUMN_NAMES, Column
from insights.released import Figure

router: Final = v1_router("administrators: statistics")

Measure = Literal["spend", "payers"]
Places = Literal["areas", "districts"]

HEAD: Final = (
    *("区分", "名称", "支払額(円)", "支払額の下限", "支払額の上限", "支払者数(延べ)"),
    *("支払者数の下限", "支払者数の上限", "公表区分数", "非公表区分数"),
    *("前の期間との差(円)", "差の下限", "差の上限", "比べた区分数", "比べなかった区分数"),
)
_EXAMPLE: Final = "\ufeff" + ",".join(HEAD) + "\r\nkitazawa,北沢地域,12345000,…\r\n"
_EXAMPLE_SVG: Final = '<svg xmlns="http://www.w3.org/2000/svg" role="img">…</svg>'
_SVG: Final = shown("image/svg+xml", _EXAMPLE_SVG)
GEOJSON: Final = "application/geo+json"
_MAP: Final = shown(GEOJSON, {"type": "FeatureCollection", "features": []})
_TITLES: Final[dict[Measure, str]] = {"spend": "支払額", "payers": "支払者数(延べ)"}
_UNITS: Final[dict[Measure, str]] = {"spend": "円", "payers": "人"}
_ABOUT: Final = "黒い線は、個人を守るために加えたノイズによる95 %の区間です。"
_ABOUT_LINES: Final = "縦の線は、個人を守るために加えたノイズによる95 %の区間です。"


@router.get(
    "/admin/statistics/weekly.csv",
    operation_id="downloadWeeklyStatistics",
    summary="The same as a table for spreadsheets",
    response_class=StreamingResponse,
    responses=TELLS_REFUSALS | described("csv", _EXAMPLE),
)
async def download_weekly(request: Request, admin: Reader, asked: AskedFor) -> StreamingResponse:
    """UTF-8 with a byte order mark. What is not told is an empty cell; the last row is the sum."""
    told = await read_asked(request, admin, asked)
    found = answer(told.question, told.tables)
    rows = [_row(told, line) for line in (*found.lines, found.total)]
    name = f"statistics-{told.question.table}-{told.question.first_week}"
    return await answer_sheet(Sheet(name, "統計", HEAD, one_page(rows)), "csv")


@router.get(
    "/admin/statistics/weekly.svg",
    operation_id="drawWeeklyStatistics",
    summary="The same as a chart with Japanese labels",
    response_class=Response,
    responses=TELLS_REFUSALS | _SVG,
)
async def draw_weekly(
    request: Request,
    admin: Reader,
    asked: AskedFor,
    measure: Annotated[Measure, Query(description="What is drawn.")] = "spend",
) -> Response:
    """Bars, or a line over weeks, with error bars; in colours that colour-blind people tell apart,
    with a title and a description that can be read aloud. The same figures have the same bytes.
    """
    told = await read_asked(request, admin, asked)
    drawn = _drawn(told, measure)
    return Response(
        drawn.encode(),
        media_type="image/svg+xml",
        headers={"content-security-policy": "default-src 'none'"},
    )


@router.get(
    "/admin/statistics/map.geojson",
    operation_id="mapWeeklyStatistics",
    summary="Areas or districts with their figures, as a map",
    response_class=Response,
    responses=TELLS_REFUSALS | _MAP,
)
async def map_weekly(
    request: Request,
    admin: Reader,
    places: Annotated[Places, Query(description="What the features are.")] = "areas",
    from_week: FromWeek = None,
    to_week: ToWeek = None,
    category: Category = None,
) -> Response:
    """GeoJSON (RFC 7946): the outlines of the plan of statistics, each with spend and payers of
    these weeks and their intervals; a place without an outline has no geometry. `category` is of
    areas only. Intervals belong beside the colours: neighbours often do not differ.
    """
    only: dict[Column, str] = {} if category is None else {"category": category}
    asked = (
        Asked("district", "district", from_week, to_week, only)
        if places == "districts"
        else Asked("area_category", "area", from_week, to_week, only)
    )
    told = await read_asked(request, admin, asked)
    lines = {line.key: line for line in answer(told.question, told.tables).lines}
    listed = told.lists.districts if places == "districts" else told.lists.areas
    collection = feature_collection(
        listed,
        lines,
        first_day=told.question.first_week.isoformat(),
        last_day=told.question.last_day.isoformat(),
        sources=[each.release_no for each in told.tables if _is_within(told, each.first_day)],
    )
    text = json.dumps(collection, separators=(",", ":"), ensure_ascii=False)
    return Response(text.encode(), media_type=GEOJSON)


def _is_within(told: Told, day: date) -> bool:
    return told.question.first_week <= day <= told.question.last_day


def _row(told: Told, line: Line) -> list[str | int | None]:
    return [
        line.key,
        names_of(told, line.key)[0],
        *_three(line.now.spend),
        *_three(line.now.people),
        line.now.cells,
        line.now.suppressed,
        *_three(line.change.spend),
        line.base.cells,
        line.unpaired,
    ]


def _three(figure: Figure | None) -> tuple[int | None, int | None, int | None]:
    return (None, None, None) if figure is None else (figure.value, figure.low, figure.high)


def _drawn(told: Told, measure: Measure) -> str:
    question, found = told.question, answer(told.question, told.tables)
    is_of_weeks = question.by == "week"
    figures = [line.now.spend if measure == "spend" else line.now.people for line in found.lines]
    about = _ABOUT_LINES if is_of_weeks else _ABOUT
    if found.total.now.suppressed:
        about += f"公表しない{found.total.now.suppressed}区分(人数か事業者が少ない)は含みません。"
    what = "週" if question.by == "week" else COLUMN_NAMES[question.by]
    chart = Chart(
        title=f"{what}別の{_TITLES[measure]}({question.first_week}〜{question.last_day})",
        about=about,
        unit=_UNITS[measure],
        places=[
            line.key[5:].replace("-", "/") if is_of_weeks else names_of(told, line.key)[0]
            for line in found.lines
        ],
        series=[Series(_TITLES[measure], figures)],
    )
    return draw_lines(chart) if is_of_weeks else draw_bars(chart)
