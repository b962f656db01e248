"""A synchronous standby that is away: what only this server has is not told as done."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text

from core.errors import Problem
from core.outage import OUTCOME_UNKNOWN
from tests.invariants import check_books
from tests.town_builder import Town, running_engine

WAITS = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename <> current_user"


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
