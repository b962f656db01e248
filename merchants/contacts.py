"""Where a merchant is written to: its own address, and its owners'."""

from typing import Final
from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession

from access.messages import put_message
from access.tables import login, post
from merchants.application_tables import business

MOST: Final = 20
"""Addresses that are written to."""


async def write_to_contacts(
    db: AsyncSession, region_id: int, merchant_id: UUID, purpose: str, body: str
) -> int:
    """Put an e-mail to each contact into the outbox, in the caller's transaction; how many."""
    addresses = await _addresses(db, region_id, merchant_id)
    for address in addresses:
        await put_message(
            db, region_id, channel="email", purpose=purpose, address=address, body=body
        )
    return len(addresses)


async def _addresses(db: AsyncSession, region_id: int, merchant_id: UUID) -> list[str]:
    of_business = select(business.c.email).where(
        business.c.region_id == region_id, business.c.merchant_id == merchant_id
    )
    of_owners = (
        select(login.c.email)
        .join_from(login, post)
        .where(
            post.c.region_id == region_id,
            post.c.merchant_id == merchant_id,
            post.c.role == "owner",
            post.c.ended_at.is_(None),
        )
    )
    rows = await db.scalars(union(of_business, of_owners).limit(MOST))
    return sorted(rows)
