"""Read one counter of the books outside of a batch: for what is shown or reckoned beforehand."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ledger import tables
from ledger.books import CounterKey

_ROW = tables.counter.c


async def read_counter(db: AsyncSession, region_id: int, key: CounterKey) -> int:
    """How much of it is used, 0 where nobody has counted; decisions look at their books."""
    value = select(_ROW.value).where(
        _ROW.region_id == region_id,
        _ROW.subject_id == key.subject_id,
        _ROW.name == key.name,
        _ROW.scope_id == key.scope_id,
        _ROW.period == key.period,
    )
    return await db.scalar(value) or 0
