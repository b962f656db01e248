"""The database goes away under the running app: everything says 503, nothing is lost."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.state import State
from api.tokens import issue
from core.settings import Settings
from tests.api.phone import Phone
from tests.api.probe import is_problem
from tests.ledger.proxy import SOCKET, Proxy, running_proxy
from tests.town_builder import Town, new_id


@pytest.fixture
async def proxy(settings: Settings) -> AsyncIterator[Proxy]:
    """What stands between the app and PostgreSQL."""
    async with running_proxy(settings.database_url) as proxy:
        yield proxy


@pytest.fixture
async def app(settings: Settings, town: Town, proxy: Proxy) -> AsyncIterator[FastAPI]:
    """The deployed app behind the proxy."""
    app = create_app(settings.model_copy(update={"database_url": proxy.url}))
    async with app.router.lifespan_context(app):
        state: State = app.state.meguri
        async with asyncio.timeout(5):
            while state.revocations.age_s > 5:
                await asyncio.sleep(0.01)
        yield app


async def test_it_says_so_and_comes_back(
    app: FastAPI, app_client: httpx.AsyncClient, town: Town, proxy: Proxy
):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 1_000)
    keys = app.state.meguri.keys
    bearer = issue(keys, "resident", wallet.person_id, "setagaya")
    phone = Phone(app_client, wallet, {"Authorization": f"Bearer {bearer}"})
    paid = (await phone.pay(store, 100)).json()
    path = f"wallets/{wallet.wallet_id}"
    reads = [path, "wallets", f"{path}/entries", f"payments/{paid['payment_id']}"]
    reads.append(f"{path}/statement.csv?from=2026-01-01&to=2026-01-02")
    admin = {
        "Authorization": f"Bearer {issue(keys, 'admin', new_id(), 'setagaya', role='finance')}"
    }
    name = {"name": "Kiku", "merchant_class": "small", "category": "food", "area": "north"}
    payment_id = new_id()

    socket = proxy.folder / SOCKET
    socket.rename(hidden := proxy.folder / "away")
    await proxy.stop()
    for read in reads:
        answer = await app_client.get(f"/v1/{read}", headers=phone.headers)
        is_problem(answer, 503, "database-unavailable")
        assert answer.headers["retry-after"] == "2"
    is_problem(await phone.quote(store, 100), 503, "database-unavailable")
    answer = await app_client.put(f"/v1/admin/merchants/{new_id()}", json=name, headers=admin)
    is_problem(answer, 503, "database-unavailable")
    is_problem(await phone.pay(store, 100, payment_id), 503, "ledger-unavailable")

    hidden.rename(socket)
    for read in reads:
        assert (await app_client.get(f"/v1/{read}", headers=phone.headers)).status_code == 200
    is_problem(await phone.get(f"payments/{payment_id}"), 404, "payment-not-found")
    assert (await phone.pay(store, 100, payment_id)).status_code == 201
    assert await town.balances(wallet.wallet_id) == {"coin": 800}
