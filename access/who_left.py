"""Whether somebody has left the post that a token of theirs still names.

A token lives for two seconds after that. What stays must not be made in them: an invitation, a
request, the secret of a till.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from access.tables import login, post
from core.database import set_region
from core.revocations import EVERYWHERE


async def has_left(
    db: AsyncSession, region_id: int, login_id: UUID, role: str, merchant_id: UUID | None
) -> bool:
    """Whether the login's posts in this role have ended, or it is suspended.

    If not, whoever ends the post waits for the caller's transaction. Tokens that were made by hand
    belong to no login, and have left nothing. Operators stand in no region.
    """
    home = EVERYWHERE if role == "operator" else region_id
    await set_region(db, home)
    rows = await db.execute(
        select(login.c.state, post.c.ended_at)
        .join_from(login, post)
        .where(
            login.c.region_id == home,
            login.c.login_id == login_id,
            post.c.role == role,
            post.c.merchant_id.is_not_distinct_from(merchant_id),
        )
        .with_for_update(read=True)
    )
    held = rows.all()
    await set_region(db, region_id)
    return bool(held) and not any(row.state == "active" and row.ended_at is None for row in held)
