"""Shops with wallets, for tests: what they convert and pay, by their real commands."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ledger.books import Entry
from merchants.shop_wallet import OpenShopWallet
from payments.convert import Convert, ReturnConversion, SpokenFor
from payments.pay_as_shop import PayAsShop
from payments.reads import read_settings
from payments.spoken_for import read_spoken_for
from tests.town_builder import ADMIN, Store, Town, new_id

ON: dict[str, Any] = {"is_on": True}


@dataclass(frozen=True, slots=True)
class Shop:
    """A store with its merchant, and the wallet that the merchant pays from."""

    store: Store
    wallet_id: UUID

    @property
    def merchant_id(self) -> UUID:
        """Whose wallet it is."""
        return self.store.merchant_id


async def open_shop(town: Town, store: Store | None = None) -> Shop:
    """A shop with a wallet; of a new merchant unless a store is named."""
    shop = Shop(store or await town.open_store(), new_id())
    (await town.submit(opening(shop))).accepted()
    return shop


async def sold(town: Town, shop: Shop, yen: int) -> Shop:
    """The shop has sold for so much to a new resident."""
    wallet = await town.open_wallet()
    await town.top_up(wallet, 50_000)
    await town.pay(wallet, shop.store, yen)
    return shop


def opening(shop: Shop) -> OpenShopWallet:
    """The command that opens the shop's wallet."""
    return OpenShopWallet(
        entry_id=shop.wallet_id, actor=shop.store.actor, merchant_id=shop.merchant_id
    )


async def spoken_for(town: Town, shop: Shop) -> SpokenFor:
    """What the route reads before a conversion."""
    async with town.database.snapshot(town.region.region_id) as session:
        settings = await read_settings(session, town.region.region_id)
        assert settings is not None
        return await read_spoken_for(
            session, town.region, settings.settlement, shop.merchant_id, await town.today()
        )


async def conversion(town: Town, shop: Shop, yen: int, **more: Any) -> Convert:
    """The command of a conversion, as of now."""
    fields = {"entry_id": new_id(), "wallet_id": shop.wallet_id, "merchant_id": shop.merchant_id}
    return Convert(
        **fields | more,
        actor=shop.store.actor,
        amount_yen=yen,
        spoken_for=await spoken_for(town, shop),
    )


async def convert(town: Town, shop: Shop, yen: int) -> Entry:
    """Make coin of what is due to the shop."""
    return (await town.submit(await conversion(town, shop, yen))).accepted()


def buying(shop: Shop, store: Store, yen: int, **more: Any) -> PayAsShop:
    """The command by which a shop pays in a store."""
    fields = {"entry_id": new_id(), "wallet_id": shop.wallet_id, "merchant_id": shop.merchant_id}
    return PayAsShop(
        **fields | more, actor=shop.store.actor, store_id=store.store_id, amount_yen=yen
    )


async def buy(town: Town, shop: Shop, store: Store, yen: int) -> Entry:
    """A shop pays in another's store."""
    return (await town.submit(buying(shop, store, yen))).accepted()


def bringing_back(shop: Shop) -> ReturnConversion:
    """The command by which finance puts back what is left in a wallet."""
    return ReturnConversion(entry_id=new_id(), actor=ADMIN, wallet_id=shop.wallet_id, reason="test")
