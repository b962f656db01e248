"""Partners that moved while they were asked: what the old address says of itself is nobody's."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.deliveries import Mark

_STAND: Final = text(
    "SELECT address_id, address FROM notifications.address WHERE region_id = :region"
    " AND address_id = ANY(CAST(:ids AS uuid[])) ORDER BY address_id FOR UPDATE"
)


async def heed_moves(db: AsyncSession, region_id: int, marks: Sequence[Mark]) -> list[Mark]:
    """The same marks, but that no partner is gone whose address was changed since it was asked.

    What the old address did not take is due at once. In the transaction that marks: until its end
    no address changes.
    """
    asked = {mark.delivery.address_id for mark in marks if mark.ends_partner}
    if not asked:
        return list(marks)
    rows = await db.execute(_STAND, {"region": region_id, "ids": sorted(asked)})
    stand = {row.address_id: row.address for row in rows}
    return [
        replace(mark, state="waiting", address="")
        if mark.ends_partner and stand[mark.delivery.address_id] != mark.delivery.address
        else mark
        for mark in marks
    ]
