"""The first payment that a person ever makes: once, whatever came before the campaign, exactly."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from payments.verify import verify_books
from tests.town_builder import Town, Wallet

EVER: dict[str, Any] = {"who": {"first_payment": "ever"}, "cashback_bp": 0}


@pytest.fixture
async def town(town: Town) -> AsyncIterator[Town]:
    """The town, of whose counters each is recomputed from the journal at the end."""
    yield town
    assert (await verify_books(town.database, town.region)).faults == ()


async def purse(town: Town) -> Wallet:
    wallet = await town.open_wallet()
    await town.top_up(wallet, 50_000)
    return wallet


async def points_of(town: Town, wallet: Wallet) -> int:
    return (await town.balances(wallet.wallet_id)).get("points", 0)


async def test_only_the_first_payment_ever_is_granted_for_in_whichever_wallet(town: Town):
    wallet, store = await purse(town), await town.open_store()
    second = await town.open_wallet(wallet.person_id)
    await town.top_up(second, 5_000)
    await town.live_campaign(**EVER)
    await town.pay(second, store, 1_000, is_coin_only=True)
    again = await town.pay(wallet, await town.open_store(), 1_000, is_coin_only=True)
    assert again.facts["grants"][0]["reasons"] == [["not-first-ever"]]
    assert (await points_of(town, second), await points_of(town, wallet)) == (300, 0)


async def test_who_paid_before_the_campaign_began_has_made_the_first_payment(town: Town):
    wallet, store = await purse(town), await town.open_store()
    await town.pay(wallet, store, 1_000)
    await town.live_campaign(**EVER)
    await town.pay(wallet, store, 1_000)
    assert await points_of(town, wallet) == 0


async def test_of_payments_at_once_one_is_the_first(town: Town):
    wallets = [await purse(town) for _ in range(4)]
    store = await town.open_store()
    await town.live_campaign(**EVER)
    await asyncio.gather(
        *(town.pay(wallet, store, 1_000, is_coin_only=True) for wallet in wallets * 8)
    )
    assert [await points_of(town, wallet) for wallet in wallets] == [300] * 4


async def test_a_first_payment_that_is_given_back_whole_is_open_again(town: Town):
    wallet, store = await purse(town), await town.open_store()
    await town.live_campaign(**EVER)
    mistyped = await town.pay(wallet, store, 10_000)
    await town.void(mistyped.entry_id, store)
    assert await points_of(town, wallet) == 0
    first = await town.pay(wallet, store, 1_000)
    assert await points_of(town, wallet) == 300
    await town.refund(first.entry_id, store, 999)
    assert (await town.pay(wallet, store, 1_000)).facts["grants"][0]["rebate_points"] == 0
    # The person went on paying: what is left of the first comes back too late to open it.
    await town.refund(first.entry_id, store, 1)
    assert (await town.pay(wallet, store, 1_000)).facts["grants"][0]["rebate_points"] == 0


async def test_from_the_third_payment_on_nothing_is_counted(town: Town):
    wallet, store = await purse(town), await town.open_store()
    told = [(await town.pay(wallet, store, 100)).facts.get("counted_ever") for _ in range(4)]
    assert told == [1, 1, None, None]
