"""Refunds and voids at the API: they work, they refuse, twice is once, and only one's own."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.api.shop import Token, put_refund, put_void, slug_of, staff
from tests.town_builder import Store, Town, Wallet, new_id

PUTS = {"refunds": put_refund, "voids": put_void}


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


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, slug_of(answer)


async def test_a_refund_in_parts(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    await town.live_campaign(rebate_bp=3000, cashback_bp=500)
    paid = await town.pay(wallet, store, 1000)
    headers = staff(token, store, "manager")
    refund_id = new_id()
    answer = await put_refund(app_client, headers, paid.entry_id, refund_id, amount_yen=400)
    assert answer.status_code == 201
    given = answer.json()
    assert given | {"seq": 0, "refunded_at": ""} == {
        "kind": "refund",
        "refund_id": str(refund_id),
        "payment_id": str(paid.entry_id),
        "store_id": str(store.store_id),
        "amount_yen": 400,
        "refunded_yen": 400,
        "cashback_taken_yen": 20,
        "reason": "returned goods",
        "refunded_at": "",
        "business_date": paid.business_date.isoformat(),
        "seq": 0,
    }
    assert given["refunded_at"].endswith("+09:00")
    rest = (await put_refund(app_client, headers, paid.entry_id)).json()
    assert (rest["amount_yen"], rest["refunded_yen"]) == (600, 1000)
    assert await town.balances(wallet.wallet_id) == {"coin": 50_000}
    assert await town.balances(store.merchant_id) == {}


async def test_a_void_undoes_all_of_it(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    await town.live_campaign(rebate_bp=3000, cashback_bp=500)
    paid = await town.pay(wallet, store, 1000)
    void_id = new_id()
    answer = await put_void(app_client, staff(token, store, "terminal"), paid.entry_id, void_id)
    assert answer.status_code == 201
    undone = answer.json()
    assert (undone["kind"], undone["void_id"]) == ("void", str(void_id))
    assert (undone["amount_yen"], undone["cashback_taken_yen"]) == (1000, 50)
    assert await town.balances(wallet.wallet_id) == {"coin": 50_000}


@pytest.mark.parametrize("noun", ["refunds", "voids"])
async def test_twice_is_once_and_the_address_tells(
    app_client: httpx.AsyncClient,
    token: Token,
    town: Town,
    store: Store,
    wallet: Wallet,
    noun: str,
):
    paid = await town.pay(wallet, store, 1000)
    headers = staff(token, store)
    put: Any = PUTS[noun]
    name = new_id()
    first = await put(app_client, headers, paid.entry_id, name)
    again = await put(app_client, headers, paid.entry_id, name)
    looked = await app_client.get(f"/v1/{noun}/{name}", headers=staff(token, store, "accountant"))
    assert (first.status_code, again.status_code, looked.status_code) == (201, 201, 200)
    assert first.json() == again.json() == looked.json()
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert await town.balances(wallet.wallet_id) == {"coin": 50_000}


async def test_many_at_a_time_refund_once(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    paid = await town.pay(wallet, store, 1000)
    headers = staff(token, store)
    name = new_id()
    same = [put_refund(app_client, headers, paid.entry_id, name) for _ in range(5)]
    answers = await asyncio.gather(*same)
    assert {answer.status_code for answer in answers} == {201}
    others = [put_refund(app_client, headers, paid.entry_id) for _ in range(5)]
    slugs = {told(answer) for answer in await asyncio.gather(*others)}
    assert slugs == {(409, "refund-exceeds-payment")}
    assert await town.balances(wallet.wallet_id) == {"coin": 50_000}


async def test_a_restricted_clerk_may_retry_with_a_new_token(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    paid = await town.pay(wallet, store, 1000)
    name, stores = new_id(), [str(store.store_id), *(str(uuid4()) for _ in range(9))]
    for order in (stores, stores[::-1]):
        headers = staff(token, store, "manager", stores=order)
        answer = await put_refund(app_client, headers, paid.entry_id, name, amount_yen=10)
        assert answer.status_code == 201


async def test_an_id_stands_for_one_thing(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    paid = await town.pay(wallet, store, 1000)
    headers = staff(token, store)
    name = new_id()
    first = await put_refund(app_client, headers, paid.entry_id, name, amount_yen=100)
    assert first.status_code == 201
    changed = await put_refund(app_client, headers, paid.entry_id, name, amount_yen=101)
    colleague = staff(token, store, sub=uuid4())
    another = await put_refund(app_client, colleague, paid.entry_id, name, amount_yen=100)
    as_void = await put_void(app_client, headers, paid.entry_id, name)
    assert [told(answer) for answer in (changed, another, as_void)] == [(409, "id-in-use")] * 3
    assert set(changed.json()) == {"type", "title", "status", "instance"}
    assert told(await app_client.get(f"/v1/voids/{name}", headers=headers)) == (
        404,
        "void-unknown",
    )


async def test_a_refusal_is_remembered_and_told_again(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    paid = await town.pay(wallet, store, 1000)
    headers, name = staff(token, store), new_id()
    first = await put_refund(app_client, headers, paid.entry_id, name, amount_yen=1001)
    again = await put_refund(app_client, headers, paid.entry_id, name, amount_yen=1001)
    looked = await app_client.get(f"/v1/refunds/{name}", headers=headers)
    for answer in (first, again, looked):
        assert told(answer) == (409, "refund-exceeds-payment")
        assert answer.json()["remaining_yen"] == 1000
    assert again.headers["idempotent-replay"] == "true"
    other = await town.open_store()
    elsewhere = await app_client.get(f"/v1/refunds/{name}", headers=staff(token, other))
    assert told(elsewhere) == (404, "refund-unknown")


async def test_a_void_after_a_refund_is_refused(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    paid = await town.pay(wallet, store, 1000)
    await town.refund(paid.entry_id, store, 1)
    answer = await put_void(app_client, staff(token, store), paid.entry_id)
    assert told(answer) == (409, "void-after-refund")


async def test_minutes_and_days_are_over_some_time(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    await town.change_settings(refund_days=0, void_minutes=10)
    paid = await town.pay(wallet, store, 1000)
    # The app's own clock stays: ids are looked at by it, and ten hours off is well within a day.
    await town.set_clock(datetime.now(UTC) + timedelta(minutes=11))
    headers = staff(token, store)
    assert told(await put_void(app_client, headers, paid.entry_id)) == (409, "void-too-late")
    await town.set_clock(datetime.now(UTC) + timedelta(days=1))
    answer = await put_refund(app_client, headers, paid.entry_id)
    assert told(answer) == (409, "refund-too-late")
    assert answer.json()["last_day"] == paid.business_date.isoformat()


@pytest.mark.parametrize("noun", ["refunds", "voids"])
async def test_nobody_gives_back_what_is_not_theirs(
    app_client: httpx.AsyncClient,
    token: Token,
    town: Town,
    second_town: Town,
    store: Store,
    wallet: Wallet,
    noun: str,
):
    twin, other = await town.open_store(merchant_id=store.merchant_id), await town.open_store()
    elsewhere, stranger = await second_town.open_store(), await second_town.open_wallet()
    await second_town.top_up(stranger, 1000)
    abroad = await second_town.pay(stranger, elsewhere, 100)
    mine, theirs = await town.pay(wallet, store, 100), await town.pay(wallet, other, 100)
    refused = (await town.submit(town.payment(wallet, store, 1_000_000))).entry
    put: Any = PUTS[noun]

    async def answers(headers: dict[str, str], *payments: UUID) -> set[tuple[int, str]]:
        return {told(await put(app_client, headers, payment_id)) for payment_id in payments}

    nothing = {(404, "payment-unknown")}
    ids = (theirs.entry_id, abroad.entry_id, refused.entry_id, store.store_id, new_id())
    assert await answers(staff(token, store), *ids) == nothing
    restricted = staff(token, store, "manager", stores=[str(twin.store_id)])
    assert await answers(restricted, mine.entry_id) == nothing
    assert await answers(staff(token, elsewhere), mine.entry_id, abroad.entry_id) == nothing
    assert await town.balances(store.merchant_id) == {"payable": 100}


@pytest.mark.parametrize("noun", ["refunds", "voids"])
async def test_nobody_looks_at_what_is_not_theirs(
    app_client: httpx.AsyncClient,
    token: Token,
    town: Town,
    store: Store,
    wallet: Wallet,
    noun: str,
):
    twin, other = await town.open_store(merchant_id=store.merchant_id), await town.open_store()
    paid = await town.pay(wallet, store, 100)
    put: Any = PUTS[noun]
    name = new_id()
    assert (await put(app_client, staff(token, store), paid.entry_id, name)).status_code == 201
    unknown = (404, f"{noun.removesuffix('s')}-unknown")
    for headers in (staff(token, other), staff(token, store, stores=[str(twin.store_id)])):
        assert told(await app_client.get(f"/v1/{noun}/{name}", headers=headers)) == unknown
    for no_such in (paid.entry_id, store.store_id, new_id()):
        answer = await app_client.get(f"/v1/{noun}/{no_such}", headers=staff(token, store))
        assert told(answer) == unknown


@pytest.mark.parametrize(
    ("noun", "role", "status"),
    [
        ("refunds", "owner", 404),
        ("refunds", "manager", 404),
        ("refunds", "clerk", 403),
        ("refunds", "terminal", 403),
        ("refunds", "accountant", 403),
        ("voids", "owner", 404),
        ("voids", "manager", 404),
        ("voids", "clerk", 404),
        ("voids", "terminal", 404),
        ("voids", "accountant", 403),
    ],
)
async def test_roles(
    app_client: httpx.AsyncClient, token: Token, store: Store, noun: str, role: str, status: int
):
    put: Any = PUTS[noun]
    answer = await put(app_client, staff(token, store, role), new_id())
    slug = {403: "role-missing", 404: "payment-unknown"}[status]
    assert told(answer) == (status, slug)


@pytest.mark.parametrize(
    "body",
    [
        {"amount_yen": 0},
        {"amount_yen": 1.0},
        {"amount_yen": "100"},
        {"amount_yen": True},
        {"amount_yen": -1},
        {"reason": ""},
        {"reason": "x" * 201},
        {"reason": None},
        {"payment_id": "1"},
        {"store_id": "1"},
    ],
)
async def test_malformed_wishes(
    app_client: httpx.AsyncClient, token: Token, store: Store, body: dict[str, Any]
):
    content = {"payment_id": str(new_id()), "reason": "why"} | body
    answer = await app_client.put(
        f"/v1/refunds/{new_id()}", headers=staff(token, store), json=content
    )
    assert told(answer) == (422, "malformed-request")


@pytest.mark.parametrize("noun", ["refunds", "voids"])
async def test_names_are_made_now(
    app_client: httpx.AsyncClient, token: Token, store: Store, noun: str
):
    put: Any = PUTS[noun]
    for name in (uuid4(), new_id(datetime.now(UTC) - timedelta(days=2))):
        answer = await put(app_client, staff(token, store), new_id(), name)
        assert told(answer) == (422, "malformed-id")
