"""Redis may vanish at any moment and no yen moves; payments by the shop's QR code go on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from api.app import create_app
from api.state import State
from api.tokens import issue
from core.redis import SOCKET_TIMEOUT_S
from core.settings import Settings
from merchants.qr import StoreQr, encode
from tests.town_builder import Town, new_id


@asynccontextmanager
async def serving(settings: Settings, redis_url: str) -> AsyncIterator[FastAPI]:
    """The app with this Redis."""
    app = create_app(settings.model_copy(update={"redis_url": redis_url}))
    async with app.router.lifespan_context(app):
        yield app


@asynccontextmanager
async def hung_redis() -> AsyncIterator[str]:
    """The address of a Redis that takes every connection and says nothing, as long as it is there.

    Its clients would wait for ten minutes: whatever they wait for less is a deadline of our own.
    """

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            pass
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"redis://127.0.0.1:{port}?socket_timeout=600&socket_connect_timeout=600"


async def pay_ten_times(app: FastAPI, town: Town, between: Callable[[], Awaitable[Any]]) -> float:
    """Ten payments, three one after the other and then seven at once, all of which are made.

    `between` comes before each of the first. Returns how many seconds the payments took.
    """
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 10_000)
    state: State = app.state.meguri
    bearer = issue(state.keys, "resident", wallet.person_id, town.region.code, scope="pay")
    body = {
        "wallet_id": str(wallet.wallet_id),
        "qr": encode(StoreQr(store.store_id, "Hinode-ya", "SETAGAYA")),
        "amount_yen": 100,
    }
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://meguri.test") as client:

        async def pay() -> httpx.Response:
            url, headers = f"/v1/payments/{new_id()}", {"Authorization": f"Bearer {bearer}"}
            return await client.put(url, json=body, headers=headers)

        took_s = 0.0
        answers = []
        async with asyncio.timeout(60):
            for at_once in (1, 1, 1, 7):
                await between()
                began = perf_counter()
                answers += await asyncio.gather(*(pay() for _ in range(at_once)))
                took_s += perf_counter() - began
    assert [answer.status_code for answer in answers] == [201] * 10, answers[0].text
    assert (await town.balances(store.merchant_id))["payable"] == 1_000
    return took_s


async def nothing() -> None:
    """Between payments."""


async def test_payments_by_qr_go_on_without_redis(settings: Settings, town: Town):
    await town.live_campaign()
    gone = f"unix://{settings.data_dir}/gone.sock"
    with pytest.raises(RedisConnectionError):
        async with Redis.from_url(gone) as redis:
            await redis.ping()
    async with serving(settings, gone) as app:
        await pay_ten_times(app, town, nothing)


async def test_payments_by_qr_do_not_wait_for_a_redis_that_hangs(settings: Settings, town: Town):
    await town.live_campaign()
    async with serving(settings, settings.redis_url) as app:
        usual_s = await pay_ten_times(app, town, nothing)
    async with hung_redis() as hung, serving(settings, hung) as app:
        with_hung_s = await pay_ten_times(app, town, nothing)
    # Four times in a row somebody could have waited, each time for a deadline at least.
    assert with_hung_s - usual_s < 4 * SOCKET_TIMEOUT_S / 2


async def test_payments_by_qr_go_on_while_redis_is_flushed(settings: Settings, town: Town):
    await town.live_campaign()
    async with (
        Redis.from_url(settings.redis_url) as redis,
        serving(settings, settings.redis_url) as app,
    ):
        await pay_ten_times(app, town, redis.flushdb)
