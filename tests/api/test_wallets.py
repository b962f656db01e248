"""Wallets: open, look, history a page at a time, and the statement for a spreadsheet."""

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert

from api.statement import _CSV_HEAD, _IN_JAPANESE
from api.wallets import HistoryKind
from ledger.post import post
from merchants.merchant import OpenStore
from merchants.tables import store as store_table
from payments.prepare import prepare
from tests.api.phone import Phone, Token, phone_of
from tests.api.probe import is_problem
from tests.api.shop import put_refund, staff
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id

BEFORE_MIDNIGHT = datetime(2027, 1, 31, 14, 59, 57, tzinfo=UTC)
"""23:59:57 in Japan, on the last day of January."""


@pytest.fixture
async def phone(town: Town, app_client: httpx.AsyncClient, token: Token) -> Phone:
    """The app of somebody with an empty wallet."""
    return phone_of(app_client, token, await town.open_wallet())


async def history(phone: Phone, **query: Any) -> list[dict[str, Any]]:
    """All items of all pages."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await phone.get(f"wallets/{phone.wallet.wallet_id}/entries", **query, **cursor)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        assert len(page["items"]) == query.get("limit", 50)
        cursor = {"cursor": page["next_cursor"]}


async def statement(phone: Phone, first: str, last: str) -> list[list[str]]:
    """The rows of a statement below its head, as a spreadsheet reads them."""
    path = f"wallets/{phone.wallet.wallet_id}/statement.csv"
    answer = await phone.get(path, from_=first, to=last)
    assert answer.status_code == 200, answer.text
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert tuple(head) == _CSV_HEAD
    return rows


async def test_a_wallet_is_opened_once(town: Town, app_client: httpx.AsyncClient, token: Token):
    phone = phone_of(app_client, token, Wallet(new_id(), uuid4()))
    stranger = phone_of(app_client, token, Wallet(phone.wallet.wallet_id, uuid4()))
    path = f"wallets/{phone.wallet.wallet_id}"
    is_problem(await phone.get(path), 404, "wallet-unknown")
    first, again = await phone.put(path, {}), await phone.put(path, {})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotent-replay"] == "true"
    assert first.json()["wallet_id"] == str(phone.wallet.wallet_id)
    assert first.json()["opened_at"].endswith("+09:00")
    is_problem(await stranger.put(path, {}), 409, "id-in-use")
    is_problem(await phone.put(path, {"person_id": str(uuid4())}), 422, "malformed-request")
    assert (await phone.get(path)).json() == {
        "wallet_id": str(phone.wallet.wallet_id),
        "state": "open", "coin_yen": 0, "points": 0, "pending_points": 0, "checked_points": 0,
        "owed_yen": 0, "lots": [], "pending": [],
    }  # fmt: skip


async def test_an_id_that_a_shop_has_opens_no_wallet(
    town: Town, app_client: httpx.AsyncClient, token: Token
):
    store = await town.open_store()
    phone = phone_of(app_client, token, Wallet(store.store_id, uuid4()))
    is_problem(await phone.put(f"wallets/{store.store_id}", {}), 409, "id-in-use")


async def test_a_wallet_tells_its_lots(phone: Phone, town: Town):
    campaign_id = await town.live_campaign(rebate_bp=3000)
    store = await town.open_store()
    await town.top_up(phone.wallet, 5_000)
    await town.pay(phone.wallet, store, 1_000)
    await town.change_wallet(phone.wallet, "frozen")
    told = (await phone.get(f"wallets/{phone.wallet.wallet_id}")).json()
    assert (told["state"], told["coin_yen"], told["points"]) == ("frozen", 4_000, 300)
    lots = {lot["kind"]: lot for lot in told["lots"]}
    assert (lots["coin"]["amount"], lots["coin"]["campaign_id"]) == (4_000, None)
    assert (lots["points"]["amount"], lots["points"]["campaign_id"]) == (300, str(campaign_id))
    assert all(lot["expires_on"] > "2026-01-01" for lot in told["lots"])


async def test_all_wallets_of_a_person_a_page_at_a_time(
    phone: Phone, town: Town, second_town: Town
):
    person = phone.wallet.person_id
    more = [await town.open_wallet(person) for _ in range(4)]
    await second_town.open_wallet(person)
    await town.open_wallet()
    mine = [str(wallet.wallet_id) for wallet in (phone.wallet, *more)]
    shown: list[str] = []
    cursor: dict[str, str] = {}
    for expected in (2, 2, 1):
        page = (await phone.get("wallets", limit=2, **cursor)).json()
        assert len(page["items"]) == expected
        shown += [wallet["wallet_id"] for wallet in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert shown == mine
    assert cursor == {"cursor": None}


async def test_nobody_elses_wallet_is_there(phone: Phone, town: Town, second_town: Town):
    await town.top_up(phone.wallet, 1_000)
    theirs, abroad = await town.open_wallet(), await second_town.open_wallet()
    store = await town.open_store()
    for tail, query in (("", {}), ("/entries", {}), ("/statement.csv", DAYS)):
        answers = [
            await phone.get(f"wallets/{name}{tail}", **query)
            for name in (uuid4(), theirs.wallet_id, abroad.wallet_id, store.store_id)
        ]
        for answer in answers:
            told = is_problem(answer, 404, "wallet-unknown")
            assert told.keys() == {"type", "title", "status", "instance"}


DAYS = {"from_": "2026-01-01", "to": "2026-01-31"}


async def test_the_history_tells_every_change_newest_first(
    phone: Phone, town: Town, app_client: httpx.AsyncClient, token: Token
):
    await town.live_campaign(rebate_bp=3000)
    store = await town.open_store()
    topped = await town.top_up(phone.wallet, 5_000)
    paid = await town.pay(phone.wallet, store, 1_000)
    await phone.pay(store, 90_000)  # refused: it changed nothing
    await put_refund(app_client, staff(token, store), paid.entry_id, amount_yen=500)
    await town.change_wallet(phone.wallet, "frozen")
    items = await history(phone)
    assert [
        (item["kind"], item["amount_yen"], item["coin_change_yen"], item["points_change"])
        for item in items
    ] == [
        ("wallet.changed", 0, 0, 0),
        ("refund", 500, 500, -150),
        ("payment", 1_000, -1_000, 300),
        ("top_up", 5_000, 5_000, 0),
        ("wallet.opened", 0, 0, 0),
    ]
    assert [item["seq"] for item in items] == sorted((i["seq"] for i in items), reverse=True)
    payment = items[2]
    assert (payment["entry_id"], payment["store_id"]) == (str(paid.entry_id), str(store.store_id))
    assert payment["store_name"] == "Hinode-ya"
    assert items[1]["refers_to"] == str(paid.entry_id)
    assert items[3]["entry_id"] == str(topped.entry_id)
    assert all(item["at"].endswith("+09:00") for item in items)


async def test_a_history_can_be_filtered(phone: Phone, town: Town):
    here, there = await town.open_store(), await town.open_store()
    await town.top_up(phone.wallet, 50_000)
    for store in (here, there):
        for yen in (100, 200, 300):
            await town.pay(phone.wallet, store, yen)
    today = (await town.today()).isoformat()
    other_day = (await town.today() + timedelta(days=1)).isoformat()

    async def count(**query: Any) -> int:
        return len(await history(phone, **query))

    assert await count() == 8
    assert await count(kind="payment") == 6
    assert await count(kind="expiry") == 0
    assert await count(store_id=str(here.store_id)) == 3
    assert await count(kind="payment", min_yen=200, max_yen=299) == 2
    assert await count(from_=today, to=today) == 8
    assert await count(from_=other_day) == 0
    assert await count(store_id=str(there.store_id), min_yen=300) == 1
    assert await count(store_id=str(uuid4())) == 0


async def test_no_line_comes_twice_or_is_missing_while_payments_go_on(phone: Phone, town: Town):
    store = await town.open_store()
    await town.top_up(phone.wallet, 50_000)
    before = [await town.pay(phone.wallet, store, 100) for _ in range(7)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while cursor.get("cursor", "") is not None:
        path = f"wallets/{phone.wallet.wallet_id}/entries"
        page = (await phone.get(path, limit=2, kind="payment", **cursor)).json()
        seen += [item["entry_id"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
        await town.pay(phone.wallet, store, 100)
    assert seen == [str(entry.entry_id) for entry in reversed(before)]


async def test_a_day_ends_at_midnight_in_japan(phone: Phone, town: Town):
    store = await town.open_store()
    await town.set_clock(BEFORE_MIDNIGHT)
    await town.top_up(phone.wallet, 5_000)
    await town.pay(phone.wallet, store, 100)
    await town.set_clock(BEFORE_MIDNIGHT + timedelta(seconds=4))
    await town.pay(phone.wallet, store, 200)
    january = await history(phone, kind="payment", from_="2027-01-31", to="2027-01-31")
    february = await history(phone, kind="payment", from_="2027-02-01", to="2027-02-01")
    assert [(item["amount_yen"], item["at"][:16]) for item in january + february] == [
        (100, "2027-01-31T23:59"),
        (200, "2027-02-01T00:00"),
    ]
    assert [item["business_date"] for item in january + february] == ["2027-01-31", "2027-02-01"]
    [row] = await statement(phone, "2027-02-01", "2027-02-28")
    assert (row[0][:16], row[3]) == ("2027-02-01 00:00", "200")
    assert [row[3] for row in await statement(phone, "2027-01-31", "2027-01-31")] == [
        "5000",
        "100",
    ]


async def test_a_statement_opens_in_a_spreadsheet(phone: Phone, town: Town):
    await town.live_campaign(rebate_bp=3000)
    store = await named_store(town, '=HYPERLINK("x"),"日の出"')
    await town.top_up(phone.wallet, 5_000)
    paid = await town.pay(phone.wallet, store, 1_000)
    today = (await town.today()).isoformat()
    path = f"wallets/{phone.wallet.wallet_id}/statement.csv"
    answer = await phone.get(path, from_=today, to=today)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="statement-')
    assert answer.headers["cache-control"] == "no-store"
    raw = answer.content
    assert raw.startswith(b"\xef\xbb\xbf\xe6\x97\xa5"), "a byte order mark, then Japanese"
    assert raw.count(b"\n") == raw.count(b"\r\n") == 4
    assert '"\'=HYPERLINK(""x""),""日の出"""'.encode() in raw
    rows = await statement(phone, today, today)
    assert [row[1] for row in rows] == ["ウォレット開設", "チャージ", "支払い"]
    assert rows[2][2:] == [
        "'=HYPERLINK(\"x\"),\"日の出\"", "1000", "-1000", "300", "0", str(paid.entry_id), "0",
    ]  # fmt: skip


