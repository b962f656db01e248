"""A top-up is reversed: unspent coin goes, the rest is owed, suspense simply goes back."""

import asyncio
from uuid import UUID, uuid4

import pytest

from core.errors import Problem
from core.ids import NIL
from payments.reverse_top_up import ReverseTopUp
from payments.suspense import PlaceSuspense, ReturnSuspense
from tests.payments.refusals import refusal
from tests.town_builder import ADMIN, Town, Wallet, new_id


def reversing(top_up_id: UUID, provider: str | None = None) -> ReverseTopUp:
    return ReverseTopUp(
        entry_id=new_id(), actor=ADMIN, top_up_id=top_up_id, reason="stolen", provider=provider
    )


async def state_of(town: Town, wallet: Wallet) -> str:
    [row] = await town.rows(
        "SELECT state FROM ledger.holder WHERE holder_id = :id", id=wallet.wallet_id
    )
    return str(row.state)


async def test_unspent_coin_goes_and_the_wallet_is_frozen(town: Town):
    wallet = await town.open_wallet()
    kept, gone = await town.top_up(wallet, 300), await town.top_up(wallet, 700)
    entry = (await town.submit(reversing(gone.entry_id))).accepted()
    assert (entry.facts["taken_yen"], entry.facts["owed_yen"]) == (700, 0)
    assert entry.holder_id == wallet.wallet_id
    assert await town.balances(wallet.wallet_id) == {"coin": 300}
    assert await town.balances(NIL) == {"provider_receivable": 300}
    assert await state_of(town, wallet) == "frozen"
    assert kept.amount == 300


