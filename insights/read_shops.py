"""Read where each store stands by the plan's lists; public data only."""

from typing import Final
from uuid import UUID

from core.database import Connection
from insights.cells import Shop, category, place
from insights.plan import StatisticsPlan

# As they are now, in the ledger and in what the store tells of itself.
_STORES: Final = """
    SELECT s.holder_id, m.holder_id, m.facts ->> 'category', coalesce(d.area, m.facts ->> 'area'),
           d.district, s.state = 'open' AND m.state = 'open'
      FROM ledger.holder s
      JOIN ledger.holder m ON m.region_id = s.region_id AND m.holder_id = s.parent_id
      LEFT JOIN merchants.store_details d
        ON d.region_id = s.region_id AND d.store_id = s.holder_id
     WHERE s.region_id = $1 AND s.kind = 'store'
     ORDER BY s.holder_id
"""


async def read_shops(
    connection: Connection, region_id: int, plan: StatisticsPlan
) -> dict[UUID, Shop]:
    """Every store that ever was; those that are closed count as no business any more."""
    shops: dict[UUID, Shop] = {}
    for store_id, merchant_id, trade, area, district, is_open in await connection.fetch(
        _STORES, region_id
    ):
        within, closely = place(plan, area or "", district)
        shops[UUID(int=store_id.int)] = Shop(
            UUID(int=merchant_id.int), within, closely, category(plan, trade or ""), is_open
        )
    return shops
