"""A real standby goes and comes back: writes stop, or go on in the open where that is chosen."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
from sqlalchemy import text

from cli.migrate import upgrade
from core import metrics
from core.database import Database
from core.degrade import watch_standby
from core.errors import Problem
from core.outage import OUTCOME_UNKNOWN
from ledger.command import Command, Receipt
from ledger.engine import Engine
from payments.prepare import prepare
from seals.seal import SEALER_ROLE
from tests.invariants import check_books
from tests.servers import Place
from tests.town_builder import Store, Town, Wallet, open_region
from torture.ground import DATABASE, standing_ground
from torture.standby import Standby, standing_by

PATIENCE_S = 1


@pytest.fixture(scope="module")
async def standby() -> AsyncIterator[Standby]:
    """PostgreSQL with a synchronous standby made by pg_basebackup, which follows it."""
    async with (
        standing_ground(Path(tempfile.gettempdir()), upgrade) as ground,
        standing_by(ground) as standby,
    ):
        yield standby


@asynccontextmanager
async def town_on(standby: Standby, code: str) -> AsyncIterator[Town]:
    """A region of its own there, with a started engine."""
    ground = standby.ground
    app_url, owner_url = ground.settings.database_url, ground.settings.owner_database_url
    database = Database(app_url)
    region = await open_region(database, code, "Asia/Tokyo")
    engine = Engine(database, region.region_id, prepare, deadline_s=5)
    engine.start()
    try:
        sealer_url = ground.settings.sealer_database_url
        place = Place(DATABASE, app_url, owner_url, sealer_url, ground.superuser_url)
        yield Town(place, database, region, engine)
    finally:
        await engine.stop()
        await database.close()


@asynccontextmanager
async def watched(town: Town) -> AsyncIterator[Database]:
    """What a worker does beside its work where the policy is to degrade; yields the sealer's."""
    sealing = Database(town.place.sealer_url, role=SEALER_ROLE, pool_size=1)
    sealing.standby = town.database.standby
    watches = [
        asyncio.create_task(watch_standby(each, PATIENCE_S)) for each in (town.database, sealing)
    ]
    try:
        yield sealing
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.wait(watches)
        await sealing.close()


async def write_as(database: Database) -> None:
    async with database.everywhere() as session:
        await session.execute(text("SELECT pg_logical_emit_message(true, 'test', '')"))


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0.05)


async def wait_for_it_there(standby: Standby, command: Command) -> None:
    """Wait until the standby shows the entry; it has it for good a moment before it shows it."""
    sockets = (standby.ground.postgres.folder.sockets, standby.folder.sockets)
    first, other = (f"?host={quote(str(folder), safe='/')}" for folder in sockets)
    connection = await asyncpg.connect(standby.ground.superuser_url.replace(first, other))
    try:
        assert await connection.fetchval("SELECT pg_is_in_recovery()")
        query = "SELECT count(*) FROM ledger.entry WHERE entry_id = $1"
        async with asyncio.timeout(10):
            while not await connection.fetchval(query, command.entry_id):
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def test_writes_stop_until_the_standby_is_back(standby: Standby):
    async with town_on(standby, "stop") as town:
        wallet, store = await town.open_wallet(), await town.open_store()
        await town.top_up(wallet, 1_000)
        await expect_a_stop(standby, town, town.payment(wallet, store, 400))


async def expect_a_stop(standby: Standby, town: Town, payment: Command) -> None:
    """A payment that is made while there is no standby has no answer before there is one."""
    await standby.kill()
    paying = asyncio.create_task(paid(town, payment))
    await asyncio.sleep(2 * PATIENCE_S)
    assert not paying.done()
    await standby.start()
    await paying
    await wait_for_it_there(standby, payment)


async def test_payments_go_on_without_the_standby_and_everybody_is_told(
    standby: Standby, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.CRITICAL, "core.degrade")
    async with town_on(standby, "degrade") as town:
        async with watched(town) as sealing:
            wallet, store = await lose_and_find(standby, town, sealing, caplog)
        # The very connections that waited for nobody wait again.
        await expect_a_stop(standby, town, town.payment(wallet, store, 100))
        await check_books(town.place.superuser_url)


async def lose_and_find(
    standby: Standby, town: Town, sealing: Database, caplog: pytest.LogCaptureFixture
) -> tuple[Wallet, Store]:
    knows = town.database.standby
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 2_000)
    before, payment = counted(), town.payment(wallet, store, 100)
    assert not (await paid(town, payment)).is_replay
    await wait_for_it_there(standby, payment)
    assert counted() == before

    await standby.kill()
    sealed = asyncio.create_task(write_as(sealing))
    # It is sent before anybody knows: its wait is ended, and its id tells that it stands here.
    assert (await paid(town, town.payment(wallet, store, 200))).is_replay
    assert knows.is_done_without
    await paid(town, alone := town.payment(wallet, store, 300))
    await town.open_store()  # which is written by another way than the engine's
    with pytest.raises(Problem) as lost:
        await asyncio.wait_for(sealed, 10)
    assert lost.value.type is OUTCOME_UNKNOWN
    assert counted() >= before + 3

    await standby.start()
    await until(lambda: not knows.is_done_without)
    before, payment = counted(), town.payment(wallet, store, 400)
    await wait_for_it_there(standby, alone)
    assert not (await paid(town, payment)).is_replay
    await wait_for_it_there(standby, payment)
    assert counted() == before
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "no standby has confirmed a commit for 1 s: commits stand on one server alone",
        "the standby confirms commits again: commits are waited for as before",
    ]
    return wallet, store


async def paid(town: Town, command: Command) -> Receipt:
    receipt = await town.engine.submit(command)
    receipt.accepted()
    return receipt


def counted() -> float:
    [samples] = metrics.commits_without_standby.collect()
    return next(one.value for one in samples.samples if one.name.endswith("_total"))
