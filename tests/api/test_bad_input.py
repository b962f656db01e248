"""What residents cannot send: wrong tokens, amounts, ids, QR codes, queries; nothing moves."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from api.state import State
from api.tokens import issue
from core.ids import uuid8
from merchants.qr import StoreQr, encode
from tests.api.phone import Phone, Token, phone_of, qr_of
from tests.api.probe import is_problem
from tests.town_builder import Store, Town, new_id

SAMPLE_OF_ANOTHER_SERVICE = (
    "00020101021126430016com.example.coin0111M00000001230204T0015204581253033925802JP5914SAMPLE"
    " SHOKUDO6011SETAGAYA-KU6107154001764140002JA0104見本食堂6304DD1D"
)
"""A whole static code that is not ours (docs/RULES.md, section 7)."""


def sends(phone: Phone, store: Store) -> list[tuple[str, str, Any]]:
    """One request of each resident route: method, path, body."""
    wallet, name = f"/v1/wallets/{phone.wallet.wallet_id}", new_id()
    return [
        ("PUT", f"/v1/wallets/{name}", {}),
        ("GET", "/v1/wallets", None),
        ("GET", wallet, None),
        ("GET", f"{wallet}/entries", None),
        ("GET", f"{wallet}/statement.csv?from=2026-01-01&to=2026-01-02", None),
        ("POST", "/v1/quotes", phone.payment(store, 100)),
        ("PUT", f"/v1/payments/{name}", phone.payment(store, 100)),
        ("GET", f"/v1/payments/{name}", None),
    ]


async def test_every_route_wants_a_residents_valid_token(
    phone: Phone, store: Store, app: FastAPI, token: Token
):
    state: State = app.state.meguri
    person = phone.wallet.person_id
    long_ago = int(datetime.now(UTC).timestamp()) - 1000
    expired = issue(state.keys, "resident", person, "setagaya", ttl_s=300, at=long_ago)
    shop = token("merchant", merchant=store.merchant_id, role="owner")
    good = token("resident", sub=person)
    tries: list[tuple[str | None, int, str]] = [
        (None, 401, "token-missing"),
        ("Basic abc", 401, "token-missing"),
        (f"Bearer {expired}", 401, "token-expired"),
        (f"Bearer {good[:-6]}AAAAAA", 401, "token-invalid"),
        (f"Bearer {shop}", 403, "wrong-face"),
        (f"Bearer {token('admin', role='desk')}", 403, "wrong-face"),
    ]
    for method, path, body in sends(phone, store):
        for value, status, slug in tries:
            headers = {"Authorization": value} if value else {}
            answer = await phone.client.request(method, path, json=body, headers=headers)
            is_problem(answer, status, slug)


async def test_a_token_of_another_region_sees_and_moves_nothing_here(
    phone: Phone, store: Store, town: Town, second_town: Town, app: FastAPI, token: Token
):
    await (state_of(app)).regions.refresh()
    paid = (await phone.pay(store, 100)).json()
    abroad = phone_of(phone.client, token, phone.wallet, region="tsubame")
    assert (await abroad.get("wallets")).json()["items"] == []
    path = f"wallets/{phone.wallet.wallet_id}"
    for tail, query in (("", {}), ("/entries", {}), ("/statement.csv", DAYS)):
        is_problem(await abroad.get(path + tail, **query), 404, "wallet-unknown")
    is_problem(await abroad.get(f"payments/{paid['payment_id']}"), 404, "payment-unknown")
    is_problem(await abroad.pay(store, 100), 404, "wallet-unknown")
    same_id = await abroad.pay(store, 100, paid["payment_id"])
    is_problem(same_id, 404, "wallet-unknown")
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 9_900}


DAYS = {"from_": "2026-01-01", "to": "2026-01-31"}


def state_of(app: FastAPI) -> State:
    found: State = app.state.meguri
    return found


NO_AMOUNTS = [
        "0", "-1", "1.0", "1e3", "1.5", '"100"', "true", "null", "[100]", "10000001",
        str(2**53 - 1), str(2**53), str(2**53 + 1), str(2**63 - 1), str(2**63), "1e400", "NaN",
        "9" * 5000,
]  # fmt: skip


async def test_a_malformed_amount_moves_nothing(phone: Phone, store: Store, town: Town):
    whole = httpx.Request("PUT", "/", json=phone.payment(store, 123454321)).content
    headers = phone.headers | {"content-type": "application/json"}
    routes = (("PUT", f"/v1/payments/{new_id()}"), ("POST", "/v1/quotes"))
    for written, (method, path) in product(NO_AMOUNTS, routes):
        body = whole.replace(b"123454321", written.encode())
        answer = await phone.client.request(method, path, content=body, headers=headers)
        told = is_problem(answer, 422, "malformed-request")
        assert len(written) < 5 or written not in answer.text
        assert told["errors"], written
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 10_000}


async def test_the_smallest_and_the_largest_amount_are_read(phone: Phone, store: Store):
    assert (await phone.pay(store, 1)).status_code == 201
    is_problem(await phone.pay(store, 10_000_000), 409, "payment-over-limit")


def bad_ids() -> list[str]:
    """Ids under which nothing can be begun."""
    now = datetime.now(UTC)
    good = str(new_id())
    return [
        str(uuid4()),
        str(UUID(int=0)),
        str(uuid8(now, "a job's")),
        str(new_id(now - timedelta(hours=24, minutes=1))),
        str(new_id(now + timedelta(hours=24, minutes=1))),
        f"{{{good}}}",
        f"urn:uuid:{good}",
        good.replace("-", ""),
        good[:-1],
        good + "0",
        "1",
        "%20",
        "%00",
        "%E3%81%82",
    ]


async def test_a_new_thing_needs_a_fresh_uuid7(phone: Phone, store: Store):
    for name in bad_ids():
        is_problem(await phone.pay(store, 100, name), 422, "malformed-id")
        is_problem(await phone.put(f"wallets/{name}", {}), 422, "malformed-id")


async def test_a_clock_may_be_off_by_a_day(phone: Phone, store: Store):
    for hours in (-23.9, 23.9):
        name = new_id(datetime.now(UTC) + timedelta(hours=hours))
        assert (await phone.pay(store, 100, name)).status_code == 201


async def test_a_malformed_id_is_not_looked_up(phone: Phone):
    for name in ("1", "{}", "%00", uuid4().hex, "ｕ" * 36):
        for path in (f"payments/{name}", f"wallets/{name}", f"wallets/{name}/entries"):
            is_problem(await phone.get(path), 422, "malformed-request")


def bad_codes(store: Store) -> list[tuple[str, str]]:
    """Texts that no store of ours shows, each with what is said of it."""
    good = qr_of(store)
    flipped = good[:60] + ("0" if good[60] != "0" else "1") + good[61:]
    return [
        (flipped, "qr-damaged"),
        (good[:-1], "qr-damaged"),
        (good.lower(), "qr-damaged"),
        (good + " ", "qr-damaged"),
        (good + good, "qr-damaged"),
        ("https://example.jp/pay?store=1", "qr-foreign"),
        ("０" * 170, "qr-foreign"),
        (SAMPLE_OF_ANOTHER_SERVICE, "qr-foreign"),
        ("", "malformed-request"),
        ("x" * 513, "malformed-request"),
        ("見" * 171, "malformed-request"),
        ("a\x00b", "malformed-request"),
    ]


async def test_a_code_that_is_not_ours_pays_nobody(phone: Phone, store: Store, town: Town):
    for code, slug in bad_codes(store):
        payment_id = new_id()
        is_problem(await phone.pay(store, 100, payment_id, qr=code), 422, slug)
        is_problem(await phone.quote(store, 100, qr=code), 422, slug)
        is_problem(await phone.get(f"payments/{payment_id}"), 404, "payment-unknown")
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 10_000}


async def test_any_name_on_the_code_leads_to_the_same_store(phone: Phone, store: Store):
    renamed = encode(StoreQr(store.store_id, "日の出屋", "TOKYO"))
    assert (await phone.pay(store, 100, qr=renamed)).json()["store_name"] == "Hinode-ya"


MALFORMED: list[dict[str, Any]] = [
    {"coin_only": 1},
    {"coin_only": "true"},
    {"coin_only": None},
    {"wallet_id": "1"},
    {"wallet_id": 1},
    {"wallet_id": None},
    {"qr": None},
    {"qr": 1},
    {"amount": 100},
]


async def test_a_malformed_member_is_told_where(phone: Phone, store: Store):
    for change, send in product(MALFORMED, (phone.pay, phone.quote)):
        told = is_problem(await send(store, 100, **change), 422, "malformed-request")
        [name] = change
        pointer = "" if name == "amount" else f"/{name}"  # what only the client knows is not said
        assert [error["pointer"] for error in told["errors"]] == [pointer]


MALFORMED_QUERIES: list[dict[str, str]] = [
        {"limit": "0"}, {"limit": "201"}, {"limit": "1.0"}, {"limit": "+1"}, {"limit": ""},
        {"kind": "salary"}, {"kind": ""},
        {"from_": "2026-1-1"}, {"from_": "20260101"}, {"from_": "1767193200"},
        {"from_": "2026-01-01T00:00:00Z"}, {"to": "2026-02-30"}, {"to": "0001-01-01"},
        {"store_id": "1"}, {"min_yen": "-1"}, {"max_yen": "1e3"}, {"max_yen": str(2**63)},
        {"cursor": "x"}, {"cursor": "a" * 257}, {"cursor": "WzEsIm90aGVyIiwxXQ"},
        {"cursor": "WzEsIndhbGxldC1oaXN0b3J5IiwxZTk5XQ"},
]  # fmt: skip


async def test_a_malformed_query_is_refused(phone: Phone):
    for query in MALFORMED_QUERIES:
        answer = await phone.get(f"wallets/{phone.wallet.wallet_id}/entries", **query)
        is_cursor = len(query.get("cursor", "a" * 257)) < 257
        is_problem(answer, 422, "malformed-cursor" if is_cursor else "malformed-request")


async def test_a_body_that_is_not_json_is_refused(phone: Phone, store: Store):
    path = f"/v1/payments/{new_id()}"
    whole = json.dumps(phone.payment(store, 100))
    for content, media_type, status, slug in (
        (b"{", "application/json", 422, "malformed-request"),
        (b"", "application/json", 422, "malformed-request"),
        (b"[]", "application/json", 422, "malformed-request"),
        (b"\xff", "application/json", 422, "malformed-request"),
        (whole.encode("utf-16"), "application/json", 422, "malformed-request"),
        (whole.encode("utf-8-sig"), "application/json", 422, "malformed-request"),
        (b"[" * 30_000, "application/json", 422, "malformed-request"),
        (b"{}", "text/plain", 415, "unsupported-media-type"),
        (b"a=1", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b" " * 65_537, "application/json", 413, "body-too-large"),
    ):
        headers = phone.headers | {"content-type": media_type}
        answer = await phone.client.put(path, content=content, headers=headers)
        is_problem(answer, status, slug)
    packed = phone.headers | {"content-type": "application/json", "content-encoding": "gzip"}
    for content in (gzip.compress(whole.encode()), whole.encode()):
        answer = await phone.client.put(path, content=content, headers=packed)
        is_problem(answer, 415, "unsupported-media-type")
    assert (await phone.pay(store, 100)).status_code == 201
