"""What a login keeps secret, as it is set and taken away: the hash of its password."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.tables import login


async def set_password(db: AsyncSession, region_id: int, login_id: UUID, hashed: str) -> None:
    """Put the hash of a new password (`access.passwords`) in the place of the old one."""
    await db.execute(
        update(login)
        .where(login.c.region_id == region_id, login.c.login_id == login_id)
        .values(password_hash=hashed)
    )


async def forget_password(db: AsyncSession, region_id: int, login_id: UUID) -> None:
    """Take the password away: nobody signs in by one until there is another."""
    await db.execute(
        update(login)
        .where(login.c.region_id == region_id, login.c.login_id == login_id)
        .values(password_hash=None)
    )


async def password_hash_of(db: AsyncSession, region_id: int, login_id: UUID) -> str | None:
    """The hash of a login's password, if it has one."""
    found: str | None = await db.scalar(
        select(login.c.password_hash).where(
            login.c.region_id == region_id, login.c.login_id == login_id
        )
    )
    return found
