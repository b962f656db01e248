"""By what a login can sign in: a password with its authenticator, passkeys, the city's provider."""

from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from access.tables import device, login
from core.errors import Problem, problem

LAST_WAY_IN: Final = problem(
    "last-way-in", 409, "You could not sign in without it: add another way first."
)


async def refuse_to_lock_out(db: AsyncSession, region_id: int, login_id: UUID) -> None:
    """Raise last-way-in where what the transaction took away was the last way of a login."""
    has_passkey = exists().where(
        device.c.region_id == region_id,
        device.c.subject_id == login_id,
        device.c.face == "staff",
        device.c.revoked_at.is_(None),
    )
    has_both = login.c.password_hash.is_not(None) & login.c.totp_sealed.is_not(None)
    way = await db.scalar(
        select(login.c.login_id).where(
            login.c.region_id == region_id,
            login.c.login_id == login_id,
            has_both | login.c.upstream.is_not(None) | has_passkey,
        )
    )
    if way is None:
        raise Problem(LAST_WAY_IN)