async def test_what_was_spent_is_owed_and_settled_by_later_grants(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    top_up = await town.top_up(wallet, 1_000)
    await town.pay(wallet, store, 600)
    entry = (await town.submit(reversing(top_up.entry_id))).accepted()
    assert (entry.facts["taken_yen"], entry.facts["owed_yen"]) == (400, 600)
    assert await town.balances(wallet.wallet_id) == {"resident_receivable": 600}
    assert "provider_receivable" not in await town.balances(NIL)
    await town.change_wallet(wallet, "open")
    campaign_id = await town.live_campaign(cashback_bp=0)
    await town.top_up(wallet, 10_000)
    payment = await town.pay(wallet, store, 1_000)
    assert payment.facts["points_settled"] == 300
    assert await town.balances(wallet.wallet_id) == {"coin": 9_000, "resident_receivable": 300}
    await town.pay(wallet, store, 2_000)
    assert await town.balances(wallet.wallet_id) == {"coin": 7_000, "points": 300}
    # The debt was not the campaign's: its budget paid for it.
    assert (await town.balances(campaign_id))["budget"] == 50_000_000 - 900


async def test_a_debt_is_settled_once_when_two_campaigns_grant_at_once(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    top_up = await town.top_up(wallet, 500)
    await town.pay(wallet, store, 500)
    (await town.submit(reversing(top_up.entry_id))).accepted()
    await town.change_wallet(wallet, "open")
    await town.live_campaign(cashback_bp=0)
    await town.live_campaign(cashback_bp=0)
    await town.top_up(wallet, 1_000)
    payment = await town.pay(wallet, store, 1_000)
    assert payment.facts["points_settled"] == 500
    assert await town.balances(wallet.wallet_id) == {"points": 100}


async def test_money_in_suspense_goes_back(town: Town):
    top_up = await town.top_up(Wallet(uuid4(), uuid4()), 700)
    entry = (await town.submit(reversing(top_up.entry_id))).accepted()
    assert entry.holder_id is None
    assert await town.balances(NIL) == {}
    settle = ReturnSuspense(entry_id=new_id(), actor=ADMIN, item_id=top_up.entry_id, reason="late")
    assert await refusal(town, settle) == "suspense-item-settled"


async def test_money_that_was_placed_from_suspense_is_taken_from_its_wallet(town: Town):
    wallet = await town.open_wallet()
    top_up = await town.top_up(Wallet(uuid4(), uuid4()), 700)
    place = PlaceSuspense(
        entry_id=new_id(),
        actor=ADMIN,
        item_id=top_up.entry_id,
        wallet_id=wallet.wallet_id,
        reason="found",
    )
    (await town.submit(place)).accepted()
    await town.top_up(wallet, 100)
    entry = (await town.submit(reversing(top_up.entry_id))).accepted()
    assert entry.holder_id == wallet.wallet_id
    assert await town.balances(wallet.wallet_id) == {"coin": 100}
    assert await town.balances(NIL) == {"provider_receivable": 100}
    assert await state_of(town, wallet) == "frozen"


async def test_money_that_was_returned_cannot_be_reversed(town: Town):
    top_up = await town.top_up(Wallet(uuid4(), uuid4()), 700)
    back = ReturnSuspense(entry_id=new_id(), actor=ADMIN, item_id=top_up.entry_id, reason="no")
    (await town.submit(back)).accepted()
    assert await refusal(town, reversing(top_up.entry_id)) == "top-up-returned"


async def test_a_top_up_is_reversed_once(town: Town):
    wallet = await town.open_wallet()
    top_up = await town.top_up(wallet, 700)
    await town.top_up(wallet, 700)
    command = reversing(top_up.entry_id)
    first, again = await town.submit(command), await town.submit(command)
    assert (again.is_replay, again.entry) == (True, first.entry)
    assert await refusal(town, reversing(top_up.entry_id)) == "top-up-reversed"
    assert await town.balances(wallet.wallet_id) == {"coin": 700}


async def test_of_two_at_once_one_reverses(town: Town):
    wallet = await town.open_wallet()
    top_up = await town.top_up(wallet, 700)
    receipts = await asyncio.gather(*(town.submit(reversing(top_up.entry_id)) for _ in range(5)))
    assert [receipt.entry.refusal for receipt in receipts].count(None) == 1
    assert await town.balances(NIL) == {}


async def test_a_placement_and_a_reversal_in_one_batch_agree(town: Town):
    wallet = await town.open_wallet()
    top_up = await town.top_up(Wallet(uuid4(), uuid4()), 700)
    place = PlaceSuspense(
        entry_id=new_id(),
        actor=ADMIN,
        item_id=top_up.entry_id,
        wallet_id=wallet.wallet_id,
        reason="found",
    )
    placed, undone = await asyncio.gather(
        town.submit(place), town.submit(reversing(top_up.entry_id))
    )
    assert (placed.entry.refusal, undone.entry.refusal) == (None, None)
    assert undone.entry.holder_id == wallet.wallet_id
    assert await town.balances(wallet.wallet_id) == {}


async def test_cash_at_the_counter_is_given_back(town: Town):
    wallet = await town.open_wallet()
    top_up = await town.top_up_in_cash(wallet, 700)
    (await town.submit(reversing(top_up.entry_id))).accepted()
    assert await town.balances(NIL) == {}


async def test_a_provider_reverses_its_own_only(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    top_up = await town.top_up(wallet, 700)
    payment = await town.pay(wallet, store, 100)
    for top_up_id, provider in (
        (top_up.entry_id, "another"),
        (uuid4(), None),
        (payment.entry_id, None),
    ):
        with pytest.raises(Problem) as unknown:
            await town.submit(reversing(top_up_id, provider))
        assert unknown.value.type.slug == "top-up-unknown"
    (await town.submit(reversing(top_up.entry_id, "hinode-bank"))).accepted()


async def test_the_debt_of_a_reversal_has_no_cap(town: Town):
    await town.change_settings(resident_receivable_cap_yen=10)
    wallet, store = await town.open_wallet(), await town.open_store()
    top_up = await town.top_up(wallet, 700)
    await town.pay(wallet, store, 700)
    (await town.submit(reversing(top_up.entry_id))).accepted()
    assert await town.balances(wallet.wallet_id) == {"resident_receivable": 700}
