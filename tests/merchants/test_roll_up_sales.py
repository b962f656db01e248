"""Tables of sales: random histories come to what their postings say, however they are added up."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from random import Random
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.database import Database
from core.errors import Problem
from ledger.events import newest_seq, position
from merchants.read_sales import NAME
from merchants.recompute_sales import differences, rebuild_sales
from merchants.roll_up_sales import roll_up_sales
from residents.close_person import ClosePerson
from tests.payments.histories import history, long_history
from tests.payments.paid_out import PaidOut
from tests.payments.players import NOON, SETTINGS
from tests.payments.two_towns import two_towns
from tests.servers import Place, Servers
from tests.sizes import ADDED_UP
from tests.somebody_waits import somebody_waits
from tests.town_builder import (
    ADMIN,
    Store,
    Town,
    Wallet,
    new_id,
    open_region,
    running_engine,
    set_clock,
)

REGIONS = count(1)
PAID = "SELECT seq FROM ledger.entry WHERE kind = 'payment' AND refusal IS NULL"


@pytest.fixture(scope="module")
async def place_of_all(servers: Servers) -> AsyncIterator[Place]:
    """One database for all histories of the module."""
    place = await servers.clone()
    yield place
    await servers.leave(place)


async def add(town: Town, **sizes: int) -> int:
    return await roll_up_sales(town.database, town.region, lambda: None, **sizes)


async def found(town: Town) -> list[str]:
    async with town.database.snapshot(town.region.region_id) as session:
        return await differences(session, town.region)


async def stored(town: Town) -> dict[str, list[str]]:
    """Every row that was added up, as text."""
    return {
        name: sorted(str(row) for row in await town.rows(f"SELECT * FROM merchants.{name}"))
        for name in ("sales_day", "sales_customers", "sales_visitor")
    }


@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=ADDED_UP,
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_any_history_comes_to_what_its_postings_say(place_of_all: Place, seed: int):
    chance = Random(seed)
    await set_clock(place_of_all, NOON)
    database = Database(place_of_all.app_url)
    region = await open_region(database, f"town-{next(REGIONS)}", "Asia/Tokyo", **SETTINGS)
    async with running_engine(database, region) as engine:
        town = Town(place_of_all, database, region, engine)
        players = await two_towns(town)
        for group in long_history(seed) if seed % 3 == 0 else history(seed):
            await players.play(group)
            if chance.random() < 0.3:
                sizes = {"chunk": chance.randrange(1, 9), "most_chunks": chance.randrange(1, 9)}
                await asyncio.gather(add(town, **sizes), add(town, **sizes))
                assert await found(town) == []
        await add(town, chunk=chance.choice([1, 7, 1_000]))
        assert await found(town) == []
        before = await stored(town)
        assert bool(before["sales_day"]) == bool(await town.rows(PAID)), "in a few nobody pays"
        await rebuild_sales(database, region)
        assert (await stored(town), await found(town)) == (before, [])
    await database.close()


@pytest.fixture
async def shop(town: Town) -> tuple[Wallet, Store]:
    """A shop whose campaign gives cashback, and somebody who can pay there."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 10_000)
    await town.live_campaign(rebate_bp=3000, cashback_bp=500)
    return wallet, store


async def test_twice_is_once_and_two_at_a_time_are_safe(town: Town, shop: tuple[Wallet, Store]):
    paid = [await town.pay(*shop, 100, terminal="TILL-1", is_coin_only=True) for _ in range(5)]
    await town.refund(paid[0].entry_id, shop[1], 60)
    await town.void(paid[1].entry_id, shop[1])
    assert sum(await asyncio.gather(*(add(town, chunk=2) for _ in range(4)))) == 7
    assert await add(town) == 0
    assert await found(town) == []
    rows = await town.rows(
        "SELECT cut, part, payments, paid_yen, refunds, refunded_yen, voids, voided_yen,"
        " cashback_yen, cashback_taken_yen FROM merchants.sales_day WHERE cut <> 'hour' ORDER BY 1"
    )
    clerk = str(shop[1].staff_id)
    sums = [5, 500, 1, 60, 1, 100, 25, 8]
    assert [list(row) for row in rows if row[0] != "campaign"] == [
        ["all", "", *sums],
        ["clerk", clerk, 0, 0, 1, 60, 1, 100, 0, 8],
        ["terminal", "TILL-1", *sums],
    ]


