"""What merchants see: what is due to them, their stores, their payments; nobody else's, nobody."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from core.ids import NIL
from merchants.qr import parse
from tests.api.shop import Token, put_refund, put_void, slug_of, staff
from tests.town_builder import Store, Town, Wallet, new_id

ROLES = ("owner", "manager", "clerk", "accountant", "terminal")


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


async def get(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> Any:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def seqs(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> list[int]:
    return [item["seq"] for item in (await get(client, path, headers))["items"]]


async def test_a_merchant_sees_what_is_due_to_it(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    await town.live_campaign(rebate_bp=3000, cashback_bp=500)
    paid = await town.pay(wallet, store, 1000)
    headers = staff(token, store, "accountant")
    mine = await get(app_client, "/v1/merchant", headers)
    assert mine["merchant_id"] == str(store.merchant_id)
    assert (mine["merchant_class"], mine["state"]) == ("small", "open")
    assert (mine["payable_yen"], mine["cashback_yen"], mine["owed_yen"]) == (1000, 50, 0)
    await town.refund(paid.entry_id, store, 400)
    mine = await get(app_client, "/v1/merchant", headers)
    assert (mine["payable_yen"], mine["cashback_yen"], mine["owed_yen"]) == (600, 30, 0)


async def test_a_merchant_that_is_not_in_the_region_is_unknown(
    app_client: httpx.AsyncClient, token: Token, second_town: Town
):
    elsewhere = await second_town.open_store()
    answer = await app_client.get("/v1/merchant", headers=staff(token, elsewhere))
    assert (answer.status_code, slug_of(answer)) == (404, "merchant-unknown")
    assert (await get(app_client, "/v1/stores", staff(token, elsewhere)))["items"] == []


async def test_stores_carry_their_codes_a_page_at_a_time(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store
):
    others = [await town.open_store(merchant_id=store.merchant_id) for _ in range(4)]
    await town.open_store()
    headers, found, path = staff(token, store), [], "/v1/stores?limit=2"
    while path:
        page = await get(app_client, path, headers)
        found += page["items"]
        after = page["next_cursor"]
        path = f"/v1/stores?limit=2&cursor={after}" if after else ""
    assert [item["store_id"] for item in found] == sorted(
        str(each.store_id) for each in [store, *others]
    )
    for item in found:
        code = parse(item["qr"])
        assert (str(code.store_id), code.name, code.city) == (
            item["store_id"],
            item["name"],
            "SETAGAYA",
        )


async def test_a_token_for_some_stores_reaches_only_those(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    closed = await town.open_store(merchant_id=store.merchant_id)
    paid = await town.pay(wallet, closed, 100)
    headers = staff(token, store, "clerk", stores=[str(store.store_id)])
    [mine] = (await get(app_client, "/v1/stores", headers))["items"]
    assert mine["store_id"] == str(store.store_id)
    assert (await get(app_client, f"/v1/stores/{store.store_id}/payments", headers))["items"] == []
    for path in (
        f"/v1/stores/{closed.store_id}/payments",
        f"/v1/stores/{closed.store_id}/payments/{paid.entry_id}",
    ):
        answer = await app_client.get(path, headers=headers)
        assert (answer.status_code, slug_of(answer)) == (404, "store-unknown")


async def test_a_day_of_a_store_newest_first(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    paid = [await town.pay(wallet, store, yen) for yen in (100, 200, 300, 400, 500)]
    back = await town.refund(paid[4].entry_id, store, 120)
    void = await town.void(paid[0].entry_id, store)
    await town.submit(town.payment(wallet, store, 1_000_000))
    headers, path = staff(token, store, "clerk"), f"/v1/stores/{store.store_id}/payments"
    in_order = [void.seq, back.seq, *(entry.seq for entry in reversed(paid))]
    assert await seqs(app_client, path, headers) == in_order
    assert await seqs(app_client, f"{path}?kind=refund", headers) == [back.seq]
    assert await seqs(app_client, f"{path}?kind=void", headers) == [void.seq]
    chosen = f"{path}?kind=payment&min_yen=200&max_yen=400"
    assert await seqs(app_client, chosen, headers) == [e.seq for e in reversed(paid[1:4])]
    today = paid[0].business_date
    assert await seqs(app_client, f"{path}?date={today}", headers) == in_order
    for day in (today - timedelta(days=1), today + timedelta(days=1)):
        assert await seqs(app_client, f"{path}?date={day}", headers) == []


async def test_pages_of_a_day_shift_by_nothing_that_arrives(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    paid = [(await town.pay(wallet, store, 100)).seq for _ in range(5)]
    headers, path = staff(token, store), f"/v1/stores/{store.store_id}/payments?limit=2"
    first = await get(app_client, path, headers)
    await town.pay(wallet, store, 100)
    second = await get(app_client, f"{path}&cursor={first['next_cursor']}", headers)
    third = await get(app_client, f"{path}&cursor={second['next_cursor']}", headers)
    items = [*first["items"], *second["items"], *third["items"]]
    assert [item["seq"] for item in items] == paid[::-1]
    assert third["next_cursor"] is None


async def test_a_list_says_how_each_payment_stands(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    whole, part, full, void = [await town.pay(wallet, store, 300) for _ in range(4)]
    await town.refund(part.entry_id, store, 100)
    await town.refund(full.entry_id, store, 100)
    await town.refund(full.entry_id, store, 200)
    await town.void(void.entry_id, store)
    path = f"/v1/stores/{store.store_id}/payments?kind=payment"
    items = (await get(app_client, path, staff(token, store)))["items"]
    stands = {item["payment_id"]: (item["state"], item["refunded_yen"]) for item in items}
    assert stands == {
        str(whole.entry_id): ("paid", 0),
        str(part.entry_id): ("partly_refunded", 100),
        str(full.entry_id): ("refunded", 300),
        str(void.entry_id): ("voided", 300),
    }


async def test_one_payment_with_what_went_back(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    campaign_id = await town.live_campaign(rebate_bp=3000, cashback_bp=500)
    paid = await town.pay(wallet, store, 1000)
    back = await town.refund(paid.entry_id, store, 400)
    path = f"/v1/stores/{store.store_id}/payments/{paid.entry_id}"
    shown = await get(app_client, path, staff(token, store, "terminal"))
    assert (shown["kind"], shown["amount_yen"], shown["coin_yen"]) == ("payment", 1000, 1000)
    assert (shown["cashback_yen"], shown["state"], shown["refunded_yen"]) == (
        50,
        "partly_refunded",
        400,
    )
    [cashback] = shown["cashbacks"]
    assert cashback["campaign_id"] == str(campaign_id)
    assert [reason["code"] for reason in cashback["reasons"]] == ["cashback-rate-applied"]
    assert shown["paid_at"].endswith("+09:00")
    [given] = shown["refunds"]
    assert (given["kind"], given["refund_id"]) == ("refund", str(back.entry_id))
    assert (given["amount_yen"], given["cashback_taken_yen"]) == (400, 20)


async def test_why_there_is_no_cashback_is_told(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    await town.live_campaign(rebate_bp={"large": 3000}, cashback_bp={"large": 500})
    paid = await town.pay(wallet, store, 1000)
    path = f"/v1/stores/{store.store_id}/payments/{paid.entry_id}"
    [cashback] = (await get(app_client, path, staff(token, store)))["cashbacks"]
    assert [reason["code"] for reason in cashback["reasons"]] == ["class-not-eligible"]


async def test_no_answer_tells_who_paid(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store, wallet: Wallet
):
    await town.live_campaign(per_person_day_points=10)
    paid = await town.pay(wallet, store, 1000)
    headers = staff(token, store)
    refund = await put_refund(app_client, headers, paid.entry_id, amount_yen=300)
    second = await town.pay(wallet, store, 500)
    void = await put_void(app_client, headers, second.entry_id)
    path = f"/v1/stores/{store.store_id}/payments"
    said = [
        refund.text,
        void.text,
        (await app_client.get(path, headers=headers)).text,
        (await app_client.get(f"{path}/{paid.entry_id}", headers=headers)).text,
    ]
    for text in said:
        assert str(wallet.wallet_id) not in text
        assert str(wallet.person_id) not in text
        for word in ("wallet", "person", "holder", "actor", "rebate", "points", "cut-by", "owed"):
            assert word not in text, word


async def test_nobody_else_s_payment_is_there(
    app_client: httpx.AsyncClient,
    token: Token,
    town: Town,
    second_town: Town,
    store: Store,
    wallet: Wallet,
):
    other = await town.open_store()
    twin = await town.open_store(merchant_id=store.merchant_id)
    elsewhere, stranger = await second_town.open_store(), await second_town.open_wallet()
    await second_town.top_up(stranger, 1000)
    mine = await town.pay(wallet, store, 100)
    theirs = await town.pay(wallet, other, 100)
    abroad = await second_town.pay(stranger, elsewhere, 100)
    refused = (await town.submit(town.payment(wallet, store, 1_000_000))).entry
    back = await town.refund(mine.entry_id, store, 50)
    headers = staff(token, store)
    for store_id in (other.store_id, elsewhere.store_id, store.merchant_id, NIL, uuid4()):
        for path in (f"/v1/stores/{store_id}/payments", f"/v1/stores/{store_id}/feed"):
            answer = await app_client.get(path, headers=headers)
            assert (answer.status_code, slug_of(answer)) == (404, "store-unknown")
    for payment_id in (
        theirs.entry_id,
        abroad.entry_id,
        refused.entry_id,
        back.entry_id,
        store.store_id,
        new_id(),
    ):
        path = f"/v1/stores/{store.store_id}/payments/{payment_id}"
        answer = await app_client.get(path, headers=headers)
        assert (answer.status_code, slug_of(answer)) == (404, "payment-unknown")
    path = f"/v1/stores/{twin.store_id}/payments/{mine.entry_id}"
    answer = await app_client.get(path, headers=headers)
    assert (answer.status_code, slug_of(answer)) == (404, "payment-unknown")


@pytest.mark.parametrize("role", ROLES)
async def test_every_role_may_look(
    app_client: httpx.AsyncClient, token: Token, store: Store, role: str
):
    headers = staff(token, store, role)
    for path in ("/v1/merchant", "/v1/stores", f"/v1/stores/{store.store_id}/payments"):
        assert (await app_client.get(path, headers=headers)).status_code == 200


async def test_other_faces_may_not_look(app_client: httpx.AsyncClient, token: Token, store: Store):
    faces = {"resident": token("resident"), "admin": token("admin", role="finance")}
    for path in ("/v1/merchant", "/v1/stores", f"/v1/stores/{store.store_id}/feed"):
        for name in faces.values():
            headers = {"Authorization": f"Bearer {name}"}
            answer = await app_client.get(path, headers=headers)
            assert (answer.status_code, slug_of(answer)) == (403, "wrong-face")
        answer = await app_client.get(path)
        assert (answer.status_code, slug_of(answer)) == (401, "token-missing")


NO_QUESTIONS = (
    "date=yesterday date=2026-13-01 date=1767193200 date=1999-12-31 kind=top_up min_yen=-1"
    " max_yen=1.0 limit=201"
)


@pytest.mark.parametrize("query", NO_QUESTIONS.split())
async def test_a_malformed_question_is_refused(
    app_client: httpx.AsyncClient, token: Token, store: Store, query: str
):
    path = f"/v1/stores/{store.store_id}/payments?{query}"
    answer = await app_client.get(path, headers=staff(token, store))
    assert (answer.status_code, slug_of(answer)) == (422, "malformed-request")


async def test_a_cursor_of_another_list_is_refused(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store
):
    await town.open_store(merchant_id=store.merchant_id)
    headers = staff(token, store)
    cursor = (await get(app_client, "/v1/stores?limit=1", headers))["next_cursor"]
    path = f"/v1/stores/{store.store_id}/payments?cursor={cursor}"
    answer = await app_client.get(path, headers=headers)
    assert (answer.status_code, slug_of(answer)) == (422, "malformed-cursor")
