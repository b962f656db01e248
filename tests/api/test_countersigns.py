"""Till and phone show one countersign; nobody else sees it."""

import httpx
import pytest

from tests.api.phone import Phone, phone_of
from tests.api.probe import is_problem
from tests.api.shop import Token, staff
from tests.town_builder import Store, Town, new_id


@pytest.fixture
async def store(town: Town) -> Store:
    """A shop."""
    return await town.open_store()


@pytest.fixture
async def phone(app_client: httpx.AsyncClient, token: Token, town: Town) -> Phone:
    """Somebody with ¥10,000."""
    wallet = await town.open_wallet()
    await town.top_up(wallet, 10_000)
    return phone_of(app_client, token, wallet)


async def test_both_sides_show_the_same(
    app_client: httpx.AsyncClient, token: Token, phone: Phone, store: Store
):
    payment_id = new_id()
    await phone.pay(store, 1200, payment_id)
    path = f"payments/{payment_id}/countersign"
    till, clerk = f"/v1/stores/{store.store_id}/{path}", staff(token, store, "clerk")
    mine = (await phone.get(path)).json()
    theirs = (await app_client.get(till, headers=clerk)).json()
    if mine["changes_at"] != theirs["changes_at"]:  # a moment ended between the two
        mine = (await phone.get(path)).json()
    assert mine == theirs
    assert (mine["payment_id"], mine["amount_yen"]) == (str(payment_id), 1200)
    assert mine["next"]["shown_from"] == mine["changes_at"]


async def test_nobody_else_sees_it(
    app_client: httpx.AsyncClient, token: Token, town: Town, phone: Phone, store: Store
):
    payment_id = new_id()
    await phone.pay(store, 1200, payment_id)
    path = f"payments/{payment_id}/countersign"
    stranger = phone_of(app_client, token, await town.open_wallet())
    assert is_problem(await stranger.get(path), 404, "payment-unknown")
    other = await town.open_store()
    for shop, slug in ((other, "payment-unknown"), (store, "store-unknown")):
        till = f"/v1/stores/{shop.store_id}/{path}"
        answer = await app_client.get(till, headers=staff(token, other))
        assert is_problem(answer, 404, slug)


async def test_what_was_refused_has_none(phone: Phone, store: Store):
    payment_id = new_id()
    await phone.pay(store, 10_001, payment_id)
    answer = await phone.get(f"payments/{payment_id}/countersign")
    assert is_problem(answer, 404, "payment-unknown")
