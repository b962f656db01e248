"""Shops in numbers: how many there are, who came and went, and what shops paid to shops."""

from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Annotated, Final

from fastapi import Query
from fastapi.responses import StreamingResponse
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.answers import Answer
from api.closed_route import v1_router
from api.identity import AdminIdentity
from api.look_up import TELLS_REFUSALS
from api.sheets import Sheet, answer_sheet, described, one_page
from api.state import state_of
from api.statistics_figures import FigureAnswer
from api.statistics_plans import Reader
from core.database import CITY_ROLE, now_of
from core.errors import Problem
from insights.evidence_words import CLASSES
from insights.names import Called, name_of
from insights.plan import StatisticsPlan
from insights.plans import list_plans
from insights.read_traders import read_standings
from insights.release_tables import NO_PLAN
from insights.shop_counts import (
    Circulated,
    MonthOfShops,
    ShopLine,
    ShopsBy,
    circulation,
    count_shops,
    months_of_shops,
)
from ledger.regions import Region

router: Final = v1_router("administrators: statistics")

HEAD: Final = ("区分", "名称", "加盟店数", "店舗数")
_EXAMPLE: Final = "\ufeff" + ",".join(HEAD) + "\r\nsmall,小規模店,1840,1902\r\n"
By = Annotated[ShopsBy, Query(description="What the lines are.")]
Months = Annotated[int, Query(ge=1, le=36, description="How many months are told.")]


class ShopsLine(Answer):
    """A class, category, area or district."""

    key: str = Field(examples=["small"])
    name_ja: str = Field(examples=["小規模店"])
    name_en: str = Field(examples=["Small shops"])
    merchants: int = Field(examples=[1840])
    """With a store there; one with stores in two areas counts in both."""
    stores: int = Field(examples=[1902])


class ShopsMonth(Answer):
    """What changed in a month."""

    month: date
    """Its first day."""
    opened: int = Field(examples=[42])
    """Merchants that joined, or opened again."""
    closed: int = Field(examples=[7])


class ShopsAnswer(Answer):
    """Merchants and stores that are open, as the public directory has them."""

    as_of: date
    merchants: int = Field(examples=[3021])
    stores: int = Field(examples=[3187])
    lines: list[ShopsLine]
    months: list[ShopsMonth]
    """Oldest first; the last one has just begun or goes on."""


class CirculationMonth(Answer):
    """What shops made coin of and paid to shops; null where fewer than three paid or were paid."""

    month: date
    """Its first day."""
    converted_yen: int | None = Field(examples=[1_250_000])
    """Of what was due to shops, less what came back; in thousands. Null too where fewer than three
    converted."""
    paid_yen: int | None = Field(examples=[980_000])
    """Less what was given back; in thousands."""
    payers: int | None = Field(examples=[14])
    """Merchants that paid."""
    payees: int | None = Field(examples=[9])
    """Merchants that were paid."""
    per_mille_of_spend: FigureAnswer | None
    """Yen a day for each ¥1,000 a day that people spent, by the released weeks that lie wholly in
    the month; its interval is that of their noise."""


class CirculationAnswer(Answer):
    """Months that are over and in which a shop paid or converted, oldest first."""

    months: list[CirculationMonth]


@router.get(
    "/admin/statistics/shops",
    operation_id="getShopStatistics",
    summary="How many shops there are, and how many came and went",
    responses=TELLS_REFUSALS,
)
async def get_shops(
    request: Request, admin: Reader, by: By = "class", months: Months = 12
) -> ShopsAnswer:
    """Exact, since it is public: no number follows from what a resident did."""
    async with _reading(request, admin) as db:
        today, lists, lines, stores = await _counted(db, admin.region, by)
        changes = await months_of_shops(db, admin.region.region_id, today, months)
    return ShopsAnswer(
        as_of=today,
        merchants=stores[0],
        stores=stores[1],
        lines=[_line(lists, by, line) for line in lines],
        months=[_month(each) for each in changes],
    )


@router.get(
    "/admin/statistics/shops.csv",
    operation_id="downloadShopStatistics",
    summary="The same as a table for spreadsheets",
    response_class=StreamingResponse,
    responses=TELLS_REFUSALS | described("csv", _EXAMPLE),
)
async def download_shops(request: Request, admin: Reader, by: By = "class") -> StreamingResponse:
    """UTF-8 with a byte order mark."""
    async with _reading(request, admin) as db:
        today, lists, lines, _ = await _counted(db, admin.region, by)
    told = [_line(lists, by, line) for line in lines]
    rows = [(line.key, line.name_ja, line.merchants, line.stores) for line in told]
    return await answer_sheet(Sheet(f"shops-{today}", "加盟店", HEAD, one_page(rows)), "csv")


@router.get(
    "/admin/statistics/circulation",
    operation_id="getCirculation",
    summary="What shops paid to shops with what they earned",
)
async def get_circulation(
    request: Request, admin: Reader, months: Months = 12
) -> CirculationAnswer:
    """Of shops alone: payments of people are in no number but the released ones beside it. Empty
    where shops do not pay shops.
    """
    async with _reading(request, admin) as db:
        today = await _today(db, admin.region)
        told = await circulation(db, admin.region.region_id, today, months)
    return CirculationAnswer(months=[_circulated(each) for each in told])


def _reading(request: Request, admin: AdminIdentity) -> AbstractAsyncContextManager[AsyncSession]:
    """As the role that sees no person, whoever asks."""
    return state_of(request).database.snapshot(admin.region.region_id, as_role=CITY_ROLE)


async def _today(db: AsyncSession, region: Region) -> date:
    return region.day_of(await now_of(db))


async def _counted(
    db: AsyncSession, region: Region, by: ShopsBy
) -> tuple[date, StatisticsPlan, list[ShopLine], tuple[int, int]]:
    """By the newest plan that was approved. Raises statistics-plan-missing."""
    today, region_id = await _today(db, region), region.region_id
    plans = await list_plans(db, region_id, before=None, limit=1, only_approved=True)
    if not plans:
        raise Problem(NO_PLAN)
    lists = plans[0].lists
    standings = await read_standings(db, region_id, lists, today)
    merchants = len({each.merchant_id for each in standings})
    return today, lists, count_shops(standings, by), (merchants, len(standings))


def _line(lists: StatisticsPlan, by: ShopsBy, line: ShopLine) -> ShopsLine:
    if by == "class":
        called = CLASSES.get(line.key, Called(line.key, line.key))
    else:
        called = name_of(lists, by, line.key)
    return ShopsLine(
        key=line.key,
        name_ja=called.ja,
        name_en=called.en,
        merchants=line.merchants,
        stores=line.stores,
    )


def _month(each: MonthOfShops) -> ShopsMonth:
    return ShopsMonth.model_validate(each, from_attributes=True)


def _circulated(each: Circulated) -> CirculationMonth:
    return CirculationMonth.model_validate(each, from_attributes=True)
