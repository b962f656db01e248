"""Redis may vanish at any moment and no yen moves; payments by the shop's QR code go on."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from api.app import create_app
from api.state import State
from api.tokens import issue
from core.settings import Settings
from merchants.qr import StoreQr, encode
from tests.town_builder import Town, new_id


@pytest.fixture
async def app(settings: Settings, town: Town) -> AsyncIterator[FastAPI]:
    """The app, whose Redis is not there at all."""
    gone = settings.model_copy(update={"redis_url": f"unix://{settings.data_dir}/gone.sock"})
    app = create_app(gone)
    async with app.router.lifespan_context(app):
        yield app


async def test_payments_by_qr_go_on_without_redis(
    app: FastAPI, app_client: httpx.AsyncClient, town: Town
):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.live_campaign()
    await town.top_up(wallet, 10_000)
    state: State = app.state.meguri
    with pytest.raises(RedisConnectionError):
        async with Redis.from_url(state.settings.redis_url) as redis:
            await redis.ping()
    bearer = issue(state.keys, "resident", wallet.person_id, town.region.code, scope="pay")
    body = {
        "wallet_id": str(wallet.wallet_id),
        "qr": encode(StoreQr(store.store_id, "Hinode-ya", "SETAGAYA")),
        "amount_yen": 100,
    }

    async def pay() -> httpx.Response:
        url, headers = f"/v1/payments/{new_id()}", {"Authorization": f"Bearer {bearer}"}
        return await app_client.put(url, json=body, headers=headers)

    async with asyncio.timeout(20):
        answers = [await pay() for _ in range(3)]
        answers += await asyncio.gather(*(pay() for _ in range(7)))
    assert [answer.status_code for answer in answers] == [201] * 10, answers[0].text
    assert (await town.balances(store.merchant_id))["payable"] == 1_000
