"""One transaction after another, for each name: whoever is second finds what the first has done."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def one_at_a_time(db: AsyncSession, region_id: int, name: str) -> None:
    """Wait until nobody else of the region is at what is called so; it is ours until the caller's
    transaction ends.
    """
    lock = func.pg_advisory_xact_lock(func.hashtextextended(name, region_id))
    await db.execute(select(lock))
