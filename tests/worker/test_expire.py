"""Lots expire after their last day in the region's zone: once, whoever does it, never early."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.town_builder import Town, Wallet
from worker.expire import Expired, expire_lots

NOON = datetime(2027, 1, 10, 3, 0, tzinfo=UTC)
LAST_DAY = date(2027, 2, 28)
"""Coin that is bought in January with one month to live."""


def nothing() -> None:
    """No heart to beat for."""


@pytest.fixture
async def winter(town: Town) -> Town:
    """January, with coin that lives for a month and points that do."""
    await town.set_clock(NOON)
    await town.change_settings(coin_months=1)
    return town


async def lots(town: Town, wallet: Wallet) -> list[tuple[Any, ...]]:
    rows = await town.rows(
        "SELECT kind, balance, is_open FROM ledger.account"
        " WHERE holder_id = :wallet AND kind IN ('coin', 'points') ORDER BY account_no",
        wallet=wallet.wallet_id,
    )
    return [tuple(row) for row in rows]


async def run(town: Town, today: date, chunk: int = 500) -> Expired:
    return await expire_lots(town.database, town.region, today, nothing, chunk=chunk)


async def test_value_expires_after_its_last_day_and_goes_where_it_belongs(winter: Town):
    campaign = await winter.live_campaign(points_expire_months=1, rebate_bp=3000, cashback_bp=0)
    wallet, store = await winter.open_wallet(), await winter.open_store()
    await winter.top_up(wallet, 5_000)
    await winter.pay(wallet, store, 1_000)
    await winter.set_clock(datetime(2027, 2, 28, 14, 59, tzinfo=UTC))
    assert await run(winter, LAST_DAY) == Expired()

    await winter.set_clock(datetime(2027, 2, 28, 15, 1, tzinfo=UTC))
    today = LAST_DAY + timedelta(days=1)
    assert await run(winter, today) == Expired(expired=2)
    assert await lots(winter, wallet) == [("coin", 0, False), ("points", 0, False)]
    assert (await winter.balances(campaign))["funder_payable"] == 300
    stored = await winter.rows(
        "SELECT balance FROM ledger.account WHERE kind = 'expired_coin' AND balance = 4000"
    )
    assert len(stored) == 1


async def test_a_second_run_finds_it_done(winter: Town):
    wallet = await winter.open_wallet()
    await winter.top_up(wallet, 5_000)
    await winter.set_clock(NOON + timedelta(days=60))
    today = await winter.today()
    assert await run(winter, today) == Expired(expired=1)
    assert await run(winter, today) == Expired()
    entries = await winter.rows("SELECT 1 FROM ledger.entry WHERE kind = 'expiry'")
    assert len(entries) == 1


async def test_two_workers_at_once_do_it_once(winter: Town):
    wallets = [await winter.open_wallet() for _ in range(12)]
    for wallet in wallets:
        await winter.top_up(wallet, 1_000)
    await winter.set_clock(NOON + timedelta(days=60))
    today = await winter.today()
    done = await asyncio.gather(*(run(winter, today) for _ in range(3)))
    assert sum(one.expired for one in done) == 12
    entries = await winter.rows("SELECT refusal FROM ledger.entry WHERE kind = 'expiry'")
    assert [row.refusal for row in entries] == [None] * 12


async def test_empty_lots_are_closed_in_chunks(winter: Town):
    store = await winter.open_store()
    wallets = [await winter.open_wallet() for _ in range(10)]
    for number, wallet in enumerate(wallets):
        await winter.top_up(wallet, 1_000)
        if number % 2:
            await winter.pay(wallet, store, 1_000)
    await winter.set_clock(NOON + timedelta(days=60))
    today = await winter.today()
    assert await run(winter, today, chunk=4) == Expired(expired=5, closed=5)
    assert await run(winter, today) == Expired()
    for wallet in wallets:
        assert await lots(winter, wallet) == [("coin", 0, False)]


async def test_value_that_may_still_be_used_stays(winter: Town):
    wallet, store = await winter.open_wallet(), await winter.open_store()
    await winter.top_up(wallet, 5_000)
    await winter.set_clock(datetime(2027, 2, 27, 15, 1, tzinfo=UTC))
    assert await winter.today() == LAST_DAY
    assert await run(winter, LAST_DAY) == Expired()
    await winter.pay(wallet, store, 5_000)


async def test_each_region_expires_its_own(winter: Town, second_town: Town):
    wallet = await winter.open_wallet(uuid4())
    await winter.top_up(wallet, 5_000)
    await winter.set_clock(NOON + timedelta(days=60))
    today = await winter.today()
    assert await run(second_town, today) == Expired()
    assert await lots(winter, wallet) == [("coin", 5_000, True)]


async def test_the_heart_beats_with_every_chunk(winter: Town):
    wallet = await winter.open_wallet()
    await winter.top_up(wallet, 5_000)
    await winter.set_clock(NOON + timedelta(days=60))
    beats: list[bool] = []
    today = await winter.today()
    await expire_lots(winter.database, winter.region, today, lambda: beats.append(True))
    assert beats == [True]
