"""A scripted attacker: an account of his own, stolen tokens, and all that went over the wire.

He has every request that the victim's app sent and every answer that it got, also the tokens in
them. What he never had in his hands is the victim's phone.
"""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from access.renew_session import refresh_text
from tests.api.packet_log import (
    Wire,
    a_day,
    confirmation,
    listened_to,
    pay,
    rich_wallet,
    state_of_it_all,
)
from tests.api.resident_app import ResidentApp
from tests.town_builder import Store, Town, Wallet, new_id

VICTIM, ATTACKER = "+819011112222", "+819033334444"
LIMIT = 1_000


@pytest.fixture
def wire() -> Wire:
    """What the attacker has listened to."""
    return Wire()


@pytest.fixture
async def store(town: Town) -> Store:
    """A shop, in a region where payments above ¥1,000 are confirmed."""
    await town.change_settings(confirm_above_yen=LIMIT)
    return await town.open_store()


@pytest.fixture
async def victim(town: Town, app: FastAPI, wire: Wire) -> AsyncIterator[ResidentApp]:
    """Somebody whose line is listened to."""
    async with listened_to(town, app, VICTIM, wire) as signed_in:
        yield signed_in


@pytest.fixture
async def attacker(town: Town, app_client: httpx.AsyncClient) -> ResidentApp:
    """Somebody with an account of his own."""
    signed_in = ResidentApp(app_client, town.database)
    await signed_in.sign_in(ATTACKER)
    return signed_in


@pytest.fixture
async def wallet(town: Town, victim: ResidentApp) -> Wallet:
    """The victim's wallet with ¥50,000."""
    return await rich_wallet(town, victim)


async def test_whatever_is_sent_again_changes_nothing(
    town: Town, app_client: httpx.AsyncClient, victim: ResidentApp, wallet: Wallet, store: Store,
    wire: Wire,
):  # fmt: skip
    await a_day(victim, wallet, store)
    before = await state_of_it_all(town)
    assert len(wire.packets) >= 12
    async for request, answer in wire.send_again(app_client):
        assert answer.status_code < 500, (request.url, answer.text)
        told = answer.json() if answer.content[:1] == b"{" else {}
        assert "refresh_token" not in told, f"{request.url} let somebody in"
    assert await state_of_it_all(town) == before


async def test_a_stolen_refresh_token_takes_nobody_further(
    victim: ResidentApp, attacker: ResidentApp, wire: Wire
):
    await victim.renew()
    await victim.sign_in_by_device()
    for stolen in wire.tokens("refresh_token"):
        text = refresh_text("setagaya", stolen)
        for body in (
            {"refresh_token": stolen},
            {"refresh_token": stolen, "signature": attacker.key.signature(text)},
        ):
            answer = await attacker.client.post("/v1/sessions/renewals", json=body)
            assert answer.status_code == 401, answer.text


async def test_a_stolen_access_token_pays_no_more_than_what_needs_no_confirmation(
    town: Town, victim: ResidentApp, attacker: ResidentApp, wallet: Wallet, store: Store, wire: Wire
):
    await a_day(victim, wallet, store)
    thief = ResidentApp(attacker.client, town.database, key=attacker.key)
    thief.tokens = {**attacker.tokens, "access_token": wire.tokens("access_token")[-1]}
    sent = [
        json.loads(request.content) for request, _ in wire.packets if b'"qr"' in request.content
    ]
    [copied] = [body["confirmation"] for body in sent if "confirmation" in body]
    balance = "SELECT sum(balance) AS yen FROM ledger.account WHERE kind = 'coin'"
    before = (await town.rows(balance))[0].yen
    payment_id = new_id()
    for shown in (
        None,
        copied,
        confirmation(thief, wallet, store, 30_000, payment_id),
        copied | {"device_id": attacker.tokens["device_id"]},
        {"pin": "0000"},
    ):
        more = {} if shown is None else {"confirmation": shown}
        answer = await pay(thief, wallet, store, 30_000, payment_id, **more)
        assert answer.status_code == 403, answer.text
    for path, body in (
        (f"me/devices/{victim.tokens['device_id']}/revocations", {}),
        ("me/number-changes", {"phone": ATTACKER}),
    ):
        answer = await thief.call(
            "POST", path, change_id=str(new_id()), confirmation=copied, **body
        )
        assert answer.status_code in {403, 422}, answer.text
    assert (await town.rows(balance))[0].yen == before


async def test_his_own_token_reaches_nothing_of_the_victims(
    town: Town, victim: ResidentApp, attacker: ResidentApp, wallet: Wallet, store: Store, wire: Wire
):
    await a_day(victim, wallet, store)
    before = await state_of_it_all(town)
    mine = {"authorization": f"Bearer {attacker.tokens['access_token']}"}
    for request, content in list(wire.packets):
        if "authorization" not in request.headers:
            continue
        headers = {"content-type": "application/json"} | mine
        answer = await attacker.client.request(
            request.method, request.url.path, content=request.content, headers=headers
        )
        assert answer.status_code < 500, (request.url, answer.text)
        if request.url.path not in {"/v1/me/devices", "/v1/me/number-changes"}:
            assert answer.status_code >= 400, (request.url, answer.text)
        victims = {victim.tokens["person_id"], victim.tokens["device_id"]}
        asked_with = request.content.decode() + request.url.path
        assert not [one for one in victims if one in answer.text and one not in asked_with], content
    assert await state_of_it_all(town) == before


async def test_after_the_victim_signs_out_nothing_of_the_session_counts(
    victim: ResidentApp, wire: Wire, app_client: httpx.AsyncClient
):
    await victim.renew()
    body = {"refresh_token": victim.tokens["refresh_token"]}
    assert (await victim.client.post("/v1/sessions/endings", json=body)).status_code == 200
    async with asyncio.timeout(5):
        for token in wire.tokens("access_token"):
            headers = {"Authorization": f"Bearer {token}"}
            while (await app_client.get("/v1/wallets", headers=headers)).status_code != 401:
                await asyncio.sleep(0.05)
