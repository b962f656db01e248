"""Read what estimates are made of, with no more than the rights of a role that sees no person."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from insights.cube import read_released
from insights.released import TableName
from simulations.asked import Asked
from simulations.estimate import Trader, estimate_of
from simulations.result import Json

_TABLES: Final[tuple[TableName, ...]] = ("area_category", "area_age_band")
_TRADERS: Final = text("""
    SELECT merchant_id, merchant_class, category, area, street
      FROM campaigns.trader WHERE region_id = :region
""")


async def estimates(db: AsyncSession, region_id: int, asked: Sequence[Asked]) -> list[Json]:
    """What each question comes to by the tables that were released so far."""
    if not asked:
        return []
    first, last = min(each.from_day for each in asked), max(each.to_day for each in asked)
    tables = await read_released(db, region_id, _TABLES, first, last)
    rows = await db.execute(_TRADERS, {"region": region_id})
    traders = [Trader(UUID(int=merchant.int), *facts) for merchant, *facts in rows]
    return [estimate_of(each, tables, traders) for each in asked]
