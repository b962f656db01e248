"""Live followers: every store's events to whoever listens, with Redis or without it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis

from core.redis import connect_redis
from core.settings import Settings
from ledger.bell import CHANNEL, Bell
from ledger.events import newest_seq
from ledger.follow import Follower, Subscription
from tests.town_builder import Store, Town, Wallet

DEAD_REDIS = "redis://127.0.0.1:1/0"


async def ready(town: Town, yen: int = 50_000) -> tuple[Wallet, Store]:
    """A wallet that holds something, and a store."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, yen)
    return wallet, store


async def newest(town: Town) -> int:
    async with town.database.snapshot(town.region.region_id) as session:
        return await newest_seq(session, town.region.region_id)


@asynccontextmanager
async def following(town: Town, redis_url: str, **options: Any) -> AsyncIterator[Follower]:
    """A follower as one process has it, with its bell."""
    redis = connect_redis(redis_url)
    bell = Bell(redis)
    follower = Follower(town.database, bell, town.region.region_id, **options)
    follower.start()
    try:
        yield follower
    finally:
        await follower.stop()
        await bell.stop()
        await redis.aclose()


async def heard(subscription: Subscription, count: int) -> list[int]:
    """The numbers of the next `count` events; fewer when three seconds pass without one."""
    seqs: list[int] = []
    while len(seqs) < count and (event := await subscription.next(3)) is not None:
        seqs.append(event.seq)
    return seqs


async def test_a_subscriber_hears_its_store_though_redis_is_dead(town: Town):
    wallet, store = await ready(town)
    elsewhere = await town.open_store()
    async with (
        following(town, DEAD_REDIS) as follower,
        follower.following(store.store_id) as subscription,
    ):
        since = await subscription.since()
        assert since == await newest(town)
        paid = await town.pay(wallet, store, 100)
        await town.pay(wallet, elsewhere, 100)
        back = await town.refund(paid.entry_id, store)
        assert await heard(subscription, 2) == [paid.seq, back.seq]
        assert await subscription.next(0.6) is None


async def test_subscribers_who_come_and_go_miss_nothing_after_their_start(town: Town):
    wallet, store = await ready(town)

    async def listen(follower: Follower, after_s: float) -> tuple[int, list[int]]:
        await asyncio.sleep(after_s)
        async with follower.following(store.store_id) as subscription:
            since = await subscription.since()
            return since, await heard(subscription, 10)

    async with following(town, DEAD_REDIS, poll_s=0.02) as follower:
        listeners = [asyncio.create_task(listen(follower, n * 0.01)) for n in range(12)]
        paid: list[int] = []
        while not all(listener.done() for listener in listeners):
            paid.append((await town.pay(wallet, store, 1)).seq)
        for listener in listeners:
            since, seqs = await listener
            assert seqs == [seq for seq in paid if seq > since][:10]


async def test_more_events_than_one_reading_takes_are_all_heard_in_order(town: Town):
    wallet, store = await ready(town)
    async with (
        following(town, DEAD_REDIS, largest_read=2) as follower,
        follower.following(store.store_id) as subscription,
    ):
        await subscription.since()
        paid = await asyncio.gather(*(town.pay(wallet, store, 1) for _ in range(7)))
        assert await heard(subscription, 7) == sorted(entry.seq for entry in paid)


async def test_a_rested_follower_begins_at_now(town: Town):
    wallet, store = await ready(town)
    async with following(town, DEAD_REDIS, poll_s=0.02) as follower:
        async with follower.following(store.store_id) as subscription:
            await subscription.since()
        await town.pay(wallet, store, 1)
        await asyncio.sleep(0.1)
        async with follower.following(store.store_id) as subscription:
            assert await subscription.since() == await newest(town)