async def named_store(town: Town, name: str) -> Store:
    """A store that is called so."""
    store = await town.open_store()
    named = Store(new_id(), store.merchant_id)
    command = OpenStore(
        entry_id=named.store_id, actor=ADMIN, merchant_id=store.merchant_id, name=name
    )
    region_id = town.region.region_id
    row = {"store_id": named.store_id, "merchant_id": store.merchant_id, "name": name}
    row |= {"region_id": region_id, "opened_at": datetime.now(UTC)}
    async with town.database.transaction(region_id) as session:
        await session.execute(insert(store_table).values(row))
        (await post(session, region_id, command, prepare)).accepted()
    return named


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＠x", " =1", "　＝1"])
async def test_no_name_becomes_a_formula(phone: Phone, town: Town, name: str):
    store = await named_store(town, name)
    await town.top_up(phone.wallet, 100)
    await town.pay(phone.wallet, store, 100)
    today = (await town.today()).isoformat()
    rows = await statement(phone, today, today)
    assert rows[-1][2] == f"'{name}"


async def test_a_long_statement_is_whole_and_in_order(phone: Phone, town: Town):
    store = await town.open_store()
    await town.top_up(phone.wallet, 50_000)
    payments = [town.payment(phone.wallet, store, 1) for _ in range(1001)]
    await asyncio.gather(*(town.submit(payment) for payment in payments))
    today = (await town.today()).isoformat()
    rows = await statement(phone, today, today)
    assert [row[7] for row in rows[2:]] == [str(payment.entry_id) for payment in payments]


@pytest.mark.parametrize(
    ("first", "last"), [("2026-01-02", "2026-01-01"), ("2025-01-01", "2026-02-06")]
)
async def test_a_statement_has_its_limits(phone: Phone, first: str, last: str):
    path = f"wallets/{phone.wallet.wallet_id}/statement.csv"
    is_problem(await phone.get(path, from_=first, to=last), 422, "statement-too-long")


async def test_every_kind_has_its_word():
    assert tuple(_IN_JAPANESE) == get_args(HistoryKind)
