"""Expiry: after its last day in the region's zone, coin is income and points go to their funder."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from core.errors import Problem
from core.ids import NIL
from payments.expire import CloseLots, ExpireLot, expiry_of
from tests.town_builder import Town, Wallet, new_id

JST_NOON = datetime(2027, 1, 15, 3, tzinfo=UTC)
LAST_SECONDS = datetime(2027, 2, 28, 14, 59, 57, tzinfo=UTC)  # 23:59:57 in Tokyo


async def lots(town: Town, wallet: Wallet, kind: str) -> list[ExpireLot]:
    """The command that expires each open lot of a kind."""
    rows = await town.rows(
        "SELECT account_no, source_id, expires_on FROM ledger.account"
        " WHERE holder_id = :id AND kind = :kind AND is_open ORDER BY expires_on",
        id=wallet.wallet_id,
        kind=kind,
    )
    return [
        ExpireLot(
            entry_id=expiry_of(town.region, row.account_no, row.expires_on, "expiry"),
            actor="job:expire",
            account_no=row.account_no,
            source_id=row.source_id,
            wallet_id=wallet.wallet_id,
        )
        for row in rows
    ]


async def test_unspent_coin_becomes_income(town: Town):
    await town.set_clock(JST_NOON)
    await town.change_settings(coin_months=1)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 700)
    [expiry] = await lots(town, wallet, "coin")
    await town.set_clock(LAST_SECONDS + timedelta(seconds=10))
    entry = (await town.submit(expiry)).accepted()
    assert (entry.amount, entry.holder_id) == (700, wallet.wallet_id)
    assert entry.facts == {"kind": "coin", "expires_on": "2027-02-28"}
    assert await town.balances(wallet.wallet_id) == {}
    assert (await town.balances(NIL))["expired_coin"] == 700
    assert await lots(town, wallet, "coin") == []


async def test_unspent_points_go_back_to_their_funder(town: Town):
    await town.set_clock(JST_NOON)
    wallet, store = await town.open_wallet(), await town.open_store()
    campaign_id = await town.live_campaign(points_expire_months=1, cashback_bp=0)
    await town.top_up(wallet, 1_000)
    await town.pay(wallet, store, 1_000)
    [expiry] = await lots(town, wallet, "points")
    await town.set_clock(LAST_SECONDS + timedelta(seconds=10))
    (await town.submit(expiry)).accepted()
    campaign = await town.balances(campaign_id)
    assert (campaign["funder_payable"], campaign["budget"]) == (300, 50_000_000 - 300)
    assert await town.balances(wallet.wallet_id) == {}


async def test_a_lot_does_not_expire_on_its_last_day(town: Town):
    await town.set_clock(JST_NOON)
    await town.change_settings(coin_months=1)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 700)
    [expiry] = await lots(town, wallet, "coin")
    early = ExpireLot(
        entry_id=new_id(),
        actor="job:expire",
        account_no=expiry.account_no,
        source_id=None,
        wallet_id=wallet.wallet_id,
    )
    await town.set_clock(LAST_SECONDS)
    assert await not_yet(town, early)
    await town.set_clock(LAST_SECONDS + timedelta(seconds=4))
    entry = (await town.submit(expiry)).accepted()
    assert entry.business_date == date(2027, 3, 1)


async def test_a_job_that_came_too_early_may_come_again_under_its_id(town: Town):
    await town.set_clock(JST_NOON)
    await town.change_settings(coin_months=1)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 700)
    [expiry] = await lots(town, wallet, "coin")
    assert await not_yet(town, expiry)
    await town.set_clock(LAST_SECONDS + timedelta(days=1))
    assert (await town.submit(expiry)).accepted().amount == 700


async def not_yet(town: Town, command: ExpireLot) -> bool:
    """Whether it is told to come again, with nothing left behind under its id."""
    with pytest.raises(Problem) as told:
        await town.submit(command)
    rows = await town.rows("SELECT 1 FROM ledger.entry WHERE entry_id = :id", id=command.entry_id)
    return told.value.type.slug == "lot-not-expired" and rows == []


async def test_the_job_that_runs_twice_or_twice_at_once_expires_once(town: Town):
    await town.set_clock(JST_NOON)
    await town.change_settings(coin_months=1)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 700)
    [expiry] = await lots(town, wallet, "coin")
    await town.set_clock(LAST_SECONDS + timedelta(days=1))
    receipts = await asyncio.gather(*(town.submit(expiry) for _ in range(5)))
    assert [receipt.is_replay for receipt in receipts].count(False) == 1
    assert (await town.balances(NIL))["expired_coin"] == 700
    other = ExpireLot(
        entry_id=new_id(),
        actor="job:expire",
        account_no=expiry.account_no,
        source_id=None,
        wallet_id=wallet.wallet_id,
    )
    assert await not_yet(town, other)


async def test_empty_lots_are_closed_and_others_left(town: Town):
    await town.set_clock(JST_NOON)
    await town.change_settings(coin_months=1)
    wallet, store = await town.open_wallet(), await town.open_store()
    payment = None
    for days in (0, 20):
        await town.set_clock(JST_NOON + timedelta(days=days))
        await town.top_up(wallet, 700)
        payment = payment or await town.pay(wallet, store, 700)
    first, second = await lots(town, wallet, "coin")
    await town.set_clock(LAST_SECONDS + timedelta(days=1))
    numbers = (first.account_no, second.account_no)
    for _ in range(2):
        command = CloseLots(entry_id=new_id(), actor="job:expire", accounts=numbers)
        (await town.submit(command)).accepted()
        assert [lot.account_no for lot in await lots(town, wallet, "coin")] == [second.account_no]
    assert payment is not None
    await town.refund(payment.entry_id, store, 500)
    assert await town.balances(wallet.wallet_id) == {"coin": 1_200}