async def test_who_falls_behind_is_dropped_and_the_others_are_not(town: Town):
    wallet, store = await ready(town)
    async with (
        following(town, DEAD_REDIS, poll_s=0.02, most_waiting=3) as follower,
        follower.following(store.store_id) as slow,
        follower.following(store.store_id) as quick,
    ):
        await slow.since()
        await quick.since()
        paid = []
        for _ in range(5):
            paid.append((await town.pay(wallet, store, 1)).seq)
            assert await heard(quick, 1) == paid[-1:]
        assert (slow.is_dropped, slow.is_over) == (True, False)
        assert await heard(slow, 3) == paid[:3]
        assert (slow.is_over, quick.is_dropped) == (True, False)
        assert await slow.next(3) is None


async def test_a_database_that_is_away_for_a_while_costs_nothing_but_time(town: Town):
    wallet, store = await ready(town)
    async with (
        following(town, DEAD_REDIS, poll_s=0.05) as follower,
        follower.following(store.store_id) as subscription,
    ):
        await subscription.since()
        await cut_all_connections(town)
        paid = await town.pay(wallet, store, 100)
        assert await heard(subscription, 1) == [paid.seq]


async def test_a_stopped_follower_ends_its_subscriptions(town: Town):
    _, store = await ready(town)
    async with (
        following(town, DEAD_REDIS) as follower,
        follower.following(store.store_id) as subscription,
    ):
        await subscription.since()
        await follower.stop()
        assert subscription.is_over


async def cut_all_connections(town: Town) -> None:
    """End every session of the test's database, as a restart of PostgreSQL does."""
    connection = await asyncpg.connect(town.place.superuser_url)
    ended = await connection.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = $1 AND pid <> pg_backend_pid()",
        town.place.name,
    )
    await connection.close()
    assert ended >= 2


@asynccontextmanager
async def bells(settings: Settings, count: int) -> AsyncIterator[list[Bell]]:
    """The bells of several processes."""
    clients = [connect_redis(settings.redis_url) for _ in range(count)]
    made = [Bell(client) for client in clients]
    try:
        yield made
    finally:
        for bell, client in zip(made, clients, strict=True):
            await bell.stop()
            await client.aclose()


async def seconds(work: Awaitable[object]) -> float:
    begun = monotonic()
    await work
    return monotonic() - begun


async def subscribed(settings: Settings, count: int) -> None:
    """Wait until so many processes listen."""
    async with Redis.from_url(settings.redis_url) as redis, asyncio.timeout(5):
        while dict(await redis.pubsub_numsub(CHANNEL))[CHANNEL.encode()] < count:
            await asyncio.sleep(0.01)


async def test_a_ring_is_heard_in_every_process(settings: Settings):
    async with bells(settings, 2) as (here, there):
        waits = [asyncio.create_task(seconds(bell.wait(1, 10))) for bell in (here, there)]
        await subscribed(settings, 2)
        here.ring(1, 5)
        assert max(await asyncio.gather(*waits)) < 5


async def test_a_ring_is_heard_once_and_only_for_its_region(settings: Settings):
    async with bells(settings, 1) as [bell]:
        await bell.wait(1, 0.01)
        await bell.wait(2, 0.01)
        await subscribed(settings, 1)
        bell.ring(1, 5)
        assert await seconds(bell.wait(1, 3)) < 2
        assert await seconds(bell.wait(1, 0.3)) >= 0.3  # Redis has said it again by now
        assert await seconds(bell.wait(2, 0.1)) >= 0.1


@pytest.mark.parametrize("ring", [b"", b"1", b"1 ", b"x 5", b"1 -5", b"1 5 5", b"9" * 5000])
async def test_noise_on_the_channel_wakes_nobody(settings: Settings, ring: bytes):
    async with bells(settings, 1) as [bell], Redis.from_url(settings.redis_url) as redis:
        await bell.wait(1, 0.01)
        await subscribed(settings, 1)
        await redis.publish(CHANNEL, ring)
        assert await seconds(bell.wait(1, 0.1)) >= 0.1


async def test_without_redis_a_ring_is_heard_at_home():
    redis = connect_redis(DEAD_REDIS)
    bell = Bell(redis)
    await bell.wait(1, 0.01)
    bell.ring(1, 5)
    assert await seconds(bell.wait(1, 3)) < 2
    await bell.stop()
    await redis.aclose()
