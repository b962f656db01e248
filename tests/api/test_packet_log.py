"""What a packet log is worth once tokens are over, and a refresh token that was stolen."""

import asyncio
import time
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from access.emails import read_email
from access.logins import make_login
from access.posts import Reach, give_post
from access.sessions import Home, Whose, open_session
from api.state import State
from api.tokens import DEFAULT_TTL_S, LEEWAY_S
from residents.drop_device import drop_device
from tests.api.packet_log import Wire, a_day, listened_to, rich_wallet, state_of_it_all
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp
from tests.town_builder import ADMIN, Town

HOLDS_WITHIN_S = 5


async def let_expire(_town: Town, app: FastAPI, _victim: ResidentApp) -> None:
    """Let every access token that was ever answered run out."""
    state: State = app.state.meguri
    state.tokens._wall_clock = lambda: time.time() + DEFAULT_TTL_S + LEEWAY_S + 1


async def sign_out(_town: Town, _app: FastAPI, victim: ResidentApp) -> None:
    """End all sessions, as their owner does."""
    assert (await victim.call("DELETE", "sessions")).status_code == 200
    body = {"refresh_token": victim.tokens["refresh_token"]}
    assert (await victim.client.post("/v1/sessions/endings", json=body)).status_code == 200


async def revoke(town: Town, _app: FastAPI, victim: ResidentApp) -> None:
    """Let the device count no more."""
    person_id, device_id = (UUID(victim.tokens[name]) for name in ("person_id", "device_id"))
    async with town.database.transaction(town.region.region_id) as db:
        await drop_device(db, town.region, person_id, device_id, ADMIN)


async def test_a_packet_log_is_worth_nothing_once_its_tokens_are_over(
    town: Town, app: FastAPI, app_client: httpx.AsyncClient
):
    await town.change_settings(confirm_above_yen=1_000)
    store = await town.open_store()
    for number, (end, slug) in enumerate(
        ((sign_out, "token-revoked"), (revoke, "token-revoked"), (let_expire, "token-expired"))
    ):
        wire = Wire()
        async with listened_to(town, app, f"+81901111000{number}", wire) as victim:
            wallet = await rich_wallet(town, victim)
            await a_day(victim, wallet, store, f"+81905555000{number}")
            access = victim.tokens["access_token"]
            await end(town, app, victim)
        await until_refused(app_client, access, slug)
        before = await state_of_it_all(town)
        assert len(wire.packets) >= 12
        async for request, answer in wire.send_again(app_client):
            if "authorization" in request.headers:
                is_problem(answer, 401, slug)
            assert answer.status_code < 500, (request.url, answer.text)
            assert "_token" not in answer.text, (end.__name__, request.url)
        assert await state_of_it_all(town) == before


async def until_refused(client: httpx.AsyncClient, access_token: str, slug: str) -> None:
    headers = {"Authorization": f"Bearer {access_token}"}
    async with asyncio.timeout(HOLDS_WITHIN_S):
        while (answer := await client.get("/v1/sessions", headers=headers)).status_code != 401:
            await asyncio.sleep(0.05)
    is_problem(answer, 401, slug)


async def renew(client: httpx.AsyncClient, token: str, **more: str) -> httpx.Response:
    return await client.post("/v1/sessions/renewals", json={"refresh_token": token, **more})


async def test_a_residents_refresh_token_without_the_key_neither_comes_first_nor_after(
    town: Town, app: FastAPI, app_client: httpx.AsyncClient
):
    async with listened_to(town, app, "+819011112222", Wire()) as victim:
        stolen = victim.tokens["refresh_token"]
        is_problem(await renew(app_client, stolen), 401, "signature-needed")
        await victim.renew()  # whoever came first with nothing has ended nothing
        is_problem(await renew(app_client, stolen), 401, "session-over")
        # It was copied: the session is over, and its owner comes back by the key.
        await until_refused(app_client, victim.tokens["access_token"], "token-revoked")
        is_problem(await renew(app_client, victim.tokens["refresh_token"]), 401, "session-over")
        assert (await victim.sign_in_by_device()).status_code == 200


async def test_a_refresh_token_of_staff_that_two_have_closes_the_session_whoever_is_first(
    town: Town, app_client: httpx.AsyncClient
):
    home = Home(town.region.region_id, town.region.code)
    async with town.database.transaction(home.region_id) as db:
        email = read_email(f"{uuid4().hex}@example.jp")
        login_id = await make_login(db, home.region_id, email, "花子")
        post_id = await give_post(db, home.region_id, login_id, Reach("admin", "desk"), ADMIN)
        whose = Whose("admin", login_id, post_id)
        opened = await open_session(db, home, whose, "password")
    first = await renew(app_client, opened.refresh_token)
    assert first.status_code == 200, first.text
    is_problem(await renew(app_client, opened.refresh_token), 401, "session-over")
    await until_refused(app_client, first.json()["access_token"], "token-revoked")
    is_problem(await renew(app_client, first.json()["refresh_token"]), 401, "session-over")
