"""What a shop reads about its sales: numbers of its own stores, at once, and about nobody."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from merchants.roll_up_sales import roll_up_sales
from tests.api.shop import Token, slug_of, staff
from tests.town_builder import Store, Town, Wallet

PATH = "/v1/sales/figures"


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


async def figures(
    client: httpx.AsyncClient, headers: dict[str, str], town: Town, **query: Any
) -> Any:
    today = str(await town.today())
    answer = await client.get(PATH, headers=headers, params={"from": today, "to": today} | query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_payment_is_there_at_once_and_says_nothing_about_who_paid(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    campaign_id = await town.live_campaign(rebate_bp=3000, cashback_bp=500)
    paid = await town.pay(wallet, store, 1_000, terminal="TILL-1", is_coin_only=True)
    headers, whole = staff(token, store), dict[str, Any]()
    for _ in range(2):
        for by in ("day", "week", "month", "weekday", "hour", "store", "terminal", "campaign"):
            found = whole[by] = await figures(app_client, headers, town, by=by)
            [piece] = found["items"]
            assert piece["figures"] == found["total"], by
            told = json.dumps(found)
            for secret in (wallet.person_id, wallet.wallet_id, paid.entry_id):
                assert str(secret) not in told
            assert "rebate" not in told
        await roll_up_sales(town.database, town.region, lambda: None)
    assert whole["day"]["total"] == {
        "payments": 1, "paid_yen": 1_000, "average_yen": 1_000, "refunds": 0, "refunded_yen": 0,
        "voids": 0, "voided_yen": 0, "net_yen": 1_000, "cashback_yen": 50, "cashback_taken_yen": 0,
    }  # fmt: skip
    assert whole["day"]["customers"] == {"customers": 1, "new": 1, "returning": 0}
    assert whole["day"]["seq"] == paid.seq
    named = {
        by: (found["items"][0]["key"], found["items"][0]["name"]) for by, found in whole.items()
    }
    assert named["store"] == (str(store.store_id), "Hinode-ya")
    assert named["terminal"] == (f"{store.store_id} TILL-1", "Hinode-ya TILL-1")
    assert named["campaign"][0] == str(campaign_id)
    assert named["campaign"][1]
    assert (await figures(app_client, headers, town, by="clerk"))["items"] == []


async def test_refunds_stand_under_who_gave_them_and_the_whole_is_the_same(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    paid = await town.pay(wallet, store, 1_000)
    await town.refund(paid.entry_id, store, 400)
    found = await figures(app_client, staff(token, store, "accountant"), town, by="clerk")
    [piece] = found["items"]
    assert (piece["key"], piece["figures"]["refunded_yen"]) == (str(store.staff_id), 400)
    assert (piece["figures"]["payments"], piece["figures"]["average_yen"]) == (0, None)
    assert (found["total"]["net_yen"], found["total"]["payments"]) == (600, 1)


async def test_each_sees_the_stores_of_the_own_post(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    other = await town.open_store(merchant_id=store.merchant_id)
    stranger = await town.open_store()
    for where, yen in ((store, 100), (other, 20), (stranger, 3)):
        await town.pay(wallet, where, yen)
    await roll_up_sales(town.database, town.region, lambda: None)
    for where, yen in ((store, 100), (other, 20), (stranger, 3)):
        await town.pay(wallet, where, yen)
    owner, manager = staff(token, store), staff(token, store, "manager", stores=[store.store_id])
    both = staff(token, store, "manager", stores=[store.store_id, other.store_id])
    asked: list[tuple[dict[str, str], dict[str, Any], int, Any]] = [
        (owner, {}, 240, {"customers": 1, "new": 1, "returning": 0}),
        (owner, {"store_id": other.store_id}, 40, {"customers": 1, "new": 1, "returning": 0}),
        (manager, {}, 200, {"customers": 1, "new": 1, "returning": 0}),
        (both, {}, 240, None),
        (both, {"store_id": store.store_id}, 200, {"customers": 1, "new": 1, "returning": 0}),
    ]
    for headers, query, yen, customers in asked:
        found = await figures(app_client, headers, town, **query)
        assert (found["total"]["paid_yen"], found["customers"]) == (yen, customers)
    today = str(await town.today())
    for headers, hidden in ((manager, other), (owner, stranger)):
        query = {"from": today, "to": today, "store_id": str(hidden.store_id)}
        answer = await app_client.get(PATH, headers=headers, params=query)
        assert (answer.status_code, slug_of(answer)) == (404, "store-unknown")
    for role in ("clerk", "terminal"):
        query = {"from": today, "to": today}
        answer = await app_client.get(PATH, headers=staff(token, store, role), params=query)
        assert (answer.status_code, slug_of(answer)) == (403, "role-missing")


async def test_pieces_come_a_page_at_a_time_and_days_are_bounded(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    for till in ("C", "A", "B"):
        await town.pay(wallet, store, 100, terminal=till)
    headers, keys = staff(token, store), list[str]()
    cursor: dict[str, str] = {}
    while True:
        found = await figures(app_client, headers, town, by="terminal", limit=2, **cursor)
        keys += [piece["key"] for piece in found["items"]]
        assert found["total"]["payments"] == 3
        if found["next_cursor"] is None:
            break
        cursor = {"cursor": found["next_cursor"]}
    assert keys == [f"{store.store_id} {till}" for till in "ABC"]
    today = await town.today()
    for days, code in ((399, 200), (400, 422), (-1, 422)):
        query = {"from": str(today - timedelta(days=days)), "to": str(today)}
        answer = await app_client.get(PATH, headers=headers, params=query)
        assert answer.status_code == code
        if code == 422:
            assert slug_of(answer) == "sales-span-wrong"


async def test_who_names_no_days_sees_the_month_so_far(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    await town.pay(wallet, store, 700)
    answer = await app_client.get(PATH, headers=staff(token, store))
    today = await town.today()
    told = answer.json()
    assert (told["from_day"], told["to_day"]) == (str(today.replace(day=1)), str(today))
    assert told["total"]["payments"] == 1
    day = {"to": "2026-02-20"}
    before = (await app_client.get(PATH, headers=staff(token, store), params=day)).json()
    assert (before["from_day"], before["to_day"]) == ("2026-02-01", "2026-02-20")


@pytest.mark.parametrize(
    ("compare", "before"),
    [
        ("same_length", ("2026-01-29", "2026-01-31")),
        ("same_weekdays", ("2026-01-25", "2026-01-27")),
    ],
)
async def test_it_says_with_which_days_it_compares(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, compare: str, before: Any
):
    span = {"from": "2026-02-01", "to": "2026-02-03", "compare": compare}
    found = await figures(app_client, staff(token, store), town, **span)
    assert (found["before_from"], found["before_to"]) == before
    assert (found["items"], found["customers"], found["new_customers"]) == ([], None, 0)
