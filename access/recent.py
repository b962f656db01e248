"""Whether somebody signed in just now: asked before a lasting key is added by a token."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from access.sign_in_tables import session

RECENT: Final = timedelta(minutes=15)


async def is_recent(db: AsyncSession, region_id: int, session_id: UUID | None) -> bool:
    """Whether a session began within `RECENT` and goes on."""
    if session_id is None:
        return False
    found = await db.scalar(
        select(session.c.session_id).where(
            session.c.region_id == region_id,
            session.c.session_id == session_id,
            session.c.ended_at.is_(None),
            session.c.made_at > func.clock_timestamp() - RECENT,
        )
    )
    return found is not None
