"""Leaving: what ends with a post, or with a login that is suspended."""

from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.sessions import end_sessions
from access.tables import invitation


async def leave(
    db: AsyncSession, region_id: int, login_id: UUID, reason: str, post_id: UUID | None = None
) -> None:
    """End the sessions of a post, or all of the login; its invitations are withdrawn.

    Nobody comes in by the word of somebody who has left.
    """
    if post_id is None:
        await end_sessions(db, region_id, reason, subject_id=login_id)
    else:
        await end_sessions(db, region_id, reason, post_id=post_id)
    await db.execute(
        update(invitation)
        .where(
            invitation.c.region_id == region_id,
            invitation.c.made_by.in_([f"merchant:{login_id}", f"admin:{login_id}"]),
            invitation.c.accepted_at.is_(None),
            invitation.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=func.clock_timestamp())
    )
