"""Suspense: money that could not be placed is placed or returned once, and only once."""

import asyncio
from uuid import UUID, uuid4

import pytest

from core.errors import Problem
from core.ids import NIL
from payments.suspense import PlaceSuspense, ReturnSuspense
from tests.payments.refusals import refusal
from tests.town_builder import ADMIN, Town, Wallet, new_id


async def lost(town: Town, yen: int = 700) -> UUID:
    """Money for a wallet that nobody knows; the id of its item."""
    return (await town.top_up(Wallet(uuid4(), uuid4()), yen)).entry_id


def placing(item_id: UUID, wallet: Wallet) -> PlaceSuspense:
    return PlaceSuspense(
        entry_id=new_id(), actor=ADMIN, item_id=item_id, wallet_id=wallet.wallet_id, reason="found"
    )


def returning(item_id: UUID) -> ReturnSuspense:
    return ReturnSuspense(entry_id=new_id(), actor=ADMIN, item_id=item_id, reason="unknown")


async def test_money_that_is_placed_becomes_coin(town: Town):
    wallet, item = await town.open_wallet(), await lost(town)
    entry = (await town.submit(placing(item, wallet))).accepted()
    assert (entry.holder_id, entry.refers_to, entry.amount) == (wallet.wallet_id, item, 700)
    assert await town.balances(wallet.wallet_id) == {"coin": 700}
    assert await town.balances(NIL) == {"provider_receivable": 700}


async def test_money_that_is_returned_is_owed_by_the_provider_no_more(town: Town):
    item = await lost(town)
    entry = (await town.submit(returning(item))).accepted()
    assert (entry.refers_to, entry.amount) == (item, 700)
    assert await town.balances(NIL) == {}


async def test_an_item_is_settled_once(town: Town):
    wallet, item = await town.open_wallet(), await lost(town)
    (await town.submit(placing(item, wallet))).accepted()
    assert await refusal(town, placing(item, wallet)) == "suspense-item-settled"
    assert await refusal(town, returning(item)) == "suspense-item-settled"
    back = await lost(town)
    (await town.submit(returning(back))).accepted()
    assert await refusal(town, placing(back, wallet)) == "suspense-item-settled"
    assert await refusal(town, returning(back)) == "suspense-item-settled"


async def test_of_many_at_once_one_settles_it(town: Town):
    wallet, item = await town.open_wallet(), await lost(town)
    wishes = [placing(item, wallet) for _ in range(5)] + [returning(item) for _ in range(5)]
    receipts = await asyncio.gather(*map(town.submit, wishes))
    assert [receipt.entry.refusal for receipt in receipts].count(None) == 1


async def test_twice_under_one_id_is_once(town: Town):
    wallet, item = await town.open_wallet(), await lost(town)
    command = placing(item, wallet)
    first, again = await town.submit(command), await town.submit(command)
    assert (again.is_replay, again.entry) == (True, first.entry)
    assert await town.balances(wallet.wallet_id) == {"coin": 700}


async def test_a_wallet_that_cannot_hold_it_refuses_it_and_it_stays(town: Town):
    wallet, item = await town.open_wallet(), await lost(town)
    await town.change_wallet(wallet, "frozen")
    assert await refusal(town, placing(item, wallet)) == "wallet-frozen"
    await town.change_wallet(wallet, "open")
    await town.top_up(wallet, 99_301)
    assert await refusal(town, placing(item, wallet)) == "balance-over-limit"
    assert (await town.balances(NIL))["suspense"] == 700
    other = await town.open_wallet()
    (await town.submit(placing(item, other))).accepted()


async def test_what_is_no_item_is_not_found(town: Town):
    wallet = await town.open_wallet()
    credited = await town.top_up(wallet, 100)
    for item in (uuid4(), credited.entry_id, wallet.wallet_id):
        for command in (placing(item, wallet), returning(item)):
            with pytest.raises(Problem) as unknown:
                await town.submit(command)
            assert unknown.value.type.slug == "suspense-item-unknown"
    with pytest.raises(Problem) as unknown:
        await town.submit(placing(await lost(town), Wallet(uuid4(), uuid4())))
    assert unknown.value.type.slug == "wallet-unknown"
