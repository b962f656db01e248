"""The engine: batches, replays, refusals, its bounded queue, and bad company in a batch."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from core.database import Database
from core.errors import Problem
from ledger.command import Command, Receipt
from ledger.engine import Engine
from ledger.regions import Region
from payments.prepare import prepare
from payments.top_up import CounterTopUp
from residents.wallet import OpenWallet
from tests.invariants import check_books
from tests.ledger.commands import ALL_WRONG
from tests.limits_builder import limits
from tests.sizes import AT_ONCE
from tests.town_builder import ADMIN, Town, Wallet, new_id, running_engine


def opening() -> OpenWallet:
    return OpenWallet(entry_id=new_id(), actor="resident:test", person_id=uuid4())


async def outcomes(engine: Engine, commands: list[Command]) -> list[Receipt | BaseException]:
    return await asyncio.gather(
        *(engine.submit(command) for command in commands), return_exceptions=True
    )


async def test_a_batch_has_its_largest_size(database: Database, region: Region, town: Town):
    engine = Engine(database, region.region_id, prepare, largest_batch=10)
    engine.start()
    await outcomes(engine, [opening() for _ in range(95)])
    await engine.stop()
    [row] = await town.rows(
        "SELECT count(DISTINCT xmin::text) AS commits FROM ledger.entry"
        " WHERE kind = 'wallet.opened'"
    )
    assert row.commits == 10


async def test_answers_come_in_the_order_of_arrival(town: Town):
    receipts = await outcomes(town.engine, [opening() for _ in range(50)])
    numbers = [receipt.entry.seq for receipt in receipts if isinstance(receipt, Receipt)]
    assert numbers == list(range(numbers[0], numbers[0] + 50))


async def test_a_later_command_of_a_batch_sees_what_an_earlier_one_did(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    cash = CounterTopUp(entry_id=new_id(), actor=ADMIN, wallet_id=wallet.wallet_id, amount_yen=500)
    before = town.payment(wallet, store, 500)
    after = [town.payment(wallet, store, 300), town.payment(wallet, store, 300)]
    receipts = await outcomes(town.engine, [before, cash, *after])
    assert [receipt.entry.refusal for receipt in receipts if isinstance(receipt, Receipt)] == [
        "insufficient-funds",
        None,
        None,
        "insufficient-funds",
    ]


@pytest.mark.parametrize("wrong", ALL_WRONG)
async def test_one_bad_command_never_hurts_the_others(town: Town, wrong: type[Command]):
    commands: list[Command] = [opening() for _ in range(40)]
    places = sorted(random.Random(1).sample(range(40), 2))
    for place in places:
        commands[place] = wrong(entry_id=new_id(), actor="test")
    found = await outcomes(town.engine, commands)
    assert [place for place, one in enumerate(found) if not isinstance(one, Receipt)] == places
    assert not any(isinstance(found[place], Problem) for place in places), "a bug is no refusal"
    [row] = await town.rows("SELECT count(*) AS n FROM ledger.holder WHERE kind = 'wallet'")
    assert row.n == 38
    await check_books(town.place.superuser_url)


async def test_a_full_queue_refuses_at_once_and_loses_nobody(database: Database, region: Region):
    engine = Engine(database, region.region_id, prepare, most_waiting=5)
    waiting = [asyncio.create_task(engine.submit(opening())) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(Problem) as busy:
        async with asyncio.timeout(0.05):
            await engine.submit(opening())
    assert (busy.value.type.slug, busy.value.type.status) == ("busy", 503)
    assert busy.value.retry_after == 1
    engine.start()
    assert [(await task).entry.refusal for task in waiting] == [None] * 5
    await engine.submit(opening())
    await engine.stop()


async def test_who_waits_when_the_engine_stops_is_told_that_nothing_was_done(
    database: Database, region: Region, town: Town
):
    engine = Engine(database, region.region_id, prepare, largest_batch=1)
    engine.start()
    tasks = [asyncio.create_task(engine.submit(opening())) for _ in range(20)]
    async with asyncio.timeout(5):
        await tasks[0]
    await engine.stop()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    done = [one for one in found if isinstance(one, Receipt)]
    told = {one.type.slug for one in found if isinstance(one, Problem)}
    assert len(done) >= 1
    assert told == {"ledger-unavailable"}
    [row] = await town.rows("SELECT count(*) AS n FROM ledger.holder WHERE kind = 'wallet'")
    assert row.n == len(done)
    with pytest.raises(Problem):
        await engine.submit(opening())


async def test_the_same_id_many_times_at_once_is_one_effect_and_equal_answers(
    database: Database, region: Region, town: Town
):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.live_campaign()
    await town.top_up(wallet, 50_000)
    payment = town.payment(wallet, store, 1_000)
    async with running_engine(database, region) as other:
        both = (town.engine, other)
        receipts = await asyncio.gather(*(both[n % 2].submit(payment) for n in range(AT_ONCE)))
    assert all(receipt.entry == receipts[0].entry for receipt in receipts)
    assert [receipt.is_replay for receipt in receipts].count(False) == 1
    assert await town.balances(wallet.wallet_id) == {"coin": 49_000, "points": 300}


async def test_another_command_under_the_same_id_is_refused_bare(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    stranger = await town.open_wallet()
    await town.top_up(wallet, 5_000)
    await town.top_up(stranger, 5_000)
    payment = town.payment(wallet, store, 1_000)
    (await town.submit(payment)).accepted()
    for other in (
        replace(payment, amount_yen=1_001),
        replace(payment, is_coin_only=True),
        town.payment(stranger, store, 1_000, entry_id=payment.entry_id),
        town.refund_of(payment.entry_id, store, 10),
        OpenWallet(entry_id=payment.entry_id, actor=wallet.actor, person_id=wallet.person_id),
    ):
        again = other if other.entry_id == payment.entry_id else None
        again = again or replace(other, entry_id=payment.entry_id)
        with pytest.raises(Problem) as refused:
            await town.submit(again)
        assert refused.value.type.slug == "id-in-use"
        assert refused.value.type.status == 409
        assert (refused.value.facts, refused.value.detail) == ({}, None)
    assert (await town.balances(wallet.wallet_id))["coin"] == 4_000
    assert (await town.balances(stranger.wallet_id))["coin"] == 5_000


async def test_two_commands_under_one_id_in_one_batch_are_one_effect(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 5_000)
    payment = town.payment(wallet, store, 1_000)
    first, again, other = await outcomes(
        town.engine, [payment, payment, replace(payment, amount_yen=2_000)]
    )
    assert isinstance(first, Receipt)
    assert isinstance(again, Receipt)
    assert (first.is_replay, again.is_replay, first.entry) == (False, True, again.entry)
    assert isinstance(other, Problem)
    assert other.type.slug == "id-in-use"
    assert (await town.balances(wallet.wallet_id))["coin"] == 4_000


async def test_a_refusal_stays_refused(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    payment = town.payment(wallet, store, 1_000)
    first = await town.submit(payment)
    assert first.entry.refusal == "insufficient-funds"
    assert first.entry.facts == {"usable_yen": 0}
    await town.top_up(wallet, 5_000)
    again = await town.submit(payment)
    assert again.is_replay
    assert again.entry == first.entry
    with pytest.raises(Problem) as refused:
        again.accepted()
    assert refused.value.facts == {"usable_yen": 0}
    (await town.submit(replace(payment, entry_id=new_id()))).accepted()


async def test_what_is_not_found_leaves_nothing_behind(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 5_000)
    payment = town.payment(Wallet(wallet.wallet_id, uuid4()), store, 1_000)
    with pytest.raises(Problem) as unknown:
        await town.submit(payment)
    assert unknown.value.type.status == 404
    mine = town.payment(wallet, store, 1_000, entry_id=payment.entry_id)
    assert (await town.submit(mine)).accepted().seq


async def test_a_quote_writes_nothing_and_waits_for_nobody(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 5_000)
    payment = town.payment(wallet, store, 1_000)
    holder = await asyncpg.connect(town.place.superuser_url)
    async with holder.transaction():
        await holder.execute("SELECT FROM ledger.head FOR UPDATE")
        async with asyncio.timeout(2):
            quote = await town.engine.quote(payment)
    await holder.close()
    assert isinstance(quote, Receipt)
    assert quote.entry.refusal is None
    stored = "SELECT entry_id FROM ledger.entry WHERE entry_id = :id"
    assert await town.rows(stored, id=payment.entry_id) == []
    assert (await town.submit(payment)).is_replay is False


async def test_two_engines_on_one_hot_budget_never_deadlock_and_add_up(
    database: Database, region: Region, town: Town
):
    store = await town.open_store()
    campaign_id = await town.live_campaign(budget_yen=9_999, cashback_bp=0)
    wallets = [await town.open_wallet() for _ in range(40)]
    await asyncio.gather(*(town.top_up(wallet, 10_000) for wallet in wallets))
    async with running_engine(database, region) as other:
        payments = [
            (town.engine, other)[n % 2].submit(town.payment(wallet, store, 333))
            for wallet in wallets
            for n in range(6)
        ]
        receipts = await asyncio.gather(*payments)
    granted = sum(receipt.accepted().facts["grants"][0]["rebate_points"] for receipt in receipts)
    assert granted == 9_999
    assert "budget" not in await town.balances(campaign_id)
    assert (await town.balances(store.merchant_id))["payable"] == 240 * 333
    superuser = await asyncpg.connect(town.place.superuser_url)
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert await superuser.fetchval(deadlocks) == 0
    await superuser.close()
    await check_books(town.place.superuser_url)


async def test_a_freeze_in_one_process_holds_at_once_in_the_other(
    database: Database, region: Region, town: Town
):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 10_000)
    async with running_engine(database, region) as other:
        elsewhere = Town(town.place, database, region, other)
        await elsewhere.pay(wallet, store, 1)
        await town.change_wallet(wallet, "frozen")
        assert (await other.submit(town.payment(wallet, store, 1))).entry.refusal == (
            "wallet-frozen"
        )
        await elsewhere.change_wallet(wallet, "open")
        await town.pay(wallet, store, 1)


async def test_a_stopped_campaign_grants_nothing_in_the_other_process(
    database: Database, region: Region, town: Town
):
    wallet, store = await town.open_wallet(), await town.open_store()
    campaign_id = await town.live_campaign()
    await town.top_up(wallet, 10_000)
    async with running_engine(database, region) as other:
        elsewhere = Town(town.place, database, region, other)
        assert len((await elsewhere.pay(wallet, store, 100)).facts["grants"]) == 1
        await town.change_campaign(campaign_id, "stopped")
        assert (await elsewhere.pay(wallet, store, 100)).facts["grants"] == []
        await elsewhere.change_settings(limits=limits(payment_yen=99))
        assert (await town.submit(town.payment(wallet, store, 100))).entry.refusal == (
            "payment-over-limit"
        )


async def test_time_in_the_journal_never_goes_back(town: Town):
    now = await town.now()
    await town.open_wallet()
    await town.set_clock(now + timedelta(days=2))
    await town.open_wallet()
    await town.set_clock(now - timedelta(days=1))
    await town.open_wallet()
    await town.set_clock(now + timedelta(days=3))
    await town.open_wallet()
    rows = await town.rows("SELECT at, business_date FROM ledger.entry ORDER BY seq")
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    days = [row.business_date for row in rows]
    assert days == sorted(days)
    assert (days[-1] - days[0]).days == 3
    await check_books(town.place.superuser_url)
