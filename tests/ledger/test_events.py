"""Events: in their order, none skipped, by whichever engine; readers that remember their place."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from core.database import Database
from ledger.engine import Engine
from ledger.events import Event, advance, newest_seq, position, read_events
from ledger.regions import Region
from payments.prepare import prepare
from tests.town_builder import Store, Town, Wallet
from torture.proxy import Cut, running_proxy


async def ready(town: Town, yen: int = 50_000) -> tuple[Wallet, Store]:
    """A wallet that holds something, and a store."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, yen)
    return wallet, store


async def events_after(town: Town, seq: int, limit: int = 1000, **more: Any) -> list[Event]:
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as session:
        return await read_events(session, region_id, seq, limit, **more)


async def newest(town: Town) -> int:
    async with town.database.snapshot(town.region.region_id) as session:
        return await newest_seq(session, town.region.region_id)


async def position_of(town: Town, name: str) -> int:
    async with town.database.snapshot(town.region.region_id) as session:
        return await position(session, town.region.region_id, name)


async def move(town: Town, name: str, seq: int) -> None:
    async with town.database.transaction(town.region.region_id) as session:
        await advance(session, town.region.region_id, name, seq)


async def test_an_event_tells_its_entry(town: Town):
    wallet, store = await ready(town)
    paid = await town.pay(wallet, store, 700)
    [event] = await events_after(town, paid.seq - 1)
    assert event == Event(
        seq=paid.seq,
        at=paid.at,
        business_date=paid.business_date,
        entry_id=paid.entry_id,
        kind="payment",
        actor=wallet.actor,
        holder_id=wallet.wallet_id,
        other_id=store.store_id,
        refers_to=None,
        amount=700,
        facts=paid.facts,
    )


async def test_events_stand_in_order_and_a_refusal_is_none(town: Town):
    wallet, store = await ready(town)
    before = await newest(town)
    first = await town.pay(wallet, store, 100)
    refused = await town.submit(town.payment(wallet, store, 1_000_000_000))
    assert refused.entry.refusal is not None
    last = await town.refund(first.entry_id, store)
    assert refused.entry.seq == first.seq + 1 == last.seq - 1
    assert [e.seq for e in await events_after(town, before)] == [first.seq, last.seq]
    assert [e.seq for e in await events_after(town, first.seq)] == [last.seq]
    assert [e.seq for e in await events_after(town, before, 1)] == [first.seq]
    assert await events_after(town, last.seq) == []
    assert await newest(town) == last.seq


async def test_kinds_and_other_ends_can_be_chosen(town: Town):
    wallet, store = await ready(town)
    elsewhere = await town.open_store()
    before = await newest(town)
    here = await town.pay(wallet, store, 100)
    there = await town.pay(wallet, elsewhere, 200)
    back = await town.refund(here.entry_id, store)
    assert [e.seq for e in await events_after(town, before, kinds=["refund"])] == [back.seq]
    ends = [store.store_id]
    assert [e.seq for e in await events_after(town, before, others=ends)] == [here.seq, back.seq]
    assert [e.seq for e in await events_after(town, before, others=[])] == []
    chosen = await events_after(town, before, kinds=["payment"], others=[elsewhere.store_id])
    assert [e.seq for e in chosen] == [there.seq]


async def test_another_region_s_events_are_not_there(town: Town, second_town: Town):
    wallet, store = await ready(second_town)
    await second_town.pay(wallet, store, 100)
    region_id = second_town.region.region_id
    async with town.database.snapshot(town.region.region_id) as session:
        assert await read_events(session, region_id, 0, 100) == []


async def test_a_reader_that_looks_all_the_time_skips_nothing(
    town: Town, database: Database, region: Region
):
    wallet, store = await ready(town)
    before = await newest(town)
    seen: list[int] = []
    async with another_engine(database, region) as other:
        commands = [town.payment(wallet, store, 1) for _ in range(120)]
        engines = [town.engine, other]
        work = asyncio.gather(
            *(engines[n % 2].submit(command) for n, command in enumerate(commands))
        )
        while len(seen) < 120:
            seen += [e.seq for e in await events_after(town, seen[-1] if seen else before, 17)]
        await work
    assert seen == list(range(before + 1, before + 121))


async def test_a_position_starts_at_nothing_and_never_goes_back(town: Town):
    assert await position_of(town, "notices") == 0
    await move(town, "notices", 7)
    assert await position_of(town, "notices") == 7
    await move(town, "notices", 5)
    assert await position_of(town, "notices") == 7
    await move(town, "notices", 9)
    assert await position_of(town, "notices") == 9
    assert await position_of(town, "exports") == 0


async def test_a_position_moves_with_the_work_or_not_at_all(town: Town):
    region_id = town.region.region_id
    with suppress(LookupError):
        async with town.database.transaction(region_id) as session:
            await advance(session, region_id, "notices", 7)
            raise LookupError("the work failed")
    assert await position_of(town, "notices") == 0


async def test_a_position_belongs_to_its_region(town: Town, second_town: Town):
    await move(town, "notices", 7)
    assert await position_of(second_town, "notices") == 0


async def test_an_engine_tells_of_events_only(town: Town, database: Database, region: Region):
    wallet, store = await ready(town)
    told: list[int] = []
    async with another_engine(database, region, told.append) as engine:
        command = town.payment(wallet, store, 100)
        paid = await engine.submit(command)
        await engine.submit(command)
        await engine.submit(town.payment(wallet, store, 1_000_000_000))
        back = await engine.submit(town.refund_of(paid.entry.entry_id, store))
        await asyncio.sleep(0)
    assert told == [paid.entry.seq, back.entry.seq]


async def test_an_engine_tells_of_what_it_finds_after_a_lost_commit(town: Town, region: Region):
    wallet, store = await ready(town)
    told: list[int] = []
    cuts: list[Cut] = ["after"]
    async with running_proxy(town.place.app_url) as proxy:
        behind = Database(proxy.url)
        async with another_engine(behind, region, told.append) as engine:
            proxy.cut = lambda: cuts.pop() if cuts else None
            paid = await engine.submit(town.payment(wallet, store, 100))
            await asyncio.sleep(0)
        await behind.close()
    assert paid.is_replay, "the first try came through"
    assert told == [paid.entry.seq]


@asynccontextmanager
async def another_engine(
    database: Database, region: Region, told: Callable[[int], None] | None = None
) -> AsyncIterator[Engine]:
    engine = Engine(database, region.region_id, prepare, after_commit=told)
    engine.start()
    try:
        yield engine
    finally:
        await engine.stop()
