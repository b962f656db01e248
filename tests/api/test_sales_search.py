"""Search of single sales: each way to look for one, page by page, in one's own stores only."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest

from merchants.qr import Bill
from tests.api.shop import Token, slug_of, staff
from tests.town_builder import Store, Town, new_id

PATH = "/v1/sales/payments"


async def found(client: httpx.AsyncClient, headers: dict[str, str], **query: Any) -> list[int]:
    """The numbers that one search comes to, over all of its pages of two."""
    numbers, cursor = list[int](), dict[str, str]()
    while True:
        asked = urlencode({"limit": 2} | query | cursor)
        answer = await client.get(f"{PATH}?{asked}", headers=headers)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        numbers += [item["seq"] for item in page["items"]]
        if page["next_cursor"] is None:
            return numbers
        cursor = {"cursor": page["next_cursor"]}


async def test_each_filter_finds_what_it_says(
    app_client: httpx.AsyncClient, token: Token, town: Town
):
    store = await town.open_store()
    other = await town.open_store(merchant_id=store.merchant_id)
    stranger = await town.open_store()
    wallet = await town.open_wallet()
    await town.top_up(wallet, 50_000)
    later = await town.now() + timedelta(minutes=5)
    bill = Bill(bill_id=new_id(), amount_yen=300, reference="Q7F3K2", expires_at=later)
    whole = await town.pay(wallet, store, 100)
    partly = await town.pay(wallet, store, 200, terminal="TILL-1")
    billed = await town.pay(wallet, other, 300, bill=bill)
    voided = await town.pay(wallet, store, 400, terminal="TILL-2")
    paid = await town.pay(wallet, other, 500)
    await town.pay(wallet, stranger, 100)
    await town.submit(town.payment(wallet, store, 9_000_000))
    back = await town.refund(partly.entry_id, store, 50)
    void = await town.void(voided.entry_id, store)
    all_back = [await town.refund(whole.entry_id, store, yen) for yen in (40, 60)]
    headers = staff(token, store, "clerk")
    everything = [whole, partly, billed, voided, paid, back, void, *all_back]
    today = paid.business_date
    for query, entries in (
        ({}, everything),
        ({"kind": "refund"}, [back, *all_back]),
        ({"kind": "void"}, [void]),
        ({"store_id": other.store_id}, [billed, paid]),
        ({"state": "paid"}, [billed, paid]),
        ({"state": "partly_refunded"}, [partly]),
        ({"state": "refunded"}, [whole]),
        ({"state": "voided"}, [voided]),
        ({"state": "voided", "kind": "refund"}, []),
        ({"terminal": "TILL-1"}, [partly, back]),
        ({"terminal": "TILL-2", "kind": "void"}, [void]),
        ({"reference": "Q7F3K2"}, [billed]),
        ({"min_yen": 300, "max_yen": 400}, [billed, voided, void]),
        ({"id_ends_with": str(partly.entry_id)[-4:].upper()}, [partly, back]),
        ({"from": today, "to": today}, everything),
        ({"to": today - timedelta(days=1)}, []),
        ({"from": today + timedelta(days=1)}, []),
        ({"from": partly.at.isoformat(), "to": billed.at.isoformat()}, [partly, billed]),
        ({"terminal": "TILL-1", "min_yen": 100, "from": today}, [partly]),
    ):
        numbers = sorted((entry.seq for entry in entries), reverse=True)
        assert await found(app_client, headers, **query) == numbers, query
    mine = staff(token, store, "clerk", stores=[other.store_id])
    assert await found(app_client, mine) == [paid.seq, billed.seq]


async def test_another_store_is_unknown_and_wrong_marks_are_malformed(
    app_client: httpx.AsyncClient, token: Token, town: Town
):
    store, stranger = await town.open_store(), await town.open_store()
    headers = staff(token, store)
    for store_id in (stranger.store_id, uuid4()):
        answer = await app_client.get(PATH, headers=headers, params={"store_id": str(store_id)})
        assert (answer.status_code, slug_of(answer)) == (404, "store-unknown")
    for query in ("id_ends_with=3f9", "id_ends_with=xyz1", "terminal=%E5%BA%97", "till=1"):
        answer = await app_client.get(f"{PATH}?{query}", headers=headers)
        assert (answer.status_code, slug_of(answer)) == (422, "malformed-request")


@pytest.mark.parametrize("role", ["owner", "manager", "clerk", "accountant", "terminal"])
async def test_all_who_may_read_a_stores_day_may_search(
    app_client: httpx.AsyncClient, token: Token, town: Town, role: str
):
    store: Store = await town.open_store()
    assert await found(app_client, staff(token, store, role)) == []
