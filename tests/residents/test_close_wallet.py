"""A wallet closes once it is empty; money for it then waits in suspense."""

from datetime import timedelta

import pytest

from core.errors import Problem
from ledger.books import Entry
from payments.reverse_top_up import ReverseTopUp
from payments.suspense import PlaceSuspense
from residents.wallet import ChangeWallet
from tests.payments.expiring import expire_all
from tests.payments.refusals import refusal
from tests.town_builder import ADMIN, Town, Wallet, new_id


def closing(wallet: Wallet) -> ChangeWallet:
    return ChangeWallet(
        entry_id=new_id(), actor=ADMIN, wallet_id=wallet.wallet_id, state="closed", reason="moved"
    )


def placing(item: Entry, wallet: Wallet) -> PlaceSuspense:
    fields = {"item_id": item.entry_id, "wallet_id": wallet.wallet_id}
    return PlaceSuspense(entry_id=new_id(), actor=ADMIN, reason="found", **fields)


async def test_a_wallet_with_value_or_debt_is_not_closed_and_the_figures_are_told(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.live_campaign(cashback_bp=0)
    await town.top_up(wallet, 1_000)
    await town.pay(wallet, store, 600)
    command = closing(wallet)
    assert await refusal(town, command) == "wallet-not-empty"
    assert (await town.submit(command)).entry.facts == {
        "coin_yen": 400, "points": 180, "pending_points": 0, "owed_yen": 0,
    }  # fmt: skip
    await town.pay(wallet, store, 580)
    assert await town.balances(wallet.wallet_id) == {"points": 120}
    await town.pay(wallet, store, 120)
    assert await town.balances(wallet.wallet_id) == {}
    closed = (await town.submit(closing(wallet))).accepted()
    assert closed.facts == {"state": "closed", "before": "open", "reason": "moved"}


async def test_what_is_over_does_not_keep_a_wallet_open_and_expires_all_the_same(town: Town):
    today = (await town.now()).astimezone(town.region.zone).replace(hour=12)
    await town.set_clock(today)
    await town.change_settings(coin_months=1)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 700)
    assert await refusal(town, closing(wallet)) == "wallet-not-empty"
    await town.set_clock(today + timedelta(days=70))
    payment = town.payment(wallet, await town.open_store(), 1)
    assert await refusal(town, payment) == "insufficient-funds"
    await town.change_wallet(wallet, "closed")
    assert await expire_all(town) == 700
    assert await town.balances(wallet.wallet_id) == {}


async def test_a_debt_keeps_a_wallet_from_being_closed(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    campaign_id = await town.live_campaign(cashback_bp=0)
    await town.top_up(wallet, 1_000)
    paid = await town.pay(wallet, store, 1_000)
    await town.pay(wallet, store, 300)
    await town.refund(paid.entry_id, store)
    await town.change_campaign(campaign_id, "stopped")
    await town.pay(wallet, store, 1_000)
    assert await town.balances(wallet.wallet_id) == {"resident_receivable": 300}
    assert await refusal(town, closing(wallet)) == "wallet-not-empty"


async def test_a_closed_wallet_takes_nothing_and_money_for_it_waits(town: Town):
    wallet, other, store = (
        await town.open_wallet(),
        await town.open_wallet(),
        await town.open_store(),
    )
    await town.change_wallet(wallet, "closed")
    assert await refusal(town, closing(wallet)) == "wallet-state-same"
    assert await refusal(town, town.payment(wallet, store, 1)) == "wallet-closed"
    with pytest.raises(Problem, match="wallet-closed"):
        await town.top_up_in_cash(wallet, 100)
    item = await town.top_up(wallet, 700)
    assert (item.facts["outcome"], item.facts["obstacle"]) == ("suspense", "wallet-closed")
    assert await refusal(town, placing(item, wallet)) == "wallet-closed"
    (await town.submit(placing(item, other))).accepted()


async def test_a_closed_wallet_leaves_its_place_to_another_one(town: Town):
    await town.change_settings(wallets_per_person=1)
    wallet = await town.open_wallet()
    await town.change_wallet(wallet, "closed")
    second = await town.open_wallet(wallet.person_id)
    with pytest.raises(Problem, match="wallets-enough"):
        await town.open_wallet(wallet.person_id)
    # The desk may open the first again: a refund may have brought something back to it.
    await town.change_wallet(wallet, "frozen")
    await town.change_wallet(second, "closed")
    with pytest.raises(Problem, match="wallets-enough"):
        await town.open_wallet(wallet.person_id)


async def test_a_refund_to_a_closed_wallet_is_not_lost(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 500)
    paid = await town.pay(wallet, store, 500)
    await town.change_wallet(wallet, "closed")
    await town.refund(paid.entry_id, store)
    assert await town.balances(wallet.wallet_id) == {"coin": 500}
    await town.change_wallet(wallet, "open")
    await town.pay(wallet, store, 500)


async def test_a_reversal_leaves_a_closed_wallet_closed_and_its_debt_stands(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    topped_up = await town.top_up(wallet, 500)
    await town.pay(wallet, store, 500)
    await town.change_wallet(wallet, "closed")
    (
        await town.submit(
            ReverseTopUp(entry_id=new_id(), actor=ADMIN, top_up_id=topped_up.entry_id, reason="x")
        )
    ).accepted()
    assert await town.balances(wallet.wallet_id) == {"resident_receivable": 500}
    assert await refusal(town, town.payment(wallet, store, 1)) == "wallet-closed"
