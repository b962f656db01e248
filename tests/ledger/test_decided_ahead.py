"""Batches that are decided while the one before is written: on what they stand, and what if not."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio

from campaigns.campaign import ChangeCampaign
from core.database import Connection, Database, bare
from core.errors import Problem
from ledger.batch import Decided, HeadMovedError, Outcome, decide_ahead, run_batch
from ledger.books import Books
from ledger.command import Command, Receipt
from ledger.engine import WORTH_HALVING, Engine
from ledger.regions import Region
from ledger.write import write
from payments.expire import NOT_EXPIRED, CloseLots
from payments.prepare import prepare
from tests.invariants import check_books
from tests.ledger.test_engine import opening
from tests.payments.test_expire import JST_NOON, LAST_SECONDS, lots
from tests.town_builder import ADMIN, Town, new_id, running_engine


@pytest_asyncio.fixture
async def line(town: Town) -> AsyncIterator[Connection]:
    connection = await town.database.connect_region(town.region.region_id)
    yield connection
    await connection.close()


async def decided_on(
    line: Connection, town: Town, commands: Sequence[Command], before: Decided | None = None
) -> Decided:
    decided = await decide_ahead(line, town.region.region_id, commands, prepare, before)
    assert decided is not None
    return decided


def refusals(decided: Decided) -> list[str | None]:
    return [one.entry.refusal for one in decided.outcomes if isinstance(one, Receipt)]


async def test_a_batch_stands_on_what_the_one_before_did(town: Town, line: Connection):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.live_campaign()
    await town.top_up(wallet, 1_000)
    first = await decided_on(line, town, [town.payment(wallet, store, 600)])
    payments = [town.payment(wallet, store, 600), town.payment(wallet, store, 580)]
    second = await decided_on(line, town, payments, before=first)
    assert (refusals(first), refusals(second)) == ([None], ["insufficient-funds", None])
    await write(line, first.told)
    await write(line, second.told)
    # 180 points of the first payment paid with, then 120 granted by the coin of the second.
    assert await town.balances(wallet.wallet_id) == {"points": 120}
    await check_books(town.place.superuser_url)


async def test_what_one_batch_closes_is_closed_for_the_one_on_top(town: Town, line: Connection):
    await town.set_clock(JST_NOON)
    await town.change_settings(coin_months=1)
    full, empty, store = await town.open_wallet(), await town.open_wallet(), await town.open_store()
    for wallet in (full, empty):
        await town.top_up(wallet, 700)
    await town.pay(empty, store, 700)
    [expiry], [other] = await lots(town, full, "coin"), await lots(town, empty, "coin")
    closing = CloseLots(entry_id=new_id(), actor=expiry.actor, accounts=(other.account_no,))
    await town.set_clock(LAST_SECONDS + timedelta(seconds=10))
    first = await decided_on(line, town, [expiry, closing])
    again = [replace(expiry, entry_id=new_id()), replace(closing, entry_id=new_id())]
    second = await decided_on(line, town, again, before=first)
    late, closed = second.outcomes
    assert isinstance(late, Problem)
    assert late.type is NOT_EXPIRED
    assert isinstance(closed, Receipt)
    assert closed.entry.facts == {"lots": []}
    for decided in (first, second):
        await write(line, decided.told)
    assert await town.balances(full.wallet_id) == {}
    await check_books(town.place.superuser_url)


async def test_it_is_refused_when_another_batch_came_instead(town: Town, line: Connection):
    first = await decided_on(line, town, [opening()])
    second = await decided_on(line, town, [opening()], before=first)
    await town.submit(opening())  # as many entries as the first would have had
    second.told["p_at"] += timedelta(seconds=1)  # time alone would give it away
    for decided in (second, first):
        with pytest.raises(asyncpg.SerializationError):
            await write(line, decided.told)
    [row] = await town.rows("SELECT count(*) AS n FROM ledger.entry WHERE kind = 'wallet.opened'")
    assert row.n == 1


async def test_who_takes_the_head_to_write_alone_leaves_nothing_where_it_moved(town: Town):
    """Rows that stand beside the entries are written before, and gone with them."""
    region_id, command = town.region.region_id, opening()
    outcomes: list[Outcome] = []

    async def beside(decided: list[Outcome]) -> None:
        outcomes.extend(decided)
        await town.submit(opening())

    with pytest.raises(HeadMovedError):
        async with town.database.transaction(region_id) as db:
            await run_batch(
                await bare(db), region_id, [command], prepare, beside=beside, lock=False
            )
    assert len(outcomes) == 1
    async with town.database.transaction(region_id) as db:
        [outcome] = await run_batch(await bare(db), region_id, [command], prepare, lock=False)
    assert isinstance(outcome, Receipt)
    assert not outcome.is_replay
    await check_books(town.place.superuser_url)


async def test_it_is_refused_before_the_one_that_it_stands_on(town: Town, line: Connection):
    first = await decided_on(line, town, [opening()])
    second = await decided_on(line, town, [opening()], before=first)
    with pytest.raises(asyncpg.SerializationError):
        await write(line, second.told)
    await write(line, first.told)
    await write(line, second.told)


async def test_what_changes_campaigns_or_stores_is_waited_for(town: Town, line: Connection):
    assert (await decided_on(line, town, [opening()])).can_be_followed
    campaign_id = await town.live_campaign()
    stop = ChangeCampaign(
        entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, state="stopped", reason="test"
    )
    assert not (await decided_on(line, town, [stop])).can_be_followed
    assert not (await decided_on(line, town, [])).can_be_followed


async def test_who_waits_together_is_committed_together(town: Town):
    few, many = WORTH_HALVING - 1, 200
    for together, commits in ((few, 1), (many, 2)):
        before = await _opened(town)
        await asyncio.gather(*(town.engine.submit(opening()) for _ in range(together)))
        after = await _opened(town)
        assert (after[0] - before[0], after[1] - before[1]) == (together, commits)


async def _opened(town: Town) -> tuple[int, int]:
    """How many wallets were opened so far, in how many commits."""
    [row] = await town.rows(
        "SELECT count(*) AS entries, count(DISTINCT xmin::text) AS commits FROM ledger.entry"
        " WHERE kind = 'wallet.opened'"
    )
    return row.entries, row.commits


async def test_order_of_arrival_holds_when_a_batch_overtakes_the_one_before(lonely_town: Town):
    town = lonely_town
    stopped: list[int] = []

    async def prepare_and_stop(connection: Connection, books: Books) -> None:
        await prepare(connection, books)
        if not stopped:  # so the first batch is written after the second one was
            stopped.append(connection.get_server_pid())
            os.kill(stopped[0], signal.SIGSTOP)

    engine = Engine(town.database, town.region.region_id, prepare_and_stop)
    engine.start()
    commands = [opening() for _ in range(3 * WORTH_HALVING)]
    answers = [asyncio.create_task(engine.submit(command)) for command in commands]
    await asyncio.sleep(1)
    assert not any(answer.done() for answer in answers)
    os.kill(stopped[0], signal.SIGCONT)
    numbers = [(await answer).entry.seq for answer in answers]
    assert numbers == list(range(numbers[0], numbers[0] + len(commands)))
    assert engine._takes_turns_until == 0, "nobody else was there"
    await engine.stop()


async def test_a_replay_is_told_only_when_the_batch_before_stands(town: Town):
    command = opening()
    async with held_head(town):
        first = asyncio.create_task(town.engine.submit(command))
        await asyncio.sleep(0.05)
        again = asyncio.create_task(town.engine.submit(command))
        await asyncio.sleep(0.1)
        assert not first.done()
        assert not again.done()
    assert ((await first).is_replay, (await again).is_replay) == (False, True)


async def test_while_somebody_waits_too_long_nobody_else_is_let_in(
    database: Database, region: Region, town: Town
):
    engine = Engine(database, region.region_id, prepare, longest_wait_s=0.2)
    engine.start()
    async with held_head(town):
        in_flight = asyncio.create_task(engine.submit(opening()))
        await asyncio.sleep(0.1)
        behind = [asyncio.create_task(engine.submit(opening())) for _ in range(3)]
        await asyncio.sleep(0.05)
        late = [asyncio.create_task(engine.submit(opening())) for _ in range(1)]
        await asyncio.sleep(0.4)
        with pytest.raises(Problem) as refused:
            await engine.submit(opening())
    assert (refused.value.type.slug, refused.value.retry_after) == ("busy", 1)
    await asyncio.gather(in_flight, *behind, *late)
    await engine.submit(opening())
    await engine.stop()


async def test_engines_that_disturb_each_other_lose_and_double_nothing(town: Town):
    store = await town.open_store()
    wallets = [await town.open_wallet() for _ in range(4)]
    for wallet in wallets:
        await town.top_up(wallet, 10_000)

    async def pay(engine: Engine, number: int) -> bool:
        receipt = await engine.submit(town.payment(wallets[number % 4], store, 100))
        return receipt.entry.refusal is None

    async with (
        running_engine(town.database, town.region) as one,
        running_engine(town.database, town.region) as other,
    ):
        engines = (one, other)
        paid = await asyncio.gather(*(pay(engines[n % 2], n) for n in range(480)))
        for engine in engines:
            engine._takes_turns_until = 0  # and once more right into each other
        paid += await asyncio.gather(*(pay(engines[n % 2], n // 3) for n in range(480)))
    assert sum(paid) == 400
    assert [await town.balances(w.wallet_id) for w in wallets] == [{}] * 4
    await check_books(town.place.superuser_url)


@asynccontextmanager
async def held_head(town: Town) -> AsyncIterator[None]:
    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute("BEGIN; SELECT FROM ledger.head FOR UPDATE")
    try:
        yield
    finally:
        await superuser.execute("ROLLBACK")
        await superuser.close()
