"""Closed shops take no payments from the next batch on; what they took can still go back."""

import pytest

from core.database import Database
from core.errors import Problem
from ledger.command import Receipt
from ledger.regions import Region
from merchants.close import ChangeStore, MerchantState
from tests.closing import merchant_change, store_change, turn_merchant, turn_store
from tests.invariants import check_books
from tests.payments.refusals import refusal
from tests.town_builder import ADMIN, Store, Town, new_id, running_engine


async def paid_store(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 5_000)
    return wallet, store, await town.pay(wallet, store, 1_000)


async def test_a_closed_store_refunds_and_takes_no_payments_until_it_opens_again(town: Town):
    wallet, store, paid = await paid_store(town)
    other = await town.open_store(merchant_id=store.merchant_id)
    closed = await turn_store(town, store, "closed")
    assert closed.facts == {"state": "closed", "before": "open", "reason": "test"}
    assert (closed.holder_id, closed.actor) == (store.store_id, ADMIN)
    assert await refusal(town, town.payment(wallet, store, 100)) == "store-closed"
    quoted = await town.engine.quote(town.payment(wallet, store, 100))
    assert isinstance(quoted, Receipt)
    assert quoted.entry.refusal == "store-closed"
    await town.pay(wallet, other, 100)
    await town.refund(paid.entry_id, store, 400)
    assert await town.balances(store.merchant_id) == {"payable": 700}
    await turn_store(town, store, "open")
    await town.pay(wallet, store, 100)
    await check_books(town.place.superuser_url)


async def test_a_void_in_a_closed_store_goes_on(town: Town):
    wallet, store, paid = await paid_store(town)
    await turn_store(town, store, "closed")
    await town.void(paid.entry_id, store)
    assert await town.balances(wallet.wallet_id) == {"coin": 5_000}


async def test_a_closed_merchant_closes_all_its_stores_and_is_still_owed(town: Town):
    wallet, store, paid = await paid_store(town)
    other = await town.open_store(merchant_id=store.merchant_id)
    await turn_store(town, other, "closed")
    await turn_merchant(town, store.merchant_id, "closed")
    for shut in (store, other):
        assert await refusal(town, town.payment(wallet, shut, 100)) == "store-closed"
    assert await town.balances(store.merchant_id) == {"payable": 1_000}
    await town.refund(paid.entry_id, store, 300)
    with pytest.raises(Problem, match="merchant-closed"):
        await town.open_store(merchant_id=store.merchant_id)
    await turn_merchant(town, store.merchant_id, "open")
    await town.pay(wallet, store, 100)
    assert await refusal(town, town.payment(wallet, other, 100)) == "store-closed"


@pytest.mark.parametrize("state", ["suspended", "leaving"])
async def test_a_merchant_that_is_suspended_or_leaves_takes_nothing_and_is_still_owed(
    town: Town, state: MerchantState
):
    wallet, store, paid = await paid_store(town)
    changed = await turn_merchant(town, store.merchant_id, state)
    assert (changed.facts["before"], changed.facts["state"]) == ("open", state)
    assert await refusal(town, town.payment(wallet, store, 100)) == "store-closed"
    await town.refund(paid.entry_id, store, 300)
    assert await town.balances(store.merchant_id) == {"payable": 700}
    assert await refusal(town, merchant_change(store.merchant_id, state)) == "merchant-state-same"
    await turn_merchant(town, store.merchant_id, "open")
    await town.pay(wallet, store, 100)
    await check_books(town.place.superuser_url)


async def test_a_closed_merchant_can_only_open(town: Town):
    merchant_id = (await town.open_store()).merchant_id
    states: tuple[MerchantState, ...] = ("suspended", "leaving", "closed")
    for state in states:
        await turn_merchant(town, merchant_id, state)
    for state in states[:2]:
        assert await refusal(town, merchant_change(merchant_id, state)) == "merchant-state-wrong"
    await turn_merchant(town, merchant_id, "open")


async def test_a_state_that_is_there_is_refused_and_a_retry_changes_once(town: Town):
    _, store, _ = await paid_store(town)
    assert await refusal(town, store_change(store, "open")) == "store-state-same"
    assert await refusal(town, merchant_change(store.merchant_id, "open")) == "merchant-state-same"
    for change in (store_change(store, "closed"), merchant_change(store.merchant_id, "closed")):
        first, again = await town.submit(change), await town.submit(change)
        assert again.entry == first.accepted()
        assert again.is_replay


async def test_what_is_not_there_or_another_merchants_is_not_found(town: Town, second_town: Town):
    _, store, _ = await paid_store(town)
    elsewhere = await second_town.open_store()
    stranger = Store(store.store_id, new_id())
    no_store = ChangeStore(
        entry_id=new_id(), actor=ADMIN, merchant_id=store.merchant_id,
        store_id=store.merchant_id, state="closed", reason="x",
    )  # fmt: skip
    for command, slug in (
        (store_change(stranger, "closed"), "store-unknown"),
        (store_change(elsewhere, "closed"), "store-unknown"),
        (no_store, "store-unknown"),
        (merchant_change(elsewhere.merchant_id, "closed"), "merchant-unknown"),
        (merchant_change(store.store_id, "closed"), "merchant-unknown"),
    ):
        with pytest.raises(Problem, match=slug):
            await town.submit(command)


async def test_a_closed_door_in_one_process_is_closed_at_once_in_the_other(
    database: Database, region: Region, town: Town
):
    wallet, store, _ = await paid_store(town)
    async with running_engine(database, region) as other:
        elsewhere = Town(town.place, database, region, other)
        await elsewhere.pay(wallet, store, 1)
        await turn_store(town, store, "closed")
        assert await refusal(elsewhere, town.payment(wallet, store, 1)) == "store-closed"
        await turn_store(elsewhere, store, "open")
        await turn_merchant(elsewhere, store.merchant_id, "closed")
        assert await refusal(town, town.payment(wallet, store, 1)) == "store-closed"
