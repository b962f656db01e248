"""What confirms a payment or a change of security, and all that does not."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.state import State
from core.ids import NIL
from tests.access.authenticator import Authenticator, b64
from tests.access.passkey_world import with_passkey
from tests.api.phone import Phone, Token, payment_lines, phone_of
from tests.api.probe import is_problem
from tests.residents.people import Device, enrol, give_device, give_pin, revoke
from tests.town_builder import Store, Town, new_id

LIMIT = 3_000
PIN, WRONG_PIN, NEXT_PIN = "4071", "8302", "5093"


@pytest.fixture
async def store(town: Town) -> Store:
    """A small shop, in a region where payments above ¥3,000 are confirmed."""
    await town.change_settings(confirm_above_yen=LIMIT)
    return await town.open_store()


@pytest.fixture
async def phone(town: Town, app_client: httpx.AsyncClient, token: Token) -> Phone:
    """The app of somebody with ¥50,000 and a PIN."""
    return await somebody(town, app_client, token)


async def somebody(town: Town, app_client: httpx.AsyncClient, token: Token) -> Phone:
    wallet = await town.open_wallet()
    await town.top_up(wallet, 50_000)
    await enrol(town.database, town.region.region_id, wallet.person_id)
    return phone_of(app_client, token, wallet)


async def with_device(town: Town, phone: Phone, **more: Any) -> Device:
    region_id = town.region.region_id
    return await give_device(town.database, region_id, phone.wallet.person_id, **more)


async def with_pin(app: FastAPI, town: Town, phone: Phone, pin: str = PIN) -> None:
    state: State = app.state.meguri
    region_id = town.region.region_id
    await give_pin(town.database, state.vault, region_id, phone.wallet.person_id, pin)


async def test_a_payment_above_the_limit_needs_a_confirmation_and_leaves_nothing_without(
    phone: Phone, town: Town, store: Store
):
    device, payment_id = await with_device(town, phone), new_id()
    assert (await phone.pay(store, LIMIT)).json()["confirmed_by"] is None
    before = await town.rows("SELECT seq FROM ledger.head")
    told = is_problem(await phone.pay(store, LIMIT + 1, payment_id), 403, "confirmation-needed")
    assert told["limit_yen"] == LIMIT
    assert await town.rows("SELECT seq FROM ledger.head") == before
    is_problem(await phone.get(f"payments/{payment_id}"), 404, "payment-unknown")
    lines = payment_lines(phone, store, LIMIT + 1, payment_id)
    paid = await phone.pay(store, LIMIT + 1, payment_id, confirmation=device.confirms(lines))
    assert (paid.status_code, paid.json()["confirmed_by"]) == (201, "device"), paid.text
    # A retry has the first answer, with the confirmation or without.
    for more in ({}, {"confirmation": device.confirms(lines)}):
        again = await phone.pay(store, LIMIT + 1, payment_id, **more)
        assert (again.status_code, again.content) == (201, paid.content)
    assert (await phone.get(f"payments/{payment_id}")).json()["confirmed_by"] == "device"


async def test_a_quote_tells_that_the_payment_must_be_confirmed(phone: Phone, store: Store):
    assert (await phone.quote(store, LIMIT)).json()["needs_confirmation"] is False
    assert (await phone.quote(store, LIMIT + 1)).json()["needs_confirmation"] is True


async def test_what_is_refused_all_the_same_need_not_be_confirmed(phone: Phone, store: Store):
    is_problem(await phone.pay(store, 50_001), 409, "insufficient-funds")
    is_problem(await phone.pay(store, 100_001), 409, "payment-over-limit")


@pytest.mark.parametrize(
    "other",
    [
        {"region": "tsubame"},
        {"payment_id": uuid4()},
        {"wallet_id": uuid4()},
        {"store_id": uuid4()},
        {"amount_yen": LIMIT},
        {"amount_yen": f"{LIMIT}0"},
        {"coin_only": "true"},
    ],
    ids="-".join,
)
async def test_a_signature_over_something_else_confirms_nothing(
    phone: Phone, town: Town, store: Store, other: dict[str, Any]
):
    device, payment_id, yen = await with_device(town, phone), new_id(), LIMIT + 1
    lines = payment_lines(phone, store, yen, payment_id, other)
    refused = await phone.pay(store, yen, payment_id, confirmation=device.confirms(lines))
    is_problem(refused, 403, "confirmation-wrong")
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 50_000}
    right = payment_lines(phone, store, yen, payment_id)
    paid = await phone.pay(store, yen, payment_id, confirmation=device.confirms(right))
    assert paid.status_code == 201, "what was wrong is not remembered"


@pytest.mark.parametrize("whose", ["strangers", "waiting", "revoked", "nobodys", "swapped"])
async def test_another_device_confirms_nothing(
    phone: Phone,
    town: Town,
    store: Store,
    app_client: httpx.AsyncClient,
    token: Token,
    whose: str,
):
    own = await with_device(town, phone)
    stranger = await somebody(town, app_client, token)
    devices = {
        "strangers": await with_device(town, stranger),
        "waiting": await with_device(town, phone, wait=timedelta(hours=1)),
        "revoked": await with_device(town, phone),
        "nobodys": Device(uuid4(), own.key),
        "swapped": Device(own.device_id, (await with_device(town, phone)).key),
    }
    await revoke(town.database, town.region.region_id, devices["revoked"])
    payment_id, yen = new_id(), LIMIT + 1
    lines = payment_lines(phone, store, yen, payment_id)
    answer = await phone.pay(store, yen, payment_id, confirmation=devices[whose].confirms(lines))
    is_problem(answer, 403, "confirmation-wrong")
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 50_000}


async def test_a_passkey_confirms_this_payment_and_no_other(
    phone: Phone, town: Town, store: Store, app: FastAPI
):
    state: State = app.state.meguri
    passkey, person_id = Authenticator(), phone.wallet.person_id
    device_id = await with_passkey(town.database, state.vault, passkey, person_id)
    first, second = new_id(), new_id()
    text = payment_lines(phone, store, LIMIT + 1, first).encode()
    signed = passkey.sign_challenge(b64(sha256(text).digest()))
    confirmation = {"device_id": str(device_id), "passkey": signed}
    refused = await phone.pay(store, LIMIT + 1, second, confirmation=confirmation)
    is_problem(refused, 403, "confirmation-wrong")
    paid = await phone.pay(store, LIMIT + 1, first, confirmation=confirmation)
    assert (paid.status_code, paid.json()["confirmed_by"]) == (201, "passkey"), paid.text


async def test_a_pin_confirms_until_it_was_wrong_too_often(
    phone: Phone, town: Town, store: Store, app: FastAPI
):
    await with_pin(app, town, phone)
    paid = await phone.pay(store, LIMIT + 1, confirmation={"pin": PIN})
    assert (paid.status_code, paid.json()["confirmed_by"]) == (201, "pin")
    guesses = [{"pin": f"{number:04}"} for number in range(5000, 5040)]
    told = await asyncio.gather(
        *(phone.pay(store, LIMIT + 1, confirmation=guess) for guess in guesses)
    )
    for answer in told:
        is_problem(answer, 403, "confirmation-wrong")
    is_problem(
        await phone.pay(store, LIMIT + 1, confirmation={"pin": PIN}), 403, "confirmation-wrong"
    )
    stands = (await phone.get("me/confirmation")).json()
    assert (stands["has_pin"], stands["must_set_pin_anew"]) == (True, False)
    assert stands["pin_locked_until"].endswith("+09:00")
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 50_000 - LIMIT - 1}


@pytest.mark.parametrize(
    "confirmation",
    [
        {},
        {"pin": "123"},
        {"pin": "1234567"},
        {"pin": "４０７１"},
        {"pin": 4071},
        {"device_id": str(NIL)},
        {"signature": "A" * 86},
        {"device_id": str(NIL), "signature": "A" * 86, "pin": "4071"},
        {"device_id": str(NIL), "pin": "4071"},
        {"device_id": str(NIL), "signature": "A" * 85},
        {"device_id": str(NIL), "signature": "A" * 86, "passkey": {}},
    ],
    ids=str,
)
async def test_half_a_confirmation_is_malformed(
    phone: Phone, store: Store, confirmation: dict[str, Any]
):
    answer = await phone.pay(store, LIMIT + 1, confirmation=confirmation)
    is_problem(answer, 422, "malformed-request")


async def set_pin(
    phone: Phone, pin: str | None, confirmation: Any, change_id: UUID | None = None
) -> httpx.Response:
    body = {"pin": pin, "confirmation": confirmation}
    return await phone.put(f"me/pin-changes/{change_id or new_id()}", body)


def pin_lines(phone: Phone, change_id: UUID, pin: str) -> str:
    return (
        f"meguri pin\nregion=setagaya\nperson_id={phone.wallet.person_id}"
        f"\nchange_id={change_id}\npin={pin}"
    )


async def test_a_pin_is_set_by_a_device_changed_by_itself_and_removed(
    phone: Phone, town: Town, store: Store
):
    device, change_id = await with_device(town, phone), new_id()
    signed = device.confirms(pin_lines(phone, change_id, PIN))
    told = await set_pin(phone, PIN, signed, change_id)
    assert told.json() == {
        "has_pin": True,
        "pin_locked_until": None,
        "must_set_pin_anew": False,
    }, told.text
    assert (await set_pin(phone, NEXT_PIN, {"pin": PIN})).status_code == 201
    # The signature of the first change is worth nothing any more, though it was never wrong.
    repeated = await set_pin(phone, PIN, signed, change_id)
    is_problem(repeated, 409, "confirmation-used")
    is_problem(
        await phone.pay(store, LIMIT + 1, confirmation={"pin": PIN}), 403, "confirmation-wrong"
    )
    paid = await phone.pay(store, LIMIT + 1, confirmation={"pin": NEXT_PIN})
    assert paid.status_code == 201
    removed = await set_pin(phone, None, {"pin": NEXT_PIN})
    assert removed.json()["has_pin"] is False
    is_problem(
        await phone.pay(store, LIMIT + 1, confirmation={"pin": NEXT_PIN}), 403, "confirmation-wrong"
    )
    acts = await town.rows("SELECT act FROM access.act ORDER BY act_id")
    assert [row.act for row in acts] == ["pin.set", "pin.set", "pin.removed"]


async def test_a_pin_is_not_set_by_whoever_has_a_token_alone(
    phone: Phone, town: Town, app: FastAPI
):
    await with_pin(app, town, phone)
    device, change_id = await with_device(town, phone), new_id()
    other = device.confirms(pin_lines(phone, change_id, PIN))
    for confirmation, slug in [
        ({"pin": WRONG_PIN}, "confirmation-wrong"),
        (other, "confirmation-wrong"),
    ]:
        answer = await set_pin(phone, NEXT_PIN, confirmation, change_id)
        is_problem(answer, 403, slug)
    right = device.confirms(pin_lines(phone, change_id, NEXT_PIN))
    old = new_id(await town.now() - timedelta(hours=25))
    is_problem(await set_pin(phone, NEXT_PIN, right, old), 422, "malformed-id")
    is_problem(await set_pin(phone, "1234", right, change_id), 422, "pin-too-simple")
    assert (await set_pin(phone, NEXT_PIN, right, change_id)).status_code == 201


async def test_who_is_nobody_sets_no_pin(town: Town, app_client: httpx.AsyncClient, token: Token):
    phone = phone_of(app_client, token, await town.open_wallet())
    device, change_id = await with_device(town, phone), new_id()
    signed = device.confirms(pin_lines(phone, change_id, PIN))
    is_problem(await set_pin(phone, PIN, signed, change_id), 404, "person-unknown")


async def test_of_one_signed_change_at_once_one_happens(phone: Phone, town: Town):
    device, change_id = await with_device(town, phone), new_id()
    signed = device.confirms(pin_lines(phone, change_id, PIN))
    told = await asyncio.gather(*(set_pin(phone, PIN, signed, change_id) for _ in range(8)))
    assert sorted(answer.status_code for answer in told) == [201] + [409] * 7
