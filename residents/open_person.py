"""Make sure that somebody has an open account, and keeps it until the transaction ends."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Problem
from residents.person import PERSON_UNKNOWN
from residents.tables import person


async def lock_open_person(db: AsyncSession, region_id: int, person_id: UUID) -> None:
    """Refuses person-unknown, also for one that is closed: nothing is kept about who has left."""
    of_person = (person.c.region_id == region_id) & (person.c.person_id == person_id)
    open_one = select(person.c.person_id).where(of_person, person.c.closed_at.is_(None))
    if (await db.execute(open_one.with_for_update())).one_or_none() is None:
        raise Problem(PERSON_UNKNOWN)
