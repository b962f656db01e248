"""Void: within minutes the shop undoes a payment as if it had never been."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from core.errors import Problem
from tests.payments.refusals import refusal
from tests.town_builder import Store, Town, Wallet

JST_NOON = datetime(2027, 1, 15, 3, tzinfo=UTC)


async def shop_and_purse(town: Town) -> tuple[Wallet, Store]:
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.live_campaign()
    await town.top_up(wallet, 10_000)
    return wallet, store


async def test_a_void_leaves_everything_as_it_was(town: Town):
    wallet, store = await shop_and_purse(town)
    payment = await town.pay(wallet, store, 999)
    entry = await town.void(payment.entry_id, store)
    assert (entry.kind, entry.refers_to, entry.amount) == ("void", payment.entry_id, 999)
    assert await town.balances(wallet.wallet_id) == {"coin": 10_000}
    assert await town.balances(store.merchant_id) == {}


async def test_it_refuses_by_each_rule(town: Town):
    await town.set_clock(JST_NOON)
    await town.change_settings(void_minutes=10, resident_receivable_cap_yen=0)
    wallet, store = await shop_and_purse(town)
    payment = await town.pay(wallet, store, 1_000)
    await town.pay(wallet, store, 300)
    assert await refusal(town, town.void_of(payment.entry_id, store)) == "resident-owes-too-much"
    partly = await town.pay(wallet, store, 1_000)
    await town.refund(partly.entry_id, store, 1)
    assert await refusal(town, town.void_of(partly.entry_id, store)) == "void-after-refund"
    late = await town.pay(wallet, store, 1_000)
    await town.set_clock(JST_NOON + timedelta(minutes=11))
    assert await refusal(town, town.void_of(late.entry_id, store)) == "void-too-late"
    with pytest.raises(Problem) as unknown:
        await town.submit(town.void_of(late.entry_id, Store(store.store_id, uuid4())))
    assert unknown.value.type.slug == "payment-unknown"


async def test_of_voids_and_refunds_at_once_one_succeeds(town: Town):
    wallet, store = await shop_and_purse(town)
    payment = await town.pay(wallet, store, 1_000)
    wishes = [town.void_of(payment.entry_id, store) for _ in range(4)]
    undone = [town.refund_of(payment.entry_id, store) for _ in range(4)]
    receipts = await asyncio.gather(*map(town.submit, [*wishes, *undone]))
    assert [receipt.entry.refusal for receipt in receipts].count(None) == 1
    assert await town.balances(wallet.wallet_id) == {"coin": 10_000}


async def test_a_void_that_is_told_twice_is_once(town: Town):
    wallet, store = await shop_and_purse(town)
    command = town.void_of((await town.pay(wallet, store, 1_000)).entry_id, store)
    first, again = await town.submit(command), await town.submit(command)
    assert (again.is_replay, again.entry) == (True, first.entry)
    refund = town.refund_of(command.payment_id, store, 1)
    assert await refusal(town, refund) == "refund-exceeds-payment"


async def test_the_same_words_of_another_clerk_are_another_command(town: Town):
    wallet, store = await shop_and_purse(town)
    payment = await town.pay(wallet, store, 999)
    void = town.void_of(payment.entry_id, store)
    (await town.submit(void)).accepted()
    with pytest.raises(Problem) as refused:
        await town.submit(replace(void, actor=f"merchant:{uuid4()}"))
    assert (refused.value.type.slug, refused.value.facts) == ("id-in-use", {})
