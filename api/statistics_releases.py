"""What was released of the statistics, byte for byte, and what remains of the privacy budget."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Query, Request, Response
from pydantic import BeforeValidator, Field

from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.fields import MAX_JSON_INT, digits
from api.pages import Listing, Page, Paged
from api.state import state_of
from api.statistics_plans import Reader
from core.errors import Problem, problem
from insights.output import Output
from insights.read_releases import ReleaseLine, find_output, list_budgets, list_releases
from insights.released import TableName
from ledger.regions import Region

RELEASE_UNKNOWN: Final = problem(
    "statistics-release-unknown", 404, "There is no release of this number."
)

RELEASES: Final = Listing("statistics-releases", (int,))

router = v1_router("administrators: statistics")

_HASH: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class StatisticsReleaseAnswer(Answer):
    """A table that has left, without its cells. It never changes."""

    release_no: int = Field(examples=[1])
    table: TableName
    first_day: date
    last_day: date
    plan_id: UUID
    cost_nano_rho: int = Field(examples=[4_500_000])
    """What it took of the year's budget, in billionths of rho."""
    sigma_yen: int = Field(examples=[223_607])
    sigma_payers_milli: int = Field(examples=[29_815])
    output_sha256: str = Field(examples=[_HASH])
    previous: str = Field(examples=[_HASH])
    """The hash of the release before; zeros for the first."""
    hash: str = Field(examples=[_HASH])
    released_at: datetime


class PrivacyBudgetAnswer(Answer):
    """What may be told of people in a year of 52 weeks, and what was: in billionths of rho."""

    first_day: date
    last_day: date
    cap_nano_rho: int = Field(examples=[520_000_000])
    used_nano_rho: int = Field(examples=[9_000_000])
    left_nano_rho: int = Field(examples=[511_000_000])


class PrivacyBudgetsAnswer(Answer):
    """Each year of which something was released, oldest first."""

    items: list[PrivacyBudgetAnswer]


@router.get(
    "/admin/statistics/releases",
    operation_id="listStatisticsReleases",
    summary="Released tables, newest first",
)
async def list_all_releases(
    request: Request,
    admin: Reader,
    paging: Paged,
    table: Annotated[TableName | None, Query(description="Only of this table.")] = None,
    from_day: Annotated[
        date | None, Query(description="Only what covers it or later days.")
    ] = None,
    to_day: Annotated[
        date | None, Query(description="Only what covers it or earlier days.")
    ] = None,
) -> Page[StatisticsReleaseAnswer]:
    """To look costs nothing of the budget: what was told is told."""
    region, start = admin.region, RELEASES.start(paging)
    database = state_of(request).database
    async with database.snapshot(region.region_id, as_role=admin.database_role) as db:
        lines = await list_releases(
            db, region.region_id, before=start[0] if start else None, limit=paging.limit + 1,
            table=table, from_day=from_day, to_day=to_day,
        )  # fmt: skip
    return RELEASES.page(
        lines, paging, lambda line: (line.release_no,), lambda line: _answer(region, line)
    )


@router.get(
    "/admin/statistics/releases/{release_no}",
    operation_id="getStatisticsRelease",
    summary="A released table, byte for byte",
    response_model=Output,
)
async def get_release(
    request: Request,
    admin: Reader,
    release_no: Annotated[
        int,
        Path(ge=1, le=MAX_JSON_INT, description="As the list has it.", examples=[1]),
        BeforeValidator(digits),
    ],
) -> Response:
    """As it was stored; its SHA-256 stands in the list. A cell without figures was suppressed."""
    region_id = admin.region.region_id
    database = state_of(request).database
    async with database.snapshot(region_id, as_role=admin.database_role) as db:
        output = await find_output(db, region_id, release_no)
    if output is None:
        raise Problem(RELEASE_UNKNOWN)
    return Response(output, media_type="application/json")


@router.get(
    "/admin/statistics/budgets",
    operation_id="listPrivacyBudgets",
    summary="What remains of the privacy budget",
)
async def list_all_budgets(request: Request, admin: Reader) -> PrivacyBudgetsAnswer:
    """By year, which begins with the first week of the region's first plan."""
    region_id = admin.region.region_id
    database = state_of(request).database
    async with database.snapshot(region_id, as_role=admin.database_role) as db:
        years = await list_budgets(db, region_id)
    return PrivacyBudgetsAnswer(
        items=[
            PrivacyBudgetAnswer(
                first_day=year.first_day,
                last_day=year.last_day,
                cap_nano_rho=year.cap,
                used_nano_rho=year.used,
                left_nano_rho=year.cap - year.used,
            )
            for year in years
        ]
    )


def _answer(region: Region, line: ReleaseLine) -> StatisticsReleaseAnswer:
    return StatisticsReleaseAnswer(
        release_no=line.release_no,
        table=line.table_name,
        first_day=line.first_day,
        last_day=line.last_day,
        plan_id=line.plan_id,
        cost_nano_rho=line.cost,
        sigma_yen=line.sigma_yen,
        sigma_payers_milli=line.sigma_payers_milli,
        output_sha256=line.output_sha256.hex(),
        previous=line.prev_hash.hex(),
        hash=line.hash.hex(),
        released_at=in_zone(line.released_at, region),
    )
