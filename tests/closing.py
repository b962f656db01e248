"""Change merchants and stores: closed, open again, of another street; each by its real command."""

from typing import Any, Literal
from uuid import UUID

from ledger.books import Entry
from merchants.close import ChangeMerchant, ChangeStore, MerchantState
from merchants.describe import DescribeMerchant
from tests.town_builder import ADMIN, Store, Town, new_id


def merchant_change(merchant_id: UUID, state: MerchantState) -> ChangeMerchant:
    """The command of finance."""
    return ChangeMerchant(merchant_id=merchant_id, state=state, **_by_admin())


def store_change(store: Store, state: Literal["open", "closed"]) -> ChangeStore:
    """The command of finance."""
    return ChangeStore(
        merchant_id=store.merchant_id, store_id=store.store_id, state=state, **_by_admin()
    )


async def turn_merchant(town: Town, merchant_id: UUID, state: MerchantState) -> Entry:
    """Bring a merchant to this state."""
    return (await town.submit(merchant_change(merchant_id, state))).accepted()


async def turn_store(town: Town, store: Store, state: Literal["open", "closed"]) -> Entry:
    """Close a store, or open it again."""
    return (await town.submit(store_change(store, state))).accepted()


def street_change(merchant_id: UUID, street: str | None) -> DescribeMerchant:
    """The command by which finance says of which shopping street a merchant is."""
    return DescribeMerchant(merchant_id=merchant_id, street=street, **_by_admin())


async def store_of_street(town: Town, street: str, merchant_class: str = "small") -> Store:
    """A new store, of a new merchant of this shopping street."""
    store = await town.open_store(merchant_class)
    (await town.submit(street_change(store.merchant_id, street))).accepted()
    return store


def _by_admin() -> dict[str, Any]:
    return {"entry_id": new_id(), "actor": ADMIN, "reason": "test"}