async def test_a_worker_whose_connection_is_cut_has_added_nothing(
    town: Town, shop: tuple[Wallet, Store]
):
    await town.pay(*shop, 100)
    superuser = await asyncpg.connect(town.place.superuser_url)
    async with superuser.transaction():
        # Whoever pays first is written after the figures of the day: there the worker waits.
        await superuser.execute("LOCK TABLE merchants.sales_visitor IN EXCLUSIVE MODE")
        adding = asyncio.create_task(add(town))
        await somebody_waits(town.database)
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with pytest.raises(Problem):
            await adding
    await superuser.close()
    assert await town.rows("SELECT 1 FROM merchants.sales_day") == []
    assert (await add(town), await found(town)) == (1, [])


async def test_a_figure_that_was_tampered_with_is_named(town: Town, shop: tuple[Wallet, Store]):
    await town.pay(*shop, 100)
    await add(town)
    region_id = town.region.region_id
    for spoil, place in (
        ("UPDATE merchants.sales_day SET paid_yen = paid_yen + 1 WHERE cut = 'all'", "cut all"),
        ("UPDATE merchants.sales_customers SET new_customers = 0", "grain day"),
        ("DELETE FROM merchants.sales_visitor", "merchants.sales_visitor: scope_id"),
    ):
        async with town.database.transaction(region_id) as db:
            await db.execute(text(spoil))
        places = await found(town)
        assert len(places) == 1, places
        assert place in places[0]
        await rebuild_sales(town.database, town.region)
        assert await found(town) == []


async def test_who_closes_the_account_is_forgotten_and_stays_counted(town: Town):
    wallet, other = await town.open_wallet(), await town.open_wallet()
    store = await town.open_store()
    for each in (wallet, other):
        await town.top_up(each, 100)
        await town.pay(each, store, 100)
    await add(town)
    assert len(await town.rows("SELECT 1 FROM merchants.sales_visitor")) == 4
    await town.change_wallet(other, "closed")
    closing = ClosePerson(entry_id=new_id(), actor=other.actor, person_id=other.person_id)
    (await town.submit(closing)).accepted()
    await add(town)
    rows = await town.rows("SELECT DISTINCT person_id FROM merchants.sales_visitor")
    assert [UUID(int=row[0].int) for row in rows] == [wallet.person_id]
    counted = await town.rows(
        "SELECT DISTINCT customers, new_customers FROM merchants.sales_customers"
    )
    assert [tuple(row) for row in counted] == [(2, 2)]
    assert await found(town) == []


async def test_a_refund_after_the_shop_was_paid_out_is_owed_and_counts_the_same(
    town: Town, shop: tuple[Wallet, Store]
):
    paid = await town.pay(*shop, 1_000)
    out = PaidOut(entry_id=new_id(), actor=ADMIN, merchant_id=shop[1].merchant_id, leave_yen=10)
    (await town.submit(out)).accepted()
    await town.refund(paid.entry_id, shop[1])
    assert (await town.balances(shop[1].merchant_id))["merchant_receivable"] == 990 + 40
    await add(town)
    assert await found(town) == []
    sums = "SELECT refunded_yen, cashback_taken_yen FROM merchants.sales_day WHERE cut = 'all'"
    assert [tuple(row) for row in await town.rows(sums)] == [(1_000, 50)]


async def test_a_rebuild_reaches_the_newest_entry_and_the_worker_goes_on_from_there(
    town: Town, shop: tuple[Wallet, Store]
):
    await town.pay(*shop, 100)
    reached = await rebuild_sales(town.database, town.region)
    async with town.database.snapshot(town.region.region_id) as session:
        assert reached == await newest_seq(session, town.region.region_id)
        assert reached == await position(session, town.region.region_id, NAME)
    await town.pay(*shop, 100)
    assert (await add(town), await found(town)) == (1, [])


async def test_a_rebuild_amid_payments_and_workers_misses_nothing(
    town: Town, shop: tuple[Wallet, Store]
):
    async def pay() -> None:
        for _ in range(10):
            await town.pay(*shop, 10)

    async def rebuild() -> None:
        for _ in range(3):
            await rebuild_sales(town.database, town.region)

    async def work() -> None:
        for _ in range(5):
            await add(town, chunk=3)

    await asyncio.gather(pay(), pay(), rebuild(), work(), work())
    await add(town)
    assert await found(town) == []
    rows = await town.rows("SELECT sum(payments) FROM merchants.sales_day WHERE cut = 'all'")
    assert rows[0][0] == 20
