"""Tell the contacts of before that a merchant is to be paid elsewhere."""

from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession

from access.messages import put_message
from access.tables import login, post
from merchants.application_tables import business

MOST: Final = 20
"""Owners that are written to."""

_WORDS: Final = {
    "asked": (
        "振込先口座の変更が申請されました。",
        "Another bank account was asked for.",
    ),
    "approved": (
        "振込先口座の変更が承認されました。まもなく適用されます。",
        "Another bank account was approved, and applies soon.",
    ),
    "cancelled": (
        "振込先口座の変更が取り消されました。",
        "A change of the bank account was cancelled.",
    ),
}


async def tell_contacts(
    db: AsyncSession, region_id: int, merchant_id: UUID, ends_with: str,
    what: Literal["asked", "approved", "cancelled"],
) -> None:  # fmt: skip
    """Write to the business's address as it is known, and to each owner, whoever has asked.

    Of the number it says the last three digits.
    """
    ja, en = _WORDS[what]
    body = (
        f"{ja}口座番号の末尾: {ends_with}。"
        "心当たりがなければ、管理画面で取り消し、すぐに運営者に知らせてください。\n"
        f"{en} Its number ends with {ends_with}. If you know nothing of it, cancel it in the"
        " console and tell the issuer at once.\n"
    )
    for address in await _addresses(db, region_id, merchant_id):
        await put_message(
            db, region_id, channel="email", purpose=f"bank account {what}", address=address,
            body=body,
        )  # fmt: skip


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
