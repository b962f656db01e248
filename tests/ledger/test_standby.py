"""A synchronous standby that is away: what only this server has is not told as done."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from sqlalchemy import text

from cli.migrate import upgrade
from core.database import Database
from core.embedded.postgres import start_postgres
from core.errors import Problem
from core.outage import OUTCOME_UNKNOWN
from ledger.engine import Engine
from payments.prepare import prepare
from tests.invariants import check_books
from tests.servers import Place
from tests.town_builder import Town, open_region, running_engine

DATABASE = "standby"
WAITS = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename <> current_user"


@pytest.fixture
async def lonely_town() -> AsyncIterator[Town]:
    """A town on a PostgreSQL of its own."""
    folder = Path(tempfile.mkdtemp(prefix="meguri-standby-"))
    postgres = await start_postgres(folder)
    try:
        await postgres.create_database(DATABASE)
        await upgrade(postgres.owner_url(DATABASE))
        place = Place(
            DATABASE, postgres.app_url(DATABASE), postgres.owner_url(DATABASE),
            urlunsplit(urlsplit(postgres.superuser_url)._replace(path=f"/{DATABASE}")),
        )  # fmt: skip
        database = Database(place.app_url)
        region = await open_region(database, "setagaya", "Asia/Tokyo")
        engine = Engine(database, region.region_id, prepare, deadline_s=2)
        engine.start()
        yield Town(place, database, region, engine)
        await engine.stop()
        await database.close()
    finally:
        await postgres.leave()
        shutil.rmtree(folder)


async def test_what_only_this_server_has_is_answered_as_unknown(lonely_town: Town):
    town = lonely_town
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 1_000)
    payment = town.payment(wallet, store, 400)
    superuser = await asyncpg.connect(town.place.superuser_url)
    await expect_standby(superuser, "nobody")

    first = asyncio.create_task(town.engine.submit(payment))
    await end_the_wait(superuser)
    while not first.done():
        await end_the_wait(superuser, patience_s=0.5)
    assert (await problem_of(first)).type is OUTCOME_UNKNOWN
    [row] = await town.rows("SELECT count(*) AS n FROM ledger.entry WHERE kind = 'payment'")
    assert row.n == 1

    # It stands here now. Whoever asks again waits for the standby as well.
    async with running_engine(town.database, town.region) as other:
        again = asyncio.create_task(other.submit(payment))
        await asyncio.sleep(1)
        assert not again.done()
        await expect_standby(superuser, "")
        assert (await again).is_replay
    assert await town.balances(wallet.wallet_id) == {"coin": 600}
    await superuser.close()
    await check_books(town.place.superuser_url)


async def test_rows_beside_the_journal_are_unknown_too(lonely_town: Town):
    town = lonely_town
    superuser = await asyncpg.connect(town.place.superuser_url)
    await expect_standby(superuser, "nobody")

    async def write() -> None:
        async with town.database.transaction(town.region.region_id) as session:
            await session.execute(
                text(
                    "INSERT INTO ledger.reader (region_id, name, seq)"
                    " VALUES (:region, 'a_reader', 0)"
                ),
                {"region": town.region.region_id},
            )

    writing = asyncio.create_task(write())
    await end_the_wait(superuser)
    assert (await problem_of(writing)).type is OUTCOME_UNKNOWN
    await expect_standby(superuser, "")
    await superuser.close()


async def expect_standby(superuser: asyncpg.Connection, name: str) -> None:
    await superuser.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
    await superuser.execute("SELECT pg_reload_conf()")
    async with asyncio.timeout(5):
        while await superuser.fetchval("SHOW synchronous_standby_names") != name:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)  # the others read it as well


async def end_the_wait(superuser: asyncpg.Connection, patience_s: float = 5) -> None:
    """Do what an operator must never do: cancel who waits for the standby."""
    for _ in range(int(patience_s / 0.02)):
        if waiting := await superuser.fetch(WAITS):
            for row in waiting:
                await superuser.execute("SELECT pg_cancel_backend($1)", row["pid"])
            return
        await asyncio.sleep(0.02)


async def problem_of(task: "asyncio.Task[object]") -> Problem:
    with pytest.raises(Problem) as found:
        await asyncio.wait_for(task, 10)
    return found.value
