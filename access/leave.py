"""Leaving: what ends with a post, or with a login that is suspended."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.sessions import end_sessions
from access.tables import invitation, request
from core.database import set_region
from core.revocations import EVERYWHERE
from ledger.tables import region


async def leave(
    db: AsyncSession, region_id: int, login_id: UUID, reason: str, post_id: UUID | None = None
) -> int:
    """End the sessions of a post, or all of the login, and say how many.

    What the login invited to and asked for is withdrawn: nobody comes in, and nothing is approved,
    by the word of somebody who has left. Operators invite in every region.
    """
    if post_id is None:
        ended = await end_sessions(db, region_id, reason, subject_id=login_id)
    else:
        ended = await end_sessions(db, region_id, reason, post_id=post_id)
    await _withdraw(db, region_id, login_id)
    if region_id == EVERYWHERE:
        for each in (
            await db.scalars(select(region.c.region_id).order_by(region.c.region_id))
        ).all():
            await set_region(db, each)
            await _withdraw(db, each, login_id)
        await set_region(db, region_id)
    return len(ended)


async def _withdraw(db: AsyncSession, region_id: int, login_id: UUID) -> None:
    """What the login invited to and asked for in this region, of which the session is."""
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
    await db.execute(
        update(request)
        .where(
            request.c.region_id == region_id,
            request.c.made_by == login_id,
            request.c.state == "open",
        )
        .values(state="withdrawn", decided_at=func.clock_timestamp())
    )
