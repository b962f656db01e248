"""A shop of a furnished region that pays another one, gets its coin back, and has some again."""

from typing import Any

from ledger.command import Command
from tests.api.phone import qr_of
from tests.payments.shops import ON, bringing_back, buy, buying, conversion, convert, open_shop
from tests.town_builder import Store, Town, Wallet


async def furnish_recirculation(
    town: Town, wallet: Wallet, store: Store
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What really has each name, and what was refused."""
    await town.change_settings(recirculation=ON)
    await town.pay(wallet, store, 15_000)
    shop, other = await open_shop(town, store), await town.open_store()
    first = await convert(town, shop, 1_000)
    paid = await buy(town, shop, other, 100)
    await town.change_settings()
    back = (await town.submit(bringing_back(shop))).accepted()
    await town.change_settings(recirculation=ON)
    await convert(town, shop, 4_000)
    refused: dict[str, Command] = {
        "conversion_id": await conversion(town, shop, 400_000),
        "merchant payment_id": buying(shop, store, 100),
        "conversion-returns return_id": bringing_back(shop),
    }
    for wished in refused.values():
        assert (await town.submit(wished)).entry.refusal is not None, wished
    known = {
        "conversion_id": first.entry_id,
        "merchant payment_id": paid.entry_id,
        "conversion-returns return_id": back.entry_id,
        "merchant wallet_id": shop.wallet_id,
        "conversion-returns wallet_id": shop.wallet_id,
        "merchant qr": qr_of(other),
    }
    return known, {name: str(command.entry_id) for name, command in refused.items()}
