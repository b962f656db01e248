"""Residents pay: it works, it refuses by each slug, twice is once, and only one's own is seen."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from core.ids import CLIENT_ID_AGE
from tests.api.phone import Phone, Token, phone_of
from tests.api.probe import is_problem
from tests.api.shop import put_refund, put_void, staff
from tests.closing import turn_store
from tests.town_builder import Store, Town, new_id


@pytest.fixture
async def stranger(town: Town, app_client: httpx.AsyncClient, token: Token) -> Phone:
    """The app of somebody else, who has ¥10,000 too."""
    wallet = await town.open_wallet()
    await town.top_up(wallet, 10_000)
    return phone_of(app_client, token, wallet)


async def test_a_payment_grants_and_says_why(phone: Phone, town: Town, store: Store):
    campaign_id = await town.live_campaign(rebate_bp=3000, cashback_bp=500)
    payment_id = new_id()
    answer = await phone.pay(store, 1200, payment_id)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    [lot] = (await phone.get(f"wallets/{phone.wallet.wallet_id}")).json()["lots"][:1]
    assert told | {"grants": [], "seq": 0, "paid_at": ""} == {
        "payment_id": str(payment_id),
        "wallet_id": str(phone.wallet.wallet_id),
        "store_id": str(store.store_id),
        "store_name": "Hinode-ya",
        "amount_yen": 1200,
        "paid_at": "",
        "paid_with": [
            {"kind": "coin", "amount": 1200, "expires_on": lot["expires_on"], "usable_where": None}
        ],
        "rebate_points": 360,
        "pending_points": 0,
        "points_settled": 0,
        "grants": [],
        "confirmed_by": None,
        "reference": "",
        "seq": 0,
    }
    assert told["paid_at"].endswith("+09:00")
    [grant] = told["grants"]
    assert (grant["campaign_id"], grant["rebate_points"]) == (str(campaign_id), 360)
    [reason] = grant["reasons"]  # the shop's side, its cashback, stays out
    assert (reason["code"], reason["number"]) == ("rate-applied", 3000)
    assert "30％" in reason["ja"]
    assert "30 %" in reason["en"]
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 8800, "points": 360}
    assert await town.balances(store.merchant_id) == {"payable": 1200, "cashback": 60}
    detail = (await phone.get(f"payments/{payment_id}")).json()
    assert detail == told | {"state": "paid", "refunded_yen": 0, "refunds": []}


async def test_points_pay_first_unless_they_are_kept(phone: Phone, town: Town, store: Store):
    await town.live_campaign(rebate_bp=3000)
    await phone.pay(store, 1000)
    kept = (await phone.pay(store, 500, coin_only=True)).json()
    assert [part["kind"] for part in kept["paid_with"]] == ["coin"]
    mixed = (await phone.pay(store, 500)).json()
    assert [(part["kind"], part["amount"]) for part in mixed["paid_with"]] == [
        ("points", 450),
        ("coin", 50),
    ]
    assert mixed["rebate_points"] == 15, "30 % of the coin part"


@pytest.mark.parametrize("coin_only", [False, True])
async def test_a_quote_is_what_the_payment_does_and_moves_nothing(
    phone: Phone, town: Town, store: Store, coin_only: bool
):
    await town.live_campaign(rebate_bp=3000)
    await town.live_campaign(rebate_bp={"large": 1000})
    await phone.pay(store, 2000)
    before = await town.balances(phone.wallet.wallet_id)
    quote = await phone.quote(store, 1500, coin_only=coin_only)
    assert quote.status_code == 200
    assert await town.balances(phone.wallet.wallet_id) == before
    paid = (await phone.pay(store, 1500, coin_only=coin_only)).json()
    told = quote.json()
    assert told.pop("needs_confirmation") is False
    assert told == {name: paid[name] for name in told}
    apart = {"payment_id", "paid_at", "confirmed_by", "reference", "seq"}
    assert paid.keys() - told.keys() == apart


@pytest.mark.parametrize(
    ("slug", "amount_yen", "facts"),
    [
        ("insufficient-funds", 10_001, {"usable_yen": 10_000}),
        ("payment-over-limit", 100_001, {"limit_yen": 100_000}),
        ("wallet-frozen", 100, {}),
        ("store-closed", 100, {}),
    ],
)
async def test_a_refusal_is_told_alike_by_quote_payment_retry_and_look(
    phone: Phone, town: Town, store: Store, slug: str, amount_yen: int, facts: dict[str, Any]
):
    if slug == "wallet-frozen":
        await town.change_wallet(phone.wallet, "frozen")
    if slug == "store-closed":
        await turn_store(town, store, "closed")
    before = await town.balances(phone.wallet.wallet_id)
    payment_id = new_id()
    first = await phone.pay(store, amount_yen, payment_id)
    again = await phone.pay(store, amount_yen, payment_id)
    looked = await phone.get(f"payments/{payment_id}")
    for answer in (first, again, looked, await phone.quote(store, amount_yen)):
        told = is_problem(answer, 409, slug)
        assert {name: told[name] for name in facts} == facts
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert await town.balances(phone.wallet.wallet_id) == before


async def test_a_refusal_stays_refused_when_money_comes(phone: Phone, town: Town, store: Store):
    payment_id = new_id()
    is_problem(await phone.pay(store, 10_001, payment_id), 409, "insufficient-funds")
    await town.top_up(phone.wallet, 5_000)
    is_problem(await phone.pay(store, 10_001, payment_id), 409, "insufficient-funds")
    assert (await phone.pay(store, 10_001)).status_code == 201


async def test_twice_is_once_and_says_the_same_to_the_byte(phone: Phone, town: Town, store: Store):
    await town.live_campaign(rebate_bp=3000)
    payment_id = new_id()
    first = await phone.pay(store, 1200, payment_id)
    assert "idempotent-replay" not in first.headers
    for same in (str(payment_id), str(payment_id).upper()):
        again = await phone.pay(store, 1200, same, coin_only=False)
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["idempotent-replay"] == "true"
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 8800, "points": 360}


async def test_a_retry_has_its_first_answer_however_late(phone: Phone, store: Store):
    a_day_ago = datetime.now(UTC) - CLIENT_ID_AGE
    payment_id = new_id(a_day_ago + timedelta(seconds=3))
    first = await phone.pay(store, 100, payment_id)
    assert first.status_code == 201, first.text
    await asyncio.sleep(
        (a_day_ago + timedelta(seconds=3.1) + CLIENT_ID_AGE - datetime.now(UTC)).total_seconds()
    )
    again = await phone.pay(store, 100, payment_id)
    assert (again.status_code, again.content) == (201, first.content)
    is_problem(await phone.pay(store, 101, payment_id), 409, "id-in-use")
    is_problem(await phone.pay(store, 100, new_id(a_day_ago)), 422, "malformed-id")


async def test_the_id_stands_for_one_thing_only(
    phone: Phone, stranger: Phone, town: Town, store: Store
):
    payment_id, other_store = new_id(), await town.open_store()
    await phone.pay(store, 1200, payment_id)
    answers = [
        await phone.pay(store, 1201, payment_id),
        await phone.pay(store, 1200, payment_id, coin_only=True),
        await phone.pay(other_store, 1200, payment_id),
        await phone.put(f"wallets/{payment_id}", {}),
        await stranger.pay(store, 1200, payment_id),
        await stranger.put(f"payments/{payment_id}", phone.payment(store, 1200)),
    ]
    for answer in answers:
        assert is_problem(answer, 409, "id-in-use").keys() == {
            "type", "title", "status", "instance",
        }  # fmt: skip
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 8800}
    assert await town.balances(stranger.wallet.wallet_id) == {"coin": 10_000}


async def test_what_is_not_there_or_not_yours_is_told_alike(
    phone: Phone, stranger: Phone, store: Store, town: Town
):
    theirs = (await stranger.pay(store, 100)).json()["payment_id"]
    refused = new_id()
    await stranger.pay(store, 20_000, refused)
    top_up = await town.top_up(phone.wallet, 100)
    answers = [
        await phone.get(f"payments/{name}")
        for name in (uuid4(), theirs, refused, top_up.entry_id, phone.wallet.wallet_id)
    ]
    assert len({bare(answer) for answer in answers}) == 1
    is_problem(answers[0], 404, "payment-unknown")
    wallets = [uuid4(), stranger.wallet.wallet_id, store.store_id, store.merchant_id]
    payments = [new_id() for _ in wallets]
    answers = [
        await phone.pay(store, 100, payment_id, wallet_id=str(wallet_id))
        for payment_id, wallet_id in zip(payments, wallets, strict=True)
    ]
    answers += [await phone.quote(store, 100, wallet_id=str(name)) for name in wallets]
    assert len({bare(answer) for answer in answers}) == 1
    is_problem(answers[0], 404, "wallet-unknown")
    for payment_id in payments:  # it left nothing: the id is still free
        assert (await phone.pay(store, 100, payment_id)).status_code == 201


def bare(answer: httpx.Response) -> tuple[object, ...]:
    """All that an answer says, but for the id of the request."""
    told = {name: value for name, value in answer.json().items() if name != "instance"}
    told["headers"] = sorted(name for name in answer.headers if not name.startswith("ratelimit"))
    return answer.status_code, repr(told)


async def test_only_a_store_of_the_region_can_be_paid(
    phone: Phone, town: Town, second_town: Town, store: Store
):
    abroad = await second_town.open_store()
    for there in (abroad, Store(uuid4(), uuid4()), Store(store.merchant_id, uuid4())):
        payment_id = new_id()
        is_problem(await phone.pay(there, 100, payment_id), 404, "store-unknown")
        is_problem(await phone.get(f"payments/{payment_id}"), 404, "payment-unknown")
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 10_000}


async def test_after_a_refund_the_look_shows_it_and_the_retry_does_not(
    phone: Phone, town: Town, store: Store, app_client: httpx.AsyncClient, token: Token
):
    await town.live_campaign(rebate_bp=3000)
    payment_id = new_id()
    first = await phone.pay(store, 1000, payment_id)
    refund = (await put_refund(app_client, staff(token, store), payment_id, amount_yen=400)).json()
    told = (await phone.get(f"payments/{payment_id}")).json()
    assert (told["state"], told["refunded_yen"]) == ("partly_refunded", 400)
    [back] = told["refunds"]
    assert (back["kind"], back["entry_id"]) == ("refund", refund["refund_id"])
    assert (back["amount_yen"], back["points_taken_back"]) == (400, 120)
    assert [(part["kind"], part["amount"]) for part in back["returned"]] == [("coin", 400)]
    await put_refund(app_client, staff(token, store), payment_id)
    told = (await phone.get(f"payments/{payment_id}")).json()
    assert (told["state"], told["refunded_yen"], len(told["refunds"])) == ("refunded", 1000, 2)
    again = await phone.pay(store, 1000, payment_id)
    assert (again.status_code, again.content) == (201, first.content)


async def test_the_look_tells_which_returned_points_settled_a_debt(
    phone: Phone, town: Town, store: Store, app_client: httpx.AsyncClient, token: Token
):
    await town.live_campaign(rebate_bp=3000)
    await phone.pay(store, 1000)  # 300 points
    split = new_id()
    await phone.pay(store, 1000, split)  # 300 points and 700 coin, and 210 points back
    await phone.pay(store, 210)  # which are spent
    for part in (700, 300):  # the coin, which leaves 210 owed; then the points
        await put_refund(app_client, staff(token, store), split, amount_yen=part)
    told = (await phone.get(f"payments/{split}")).json()
    assert [back["points_settled"] for back in told["refunds"]] == [0, 210]
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 9_000, "points": 90}


async def test_after_a_void_the_look_shows_it(
    phone: Phone, store: Store, app_client: httpx.AsyncClient, token: Token
):
    paid = (await phone.pay(store, 700)).json()
    await put_void(app_client, staff(token, store), paid["payment_id"])
    told = (await phone.get(f"payments/{paid['payment_id']}")).json()
    assert (told["state"], told["refunded_yen"]) == ("voided", 700)
    assert [back["kind"] for back in told["refunds"]] == ["void"]


async def test_what_is_owed_is_settled_by_the_next_grant(
    phone: Phone, town: Town, store: Store, app_client: httpx.AsyncClient, token: Token
):
    await town.live_campaign(rebate_bp=3000)
    paid = (await phone.pay(store, 1000)).json()
    await phone.pay(store, 300)  # with the points that were granted for it
    await put_refund(app_client, staff(token, store), paid["payment_id"])
    owed = (await phone.get(f"wallets/{phone.wallet.wallet_id}")).json()["owed_yen"]
    assert owed == 300
    quote = (await phone.quote(store, 1000)).json()
    settling = (await phone.pay(store, 1000)).json()
    assert settling["rebate_points"] == settling["points_settled"] == quote["points_settled"] == 300
