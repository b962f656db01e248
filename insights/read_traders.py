"""Read who was in trade on a day, by the plan's lists: public facts of shops, and no others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from insights.cells import category, place
from insights.plan import StatisticsPlan
from insights.reach import Keys, Trader

_SHOPS: Final = text("""
    SELECT store_id, merchant_id, merchant_class, category, area, street, store_area, district
      FROM insights.shop WHERE region_id = :region ORDER BY store_id
""")
_STEPS: Final = text("""
    SELECT DISTINCT ON (holder_id) holder_id, state
      FROM insights.shop_step
     WHERE region_id = :region AND business_date <= :day
     ORDER BY holder_id, number DESC
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """A store that was in trade, with its merchant, and where the plan's lists have it."""

    store_id: UUID
    merchant_id: UUID
    merchant_class: str
    category: str
    """As the merchant said it; `listed` is the code of the plan."""
    area: str
    street: str | None
    listed_area: str
    listed_district: str
    listed_category: str


async def read_standings(
    db: AsyncSession, region_id: int, lists: StatisticsPlan, day: date
) -> list[Standing]:
    """The stores that were open at the end of the day, and whose merchants had not left."""
    given = {"region": region_id, "day": day}
    steps = await db.execute(_STEPS, given)
    opened = {UUID(int=row.holder_id.int) for row in steps if row.state == "open"}
    return [
        Standing(
            store_id=UUID(int=row.store_id.int),
            merchant_id=UUID(int=row.merchant_id.int),
            merchant_class=row.merchant_class or "",
            category=row.category or "",
            area=row.area or "",
            street=row.street,
            listed_area=within,
            listed_district=closely,
            listed_category=category(lists, row.category or ""),
        )
        for row in await db.execute(_SHOPS, {"region": region_id})
        if UUID(int=row.store_id.int) in opened and UUID(int=row.merchant_id.int) in opened
        for within, closely in [place(lists, row.store_area or "", row.district)]
    ]


def traders_of(standings: list[Standing], merged: Mapping[Keys, Keys]) -> list[Trader]:
    """Each in the cell in which its payments are counted."""
    return [
        Trader(
            merchant_id=each.merchant_id,
            merchant_class=each.merchant_class,
            category=each.category,
            area=each.area,
            street=each.street,
            cell=merged.get(keys, keys),
        )
        for each in standings
        for keys in [(each.listed_area, each.listed_category)]
    ]
