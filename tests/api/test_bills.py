"""A shop shows codes and makes bills; whoever scans one pays what it says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from merchants.qr import encode, parse
from tests.api.phone import Phone, phone_of
from tests.api.probe import is_problem
from tests.api.shop import Token, slug_of, staff
from tests.merchant_rows import keep_terminal
from tests.town_builder import Store, Town, new_id


@pytest.fixture
async def store(town: Town) -> Store:
    """A shop with a till."""
    store = await town.open_store()
    await keep_terminal(town, store, "T1")
    return store


@pytest.fixture
async def phone(app_client: httpx.AsyncClient, token: Token, town: Town) -> Phone:
    """Somebody with ¥10,000."""
    wallet = await town.open_wallet()
    await town.top_up(wallet, 10_000)
    return phone_of(app_client, token, wallet)


async def make_bill(
    client: httpx.AsyncClient, store: Store, headers: dict[str, str], **body: Any
) -> httpx.Response:
    path = f"/v1/stores/{store.store_id}/bills"
    return await client.post(path, headers=headers, json={"amount_yen": 498} | body)


async def test_a_bill_is_made_scanned_and_seen_by_both(
    app_client: httpx.AsyncClient, token: Token, phone: Phone, store: Store
):
    clerk = staff(token, store, "clerk")
    made = (await make_bill(app_client, store, clerk, reference="INV-1", terminal="T1")).json()
    assert made["svg"].startswith("<")
    code = parse(made["qr"])
    assert (
        (str(code.bill.bill_id), code.terminal) == (made["bill_id"], "T1") if code.bill else False
    )
    asked = await phone.quote(store, 498, qr=made["qr"])
    assert asked.json()["amount_yen"] == 498
    payment_id = new_id()
    paid = await phone.pay(store, 498, payment_id, qr=made["qr"])
    assert (paid.status_code, paid.json()["reference"]) == (201, "INV-1")
    again = await phone.pay(store, 498, payment_id, qr=made["qr"])
    assert again.content == paid.content
    sold = await app_client.get(f"/v1/stores/{store.store_id}/payments/{payment_id}", headers=clerk)
    assert (sold.json()["bill_id"], sold.json()["reference"], sold.json()["terminal"]) == (
        made["bill_id"],
        "INV-1",
        "T1",
    )
    twice = await phone.pay(store, 498, qr=made["qr"])
    assert is_problem(twice, 409, "bill-paid")
    assert is_problem(await phone.quote(store, 498, qr=made["qr"]), 409, "bill-paid")


async def test_nobody_writes_into_a_code_what_the_shop_did_not_ask_for(
    app_client: httpx.AsyncClient, token: Token, town: Town, phone: Phone, store: Store
):
    made = (await make_bill(app_client, store, staff(token, store), reference="INV-1")).json()
    true = parse(made["qr"])
    assert true.bill is not None
    other = await town.open_store()
    for forged in (
        replace(true, bill=replace(true.bill, amount_yen=1)),
        replace(true, bill=replace(true.bill, expires_at=true.bill.expires_at + timedelta(days=9))),
        replace(true, bill=replace(true.bill, reference="INV-2")),
        replace(true, bill=replace(true.bill, bill_id=new_id())),
        replace(true, bill=replace(true.bill, seal="0" * 24)),
        replace(true, terminal="T9"),
        replace(true, store_id=other.store_id),
    ):
        assert forged.bill is not None
        for ask in (phone.pay, phone.quote):
            answer = await ask(store, forged.bill.amount_yen, qr=encode(forged))
            assert is_problem(answer, 422, "bill-forged")
    assert (await phone.pay(store, 498, qr=made["qr"])).status_code == 201


async def test_a_bill_is_paid_whole_or_not(
    app_client: httpx.AsyncClient, token: Token, phone: Phone, store: Store
):
    made = (await make_bill(app_client, store, staff(token, store))).json()
    for yen in (1, 497, 499):
        refused = await phone.pay(store, yen, qr=made["qr"])
        assert is_problem(refused, 422, "bill-differs")
        assert refused.json()["bill_yen"] == 498


@pytest.mark.parametrize(
    "body",
    [
        {"amount_yen": 0},
        {"amount_yen": 1.0},
        {"amount_yen": "498"},
        {"amount_yen": 10_000_001},
        {"reference": ""},
        {"reference": "x" * 26},
        {"reference": "請求"},
        {"reference": "a\nb"},
        {"terminal": "T\u0000"},
        {"lasts_s": 59},
        {"lasts_s": 86_401},
        {"lasts_s": True},
    ],
)
async def test_what_is_malformed_makes_no_bill(
    app_client: httpx.AsyncClient, token: Token, store: Store, body: dict[str, Any]
):
    refused = await make_bill(app_client, store, staff(token, store), **body)
    assert is_problem(refused, 422, "malformed-request")
    assert refused.json()["errors"][0]["pointer"] == f"/{next(iter(body))}"


@pytest.mark.parametrize(
    ("picture", "media_type", "begins"),
    [
        ("code.svg", "image/svg+xml", b"<"),
        ("code.png", "image/png", b"\x89PNG"),
        ("stand.pdf", "application/pdf", b"%PDF-"),
    ],
)
async def test_the_code_is_drawn_for_whoever_works_there(
    app_client: httpx.AsyncClient,
    token: Token,
    town: Town,
    store: Store,
    picture: str,
    media_type: str,
    begins: bytes,
):
    path = f"/v1/stores/{store.store_id}/{picture}"
    drawn = await app_client.get(path, headers=staff(token, store), params={"terminal": "T1"})
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, media_type)
    assert drawn.content.startswith(begins)
    other = await town.open_store()
    refused = await app_client.get(path, headers=staff(token, other))
    assert is_problem(refused, 404, "store-unknown")
    assert (await app_client.get(path)).status_code == 401
    odd = await app_client.get(path, headers=staff(token, store), params={"terminal": "é"})
    assert slug_of(odd) == "malformed-request"


async def test_nobody_makes_bills_of_another_shop(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store
):
    other = await town.open_store()
    refused = await make_bill(app_client, store, staff(token, other))
    assert is_problem(refused, 404, "store-unknown")
