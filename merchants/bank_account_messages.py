"""Tell the contacts of before that a merchant is to be paid elsewhere."""

from typing import Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from merchants.contacts import write_to_contacts

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
    await write_to_contacts(db, region_id, merchant_id, f"bank account {what}", body)
