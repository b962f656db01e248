"""A request is cancelled at every await: its id tells the truth, and the next request is clean."""

from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from api.state import State
from tests.api.admin_office import Office
from tests.api.phone import Token, phone_of
from tests.cancelling import cancel_at_every_await, nothing_is_left
from tests.sizes import SCALE
from tests.town_builder import Town, new_id

MERCHANT = {"name": "Hinode", "merchant_class": "small", "category": "food", "area": "north"}


async def test_nothing_leaks_into_the_next_request(
    app: FastAPI, app_client: httpx.AsyncClient, token: Token, town: Town
):
    state: State = app.state.meguri
    wallet, other, store = (
        await town.open_wallet(),
        await town.open_wallet(),
        await town.open_store(),
    )
    await town.live_campaign()
    await town.top_up(wallet, 100_000)
    phone, bystander = (phone_of(app_client, token, each) for each in (wallet, other))
    office = Office(app_client, token)
    payments: list[UUID] = []
    merchants: list[UUID] = []

    async def pay() -> Any:
        payments.append(new_id())
        return await phone.pay(store, 100, payments[-1])

    async def open_merchant() -> Any:
        merchants.append(new_id())
        return await office.put("finance", f"merchants/{merchants[-1]}", MERCHANT)

    async def read() -> Any:
        return await phone.get("wallets")

    async def quote() -> Any:
        return await phone.quote(store, 100)

    async def look() -> None:
        answer = await bystander.get("wallets")
        [seen] = answer.json()["items"]
        assert seen["wallet_id"] == str(other.wallet_id)
        await nothing_is_left(town.place.superuser_url, state.database)

    for _ in range(SCALE):
        for request in (pay, open_merchant, read, quote):
            assert await cancel_at_every_await(request, look) > 0
    for payment_id in payments:
        assert (await phone.pay(store, 100, payment_id)).status_code == 201
    for merchant_id in merchants:
        answer = await office.put("finance", f"merchants/{merchant_id}", MERCHANT)
        assert answer.status_code == 201
    assert (await town.balances(store.merchant_id))["payable"] == 100 * len(payments)
