"""The cube: what was released so far, read back as tables. It costs nothing of the budget."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from insights.output import read_output
from insights.released import Released, TableName
from insights.tables import released


async def read_released(
    db: AsyncSession,
    region_id: int,
    tables: Collection[TableName],
    first_day: date,
    last_day: date,
) -> list[Released]:
    """Releases of these tables whose days all lie between the two, by day and number.

    Reads a view that every role may, also one that may read nothing else.
    """
    of = released.c
    rows = await db.execute(
        select(of.release_no, of.output)
        .where(
            of.region_id == region_id,
            of.table_name.in_(tables),
            of.first_day >= first_day,
            of.last_day <= last_day,
        )
        .order_by(of.first_day, of.release_no)
    )
    return [read_output(row.release_no, row.output) for row in rows]
