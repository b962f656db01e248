"""Pending points are credited by the worker's job: once, whoever does it, never early."""

import asyncio
from datetime import UTC, datetime

import pytest

from tests.town_builder import Town, Wallet
from worker.expire import Expired, expire_lots
from worker.vest import Vested, vest_points

NOON = datetime(2027, 1, 5, 3, 0, tzinfo=UTC)
ON_THE_DAY = datetime(2027, 1, 17, 15, 1, tzinfo=UTC)  # 0:01 in Tokyo, on the eighteenth
LATER = {"closes": "three_a_month", "bank_days_after": 5}


def nothing() -> None:
    """No heart to beat for."""


@pytest.fixture
async def winter(town: Town) -> Town:
    """January, with a campaign that credits its points on the eighteenth."""
    await town.set_clock(NOON)
    await town.live_campaign(credited=LATER)
    return town


async def payers(town: Town, number: int) -> list[Wallet]:
    store = await town.open_store()
    wallets = [await town.open_wallet() for _ in range(number)]
    for wallet in wallets:
        await town.top_up(wallet, 1_000)
        await town.pay(wallet, store, 1_000)
    return wallets


async def run(town: Town, chunk: int = 500) -> Vested:
    return await vest_points(town.database, town.region, await town.today(), nothing, chunk=chunk)


async def points(town: Town, wallets: list[Wallet]) -> list[dict[str, int]]:
    return [await town.balances(wallet.wallet_id) for wallet in wallets]


async def test_points_vest_on_their_day_in_chunks_and_a_second_run_finds_it_done(winter: Town):
    wallets = await payers(winter, 5)
    assert await run(winter) == Vested()
    assert await points(winter, wallets) == [{"points_pending": 300}] * 5

    await winter.set_clock(ON_THE_DAY)
    assert await run(winter, chunk=2) == Vested(vested=5)
    assert await points(winter, wallets) == [{"points": 300}] * 5
    assert await run(winter) == Vested()
    assert len(await winter.rows("SELECT 1 FROM ledger.entry WHERE kind = 'vesting'")) == 5


async def test_workers_at_once_credit_once(winter: Town):
    wallets = await payers(winter, 12)
    await winter.set_clock(ON_THE_DAY)
    done = await asyncio.gather(*(run(winter) for _ in range(3)))
    assert sum(one.vested for one in done) == 12
    assert await points(winter, wallets) == [{"points": 300}] * 12
    entries = await winter.rows("SELECT refusal FROM ledger.entry WHERE kind = 'vesting'")
    assert [row.refusal for row in entries] == [None] * 12


async def test_a_run_that_is_killed_is_finished_by_the_next(winter: Town):
    wallets = await payers(winter, 5)
    await winter.set_clock(ON_THE_DAY)

    def killed() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await vest_points(winter.database, winter.region, await winter.today(), killed, chunk=2)
    assert sorted(map(str, await points(winter, wallets))) == sorted(
        ["{'points': 300}"] * 2 + ["{'points_pending': 300}"] * 3
    )
    assert await run(winter) == Vested(vested=3)
    assert await points(winter, wallets) == [{"points": 300}] * 5


async def test_an_empty_pending_lot_is_closed_and_one_that_waits_never_expires(winter: Town):
    wallets = await payers(winter, 2)
    await winter.set_clock(datetime(2027, 1, 19, 3, tzinfo=UTC))
    today = await winter.today()
    assert await expire_lots(winter.database, winter.region, today, nothing) == Expired()
    assert await run(winter) == Vested(vested=2)
    assert await expire_lots(winter.database, winter.region, today, nothing) == Expired(closed=2)
    assert await points(winter, wallets) == [{"points": 300}] * 2
