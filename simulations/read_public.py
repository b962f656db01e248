"""Read what estimates are made of, with no more than the rights of a role that sees no person."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from insights.cube import read_released
from insights.plans import plan_for
from insights.read_traders import read_standings, traders_of
from insights.released import TableName
from simulations.asked import Asked
from simulations.estimate import estimate_of
from simulations.result import Json

_TABLES: Final[tuple[TableName, ...]] = ("area_category", "area_age_band")


async def estimates(db: AsyncSession, region_id: int, asked: Sequence[Asked]) -> list[Json]:
    """What each question comes to by the tables that were released so far."""
    if not asked:
        return []
    first, last = min(each.from_day for each in asked), max(each.to_day for each in asked)
    tables = await read_released(db, region_id, _TABLES, first, last)
    plan = await plan_for(db, region_id, last)
    standings = [] if plan is None else await read_standings(db, region_id, plan.lists, last)
    traders = list(dict.fromkeys(traders_of(standings, {})))  # once in each cell, as it is counted
    return [estimate_of(each, tables, traders) for each in asked]
