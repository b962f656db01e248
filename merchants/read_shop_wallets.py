"""Read the wallet of a merchant, lot by lot."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ledger import tables
from ledger.books import Account
from ledger.statement import open_accounts
from merchants.shop_wallet import SHOP_WALLET

_HOLDER = tables.holder.c


@dataclass(frozen=True, slots=True)
class ShopWallet:
    """A shop's wallet as it stands."""

    wallet_id: UUID
    merchant_id: UUID
    lots: tuple[Account, ...]
    """Its coin, the oldest lot first; what is over and not swept yet stands among them."""


async def find_shop_wallet(
    session: AsyncSession, region_id: int, merchant_id: UUID
) -> ShopWallet | None:
    """The merchant's wallet; None if it never opened one."""
    found = await session.scalar(
        select(_HOLDER.holder_id).where(
            _HOLDER.region_id == region_id,
            _HOLDER.subject_id == merchant_id,
            _HOLDER.kind == SHOP_WALLET,
        )
    )
    if found is None:
        return None
    wallet_id = UUID(int=found.int)
    accounts = await open_accounts(session, region_id, [wallet_id])
    return ShopWallet(wallet_id, merchant_id, tuple(each for each in accounts if each.balance))
