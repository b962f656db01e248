"""Read what the ledger knows of a person: codes and days, nothing of who it is."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ledger import tables
from ledger.books import Facts
from residents.person import NOBODY


async def person_facts(db: AsyncSession, region_id: int, person_id: UUID) -> Facts:
    """The facts of a person; those of nobody where there is no such holder yet."""
    holder = tables.holder.c
    found = await db.execute(
        select(holder.facts).where(
            holder.region_id == region_id,
            holder.holder_id == person_id,
            holder.kind == "person",
        )
    )
    facts: Facts | None = found.scalar_one_or_none()
    return NOBODY if facts is None else facts
