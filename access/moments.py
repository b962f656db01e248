"""The present, as PostgreSQL knows it: one clock for all processes that compare times of theirs."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def present(db: AsyncSession) -> datetime:
    """The time of this statement, not of the transaction's begin."""
    now: datetime = (await db.execute(select(func.clock_timestamp()))).scalar_one()
    return now
