"""The engine when requests are cancelled, connections are killed, and COMMITs are cut."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import cycle
from uuid import UUID, uuid4

import asyncpg
import pytest

from core.database import Database
from core.errors import Problem
from ledger.command import Receipt
from ledger.engine import Engine
from ledger.regions import Region
from merchants.merchant import OpenMerchant
from merchants.open import open_merchant
from payments.pay import Pay
from payments.prepare import prepare
from residents.wallet import OpenWallet
from tests.cancelling import cancel_at_every_await, nothing_is_left
from tests.invariants import check_books
from tests.sizes import CANCELLED, CUT_COMMITS, KILLED, SCALE
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id, running_engine
from torture.proxy import Cut, running_proxy


async def rich_wallets(town: Town, number: int) -> list[Wallet]:
    wallets = [await town.open_wallet() for _ in range(number)]
    await asyncio.gather(*(town.top_up(wallet, 100_000) for wallet in wallets))
    return wallets


async def done(town: Town) -> set[UUID]:
    """The ids of all payments that stand in the journal."""
    rows = await town.rows("SELECT entry_id FROM ledger.entry WHERE kind = 'payment'")
    return {row.entry_id for row in rows}


async def asking_again(engine: Engine, payment: Pay) -> Receipt | None:
    """What a client does: up to six tries with the same id, while the answer is a 503."""
    for attempt in range(6):
        try:
            return await engine.submit(payment)
        except Problem as refused:
            if refused.type.status != 503:
                raise
            await asyncio.sleep(0.02 * 2**attempt)
    return None


async def spent_is(town: Town, wallets: Sequence[Wallet], store: Store, yen: int) -> bool:
    """Whether the wallets and the shop agree that so much was paid."""
    left = [(await town.balances(wallet.wallet_id)).get("coin", 0) for wallet in wallets]
    taken = (await town.balances(store.merchant_id)).get("payable", 0)
    return (len(wallets) * 100_000 - sum(left), taken) == (yen, yen)


async def test_a_cancelled_request_is_done_or_not_and_its_id_tells(town: Town):
    store, chance = await town.open_store(), random.Random(7)
    wallets = await rich_wallets(town, 5)
    payments = [town.payment(chance.choice(wallets), store, 10) for _ in range(CANCELLED)]
    answered = set()

    async def cancelled(payment: Pay) -> None:
        task = asyncio.create_task(town.engine.submit(payment))
        for _ in range(chance.randrange(6)):
            await asyncio.sleep(chance.choice((0, 0, 0.001, 0.004)))
        task.cancel()
        with suppress(asyncio.CancelledError):
            answered.add((await task).accepted().entry_id)

    for start in range(0, CANCELLED, 20):
        await asyncio.gather(*(cancelled(payment) for payment in payments[start : start + 20]))
    await town.open_wallet()  # the last batch of the above is over when this one is
    stands = await done(town)
    assert answered <= stands
    assert len(answered) < CANCELLED
    await nothing_is_left(town.place.superuser_url, town.database)
    for payment in payments:
        assert (await town.submit(payment)).is_replay is (payment.entry_id in stands)
    assert await spent_is(town, wallets, store, CANCELLED * 10)
    await check_books(town.place.superuser_url)


async def test_a_transaction_beside_the_engine_is_cancelled_at_every_await(
    town: Town, second_town: Town
):
    database, region_id = town.database, town.region.region_id
    opened: list[OpenMerchant] = []

    async def read() -> None:
        await second_town.rows("SELECT count(*) FROM ledger.entry")

    async def write() -> None:
        facts = {"merchant_class": "small", "category": "food", "area": "north"}
        opened.append(OpenMerchant(entry_id=new_id(), actor=ADMIN, name="Hinode", **facts))
        await open_merchant(database, region_id, opened[-1], prepare)

    async def look() -> None:
        await nothing_is_left(town.place.superuser_url, database)

    for _ in range(SCALE):
        for work in (read, write, database.clock):
            assert await cancel_at_every_await(work, look) >= 3
    both = "SELECT count(*) FROM merchants.merchant JOIN ledger.holder ON holder_id = merchant_id"
    [either] = await town.rows(
        f"SELECT ({both}), (SELECT count(*) FROM merchants.merchant),"
        " (SELECT count(*) FROM ledger.entry WHERE kind = 'merchant.opened')"
    )
    assert len(set(either)) == 1
    assert 0 < either[0] <= len(opened)


async def test_nothing_is_lost_or_doubled_when_connections_are_killed(town: Town):
    store, chance = await town.open_store(), random.Random(9)
    wallets = await rich_wallets(town, 8)
    acknowledged: set[UUID] = set()
    named: set[UUID] = set()
    is_over = asyncio.Event()

    async def client(wallet: Wallet) -> None:
        while not is_over.is_set():
            payment = town.payment(wallet, store, 1)
            named.add(payment.entry_id)
            if await asking_again(town.engine, payment) is not None:
                acknowledged.add(payment.entry_id)

    clients = [asyncio.create_task(client(wallet)) for wallet in wallets]
    superuser = await asyncpg.connect(town.place.superuser_url)
    for _ in range(KILLED):
        await asyncio.sleep(chance.uniform(0.01, 0.15))
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename <> current_user"
        )
    is_over.set()
    await asyncio.gather(*clients)
    await superuser.close()
    reading = Database(town.place.app_url)
    town = replace(town, database=reading)
    stands = await done(town)
    assert len(acknowledged) > KILLED
    assert acknowledged <= stands <= named
    assert await spent_is(town, wallets, store, len(stands))
    await reading.close()
    await check_books(town.place.superuser_url)


@pytest.mark.parametrize("cut", ["before", "after", "meanwhile"])
async def test_a_commit_whose_connection_is_lost_is_answered_rightly(
    database: Database, region: Region, town: Town, cut: Cut
):
    store = await town.open_store()
    wallets = await rich_wallets(town, 3)
    async with running_proxy(town.place.app_url) as proxy:
        every_other = cycle((cut, None))
        proxy.cut = lambda: next(every_other)
        behind = Database(proxy.url)
        async with running_engine(behind, region) as engine:
            for _ in range(CUT_COMMITS):
                payments = [town.payment(wallet, store, 1) for wallet in wallets]
                receipts = await asyncio.gather(*map(engine.submit, payments))
                assert [receipt.entry.refusal for receipt in receipts] == [None] * 3
                assert {payment.entry_id for payment in payments} <= await done(town)
        await behind.close()
        assert proxy.cuts >= CUT_COMMITS
    assert await spent_is(town, wallets, store, CUT_COMMITS * 3)
    await check_books(town.place.superuser_url)


@pytest.mark.parametrize("cut", ["before", "after", "meanwhile"])
async def test_when_no_commit_comes_back_the_answer_is_unknown_and_the_id_tells(
    database: Database, region: Region, town: Town, cut: Cut
):
    store, [wallet] = await town.open_store(), await rich_wallets(town, 1)
    payment = town.payment(wallet, store, 1)
    async with running_proxy(town.place.app_url) as proxy:
        behind = Database(proxy.url)
        async with running_engine(behind, region) as engine:
            proxy.cut = lambda: cut
            found = await asyncio.gather(engine.submit(payment), return_exceptions=True)
            proxy.cut = lambda: None
            again = await engine.submit(payment)
        await behind.close()
    # Where the server saw the first COMMIT, a later try may have found it done.
    if isinstance(found[0], Problem):
        assert found[0].type.slug == "outcome-unknown"
        assert found[0].retry_after
        assert cut == "before" or again.is_replay
    else:
        assert cut != "before"
        assert isinstance(found[0], Receipt)
        assert again.entry == found[0].entry
    assert again.entry.refusal is None
    assert await spent_is(town, [wallet], store, 1)
    await check_books(town.place.superuser_url)


async def test_without_the_database_nothing_was_done_and_that_is_what_is_said(
    region: Region, town: Town
):
    store, [wallet] = await town.open_store(), await rich_wallets(town, 1)
    async with running_proxy(town.place.app_url) as proxy:
        gone = Database(proxy.url)
    async with running_engine(gone, region) as engine:
        with pytest.raises(Problem) as refused:
            await engine.submit(town.payment(wallet, store, 1))
    assert refused.value.type.slug == "ledger-unavailable"
    assert refused.value.retry_after
    await gone.close()
    assert await done(town) == set()


async def test_a_forced_serialization_failure_is_tried_again(town: Town):
    # Whoever moves the head between load and write makes the batch's numbers stale.
    store, wallets = await town.open_store(), await rich_wallets(town, 4)
    await asyncio.gather(*(town.pay(wallet, store, 1) for wallet in wallets))
    superuser = await asyncpg.connect(town.place.superuser_url)
    async with superuser.transaction():
        await superuser.execute("SELECT FROM ledger.head FOR UPDATE")
        waiting = [asyncio.create_task(town.pay(wallet, store, 1)) for wallet in wallets]
        await asyncio.sleep(0.1)
        assert not any(task.done() for task in waiting)
    assert len(await asyncio.gather(*waiting)) == 4
    await superuser.close()
    payment = town.payment(wallets[0], store, 1)
    assert (await town.submit(payment)).entry.refusal is None
    assert (await town.submit(replace(payment, entry_id=new_id()))).entry.refusal is None
    await check_books(town.place.superuser_url)


async def test_a_batch_that_hears_nothing_is_tried_again_on_another_connection(town: Town):
    region_id = town.region.region_id
    engine = Engine(town.database, region_id, prepare, deadline_s=0.5)
    engine.start()
    silent = await town.database.connect_region(region_id)
    await silent.execute("BEGIN")
    taken = "SELECT seq FROM ledger.load($1, true, '{}', '{}', '{}', '{}', '{}', '{}', '{}')"
    await silent.execute(taken, region_id)
    command = OpenWallet(entry_id=new_id(), actor="resident:test", person_id=uuid4())
    answer = asyncio.create_task(engine.submit(command))
    first = await _connection_of(engine)
    async with asyncio.timeout(5):
        while await _connection_of(engine) is first:
            await asyncio.sleep(0.02)
    await silent.execute("ROLLBACK")
    await silent.close()
    # The first try may have come through after all, once the head was free.
    assert (await answer).entry.refusal is None
    [row] = await town.rows("SELECT count(*) AS n FROM ledger.holder WHERE kind = 'wallet'")
    assert row.n == 1
    await engine.stop()


async def _connection_of(engine: Engine) -> object:
    async with asyncio.timeout(5):
        while engine._lanes[0].connection is None:
            await asyncio.sleep(0.01)
        return engine._lanes[0].connection
