"""The live feed: in order, no gap, no repeat, at any process, as long as the token counts."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.state import State
from api.tokens import issue
from core.database import Database
from core.revocations import revoke
from core.settings import Settings
from tests.api.screen import Screen, screen
from tests.api.shop import Token, feed_of, staff
from tests.town_builder import Store, Town, Wallet

DEAD_REDIS = "redis://127.0.0.1:1/0"


@pytest.fixture
async def store(town: Town) -> Store:
    """A small shop."""
    return await town.open_store()


@pytest.fixture
async def wallet(town: Town) -> Wallet:
    """Somebody with ¥50,000."""
    wallet = await town.open_wallet()
    await town.top_up(wallet, 50_000)
    return wallet


async def start_of(opened: Screen) -> int:
    """The number after which the feed goes on; it is told first."""
    assert opened.status == 200, opened.problem
    first = await opened.next()
    assert (first.event, first.data) == ("", None)
    return int(first.id)


async def seqs(opened: Screen, count: int) -> list[int]:
    """The ids of the next events."""
    return [int(told.id) for told in await opened.take(count) if told.event]


async def test_a_shop_sees_each_sale_as_it_happens(
    app: FastAPI, token: Token, town: Town, store: Store, wallet: Wallet
):
    await town.live_campaign(cashback_bp=500)
    async with screen(app, feed_of(store), staff(token, store, "clerk")) as opened:
        start = await start_of(opened)
        assert opened.headers["content-type"].startswith("text/event-stream")
        assert opened.headers["cache-control"] == "no-store"
        paid = await town.pay(wallet, store, 1000)
        back = await town.refund(paid.entry_id, store, 400)
        second = await town.pay(wallet, store, 300)
        void = await town.void(second.entry_id, store)
        told = await opened.take(4)
        assert start < paid.seq
        assert [(each.event, int(each.id)) for each in told] == [
            ("payment", paid.seq),
            ("refund", back.seq),
            ("payment", second.seq),
            ("void", void.seq),
        ]
        data = told[0].data
        assert (data["payment_id"], data["amount_yen"], data["cashback_yen"]) == (
            str(paid.entry_id),
            1000,
            50,
        )
        assert (data["state"], data["refunded_yen"]) == ("paid", 0)
        assert (told[1].data["refund_id"], told[1].data["amount_yen"]) == (str(back.entry_id), 400)
        assert told[3].data["void_id"] == str(void.entry_id)
        for each in told:
            assert not {"wallet_id", "person_id", "actor", "rebate_points"} & each.data.keys()


async def test_a_screen_hears_of_its_own_store_only(
    app: FastAPI, token: Token, town: Town, store: Store, wallet: Wallet
):
    twin, other = await town.open_store(merchant_id=store.merchant_id), await town.open_store()
    async with screen(app, feed_of(store), staff(token, store)) as opened:
        await start_of(opened)
        await town.pay(wallet, twin, 100)
        await town.pay(wallet, other, 100)
        await town.submit(town.payment(wallet, store, 1_000_000))
        mine = await town.pay(wallet, store, 100)
        assert await seqs(opened, 1) == [mine.seq]


async def test_a_screen_that_comes_back_misses_nothing_and_sees_nothing_twice(
    app: FastAPI, token: Token, town: Town, store: Store, wallet: Wallet
):
    headers = staff(token, store)
    seen: list[int] = []
    paid: list[int] = []
    async with screen(app, feed_of(store), headers) as neighbour:
        last = await start_of(neighbour)
        # What was missed and what is new overlap: the neighbour's follower has not looked yet.
        for away in range(8):
            paid += [(await town.pay(wallet, store, 10)).seq for _ in range(away)]
            busy = asyncio.gather(*(town.pay(wallet, store, 20) for _ in range(20)))
            async with screen(app, feed_of(store), headers, last) as opened:
                assert await start_of(opened) == last
                paid += sorted(entry.seq for entry in await busy)
                seen += await seqs(opened, len(paid) - len(seen))
                paid.append((await town.pay(wallet, store, 30)).seq)
                seen += await seqs(opened, 1)
                assert seen == paid
            del seen[-2:]  # the screen went dark before it had shown these
            last = seen[-1]
        assert await seqs(neighbour, len(paid)) == paid


async def test_an_id_that_was_told_first_is_enough_to_come_back(
    app: FastAPI, token: Token, town: Town, store: Store, wallet: Wallet
):
    headers = staff(token, store)
    async with screen(app, feed_of(store), headers) as opened:
        start = await start_of(opened)
    paid = await town.pay(wallet, store, 100)
    async with screen(app, feed_of(store), headers, start) as opened:
        await start_of(opened)
        assert await seqs(opened, 1) == [paid.seq]


async def test_who_was_away_for_too_much_starts_anew(
    app: FastAPI, token: Token, town: Town, store: Store, wallet: Wallet
):
    before = (await town.pay(wallet, store, 1)).seq
    await asyncio.gather(*(town.pay(wallet, store, 1) for _ in range(1000)))
    headers = staff(token, store)
    async with screen(app, feed_of(store), headers, before) as opened:
        await start_of(opened)
        assert await seqs(opened, 1000) == list(range(before + 1, before + 1001))
    last = await town.pay(wallet, store, 1)
    for far in (before, 10**9):
        async with screen(app, feed_of(store), headers, far) as opened:
            assert await start_of(opened) == last.seq
            reset = await opened.next()
            assert (reset.event, reset.data) == ("reset", {"seq": last.seq})
            after = await town.pay(wallet, store, 1)
            assert await seqs(opened, 1) == [after.seq]
            last = after


async def test_who_was_away_for_two_days_starts_anew(
    settings: Settings, town: Town, store: Store, wallet: Wallet
):
    before = (await town.pay(wallet, store, 1)).seq
    missed = await town.pay(wallet, store, 1)
    await town.set_clock(datetime.now(UTC) + timedelta(hours=25))
    async with process(settings) as app:
        headers = staff(token_of(app), store)
        async with screen(app, feed_of(store), headers, before) as opened:
            await start_of(opened)
            assert (await opened.next()).event == "reset"
        async with screen(app, feed_of(store), headers, missed.seq) as opened:
            assert await start_of(opened) == missed.seq
            paid = await town.pay(wallet, store, 1)
            assert await seqs(opened, 1) == [paid.seq]


@asynccontextmanager
async def process(settings: Settings, **changes: str) -> AsyncIterator[FastAPI]:
    """One more process of the same deployment."""
    app = create_app(settings.model_copy(update=changes))
    async with app.router.lifespan_context(app):
        state: State = app.state.meguri
        async with asyncio.timeout(5):
            while state.revocations.age_s > 5:
                await asyncio.sleep(0.01)
        yield app


def token_of(app: FastAPI) -> Token:
    """Tokens of one process; they count at every other."""
    state: State = app.state.meguri

    def make(face, sub, **claims):
        return issue(state.keys, face, sub, region="setagaya", **claims)

    return make


@pytest.mark.parametrize("redis", ["alive", "dead"])
async def test_every_process_tells_what_any_other_did(
    settings: Settings, town: Town, store: Store, wallet: Wallet, redis: str
):
    changes = {"redis_url": DEAD_REDIS} if redis == "dead" else {}
    region_id = town.region.region_id
    async with process(settings, **changes) as here, process(settings, **changes) as there:
        headers = staff(token_of(here), store)
        engines = [each.state.meguri.engines.of(region_id) for each in (here, there)]
        async with (
            screen(here, feed_of(store), headers) as one,
            screen(there, feed_of(store), headers) as other,
        ):
            await start_of(one)
            await start_of(other)
            work = [engines[n % 2].submit(town.payment(wallet, store, 10)) for n in range(40)]
            paid = sorted(receipt.entry.seq for receipt in await asyncio.gather(*work))
            assert await seqs(one, 40) == paid
            assert await seqs(other, 40) == paid
        async with screen(there, feed_of(store), headers, paid[9]) as moved:
            await start_of(moved)
            assert await seqs(moved, 30) == paid[10:]


async def test_a_token_opens_so_many_feeds_and_no_more(
    app: FastAPI, token: Token, town: Town, store: Store, wallet: Wallet
):
    headers = staff(token, store)
    async with AsyncExitStack() as open_feeds:
        first = [
            await open_feeds.enter_async_context(screen(app, feed_of(store), headers))
            for _ in range(10)
        ]
        async with screen(app, feed_of(store), headers) as refused:
            assert refused.status == 429
            assert refused.problem["type"] == "/problems/too-many-feeds"
            assert int(refused.headers["retry-after"]) >= 1
        colleague = staff(token, store, sub=uuid4())
        async with screen(app, feed_of(store), colleague) as opened:
            assert opened.status == 200
        await first[0].leave()
        async with screen(app, feed_of(store), headers) as opened:
            assert opened.status == 200
        paid = await town.pay(wallet, store, 100)
        for each in first[1:]:
            await start_of(each)
            assert await seqs(each, 1) == [paid.seq]


async def test_a_feed_holds_no_connection(
    app: FastAPI, token: Token, store: Store, database: Database
):
    state: State = app.state.meguri
    async with AsyncExitStack() as open_feeds:
        for _ in range(10):
            opened = screen(app, feed_of(store), staff(token, store))
            await start_of(await open_feeds.enter_async_context(opened))
        at_work = []
        for _ in range(30):
            at_work.append(state.database.sqlalchemy.pool.checkedout())  # type: ignore[attr-defined]
            await asyncio.sleep(0.02)
        assert max(at_work) <= 2  # the one follower, and the directory of regions
        assert min(at_work) == 0


async def test_a_feed_ends_with_its_token(app: FastAPI, token: Token, town: Town, store: Store):
    issued = int(time.time()) - 303
    async with screen(app, feed_of(store), staff(token, store, at=issued, ttl_s=300)) as opened:
        await start_of(opened)
        await opened.ended()
    async with screen(app, feed_of(store), staff(token, store, at=issued - 9, ttl_s=300)) as late:
        assert (late.status, late.problem["type"]) == (401, "/problems/token-expired")


async def test_a_feed_ends_when_its_token_is_revoked(
    app: FastAPI, token: Token, town: Town, store: Store, database: Database
):
    region_id = town.region.region_id
    async with (
        screen(app, feed_of(store), staff(token, store)) as opened,
        screen(app, feed_of(store), staff(token, store, sub=uuid4())) as colleague,
    ):
        await start_of(opened)
        await start_of(colleague)
        async with database.transaction(region_id) as session:
            await revoke(session, region_id, "sub", store.staff_id, timedelta(minutes=15))
        await opened.ended()
        assert not colleague.task.done()


@pytest.mark.parametrize("last", ["-1", "1.0", "x", "9" * 30])
async def test_a_malformed_last_event_id_is_refused(
    app: FastAPI, token: Token, store: Store, last: str
):
    headers = staff(token, store) | {"Last-Event-ID": last}
    async with screen(app, feed_of(store), headers) as opened:
        assert (opened.status, opened.problem["type"]) == (422, "/problems/malformed-request")


@pytest.mark.slow
async def test_a_quiet_feed_says_that_it_is_still_there(app: FastAPI, token: Token, store: Store):
    async with screen(app, feed_of(store), staff(token, store)) as opened:
        await start_of(opened)
        told = await opened.next(20)
        assert (told.event, told.id, told.comment) == ("", "", "still here")
