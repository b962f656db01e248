"""A resident adds a passkey and signs in by it; whatever is wrong is told alike."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from api.claims import SCOPES
from core.database import Database
from ledger.regions import Region
from tests.access.authenticator import Authenticator
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp, let_time_pass, messages_to

PHONE = "+819012345678"
SIGN_IN = "/v1/regions/setagaya/sign-in/passkeys"


@pytest.fixture
async def phone_app(app_client: httpx.AsyncClient, database: Database) -> ResidentApp:
    """The app of somebody who signed in by a code."""
    made = ResidentApp(app_client, database)
    await made.sign_in(PHONE)
    return made


async def add(phone_app: ResidentApp, authenticator: Authenticator) -> httpx.Response:
    asked = (await phone_app.call("POST", "me/passkeys/challenges")).json()
    return await show(phone_app, asked["challenge_id"], authenticator.make(asked["options"]))


async def show(app: ResidentApp, challenge_id: str, made: dict[str, Any]) -> httpx.Response:
    """Add what a browser has made, confirmed by the app's own key."""
    said = {"challenge": challenge_id, "credential": made["rawId"]}
    sent = {"challenge_id": challenge_id, "credential": made, "name": "指紋"}
    return await app.change("me/passkeys", "passkey", said, **sent)


async def signs(
    sender: httpx.AsyncClient, authenticator: Authenticator, path: str = SIGN_IN, **body: Any
) -> httpx.Response:
    asked = (await sender.post(f"{path}/challenges", json={})).json()
    signed = authenticator.sign(asked["options"])
    sent = {"challenge_id": asked["challenge_id"], "credential": signed} | body
    return await sender.post(path, json=sent)


async def acts(database: Database, act: str) -> int:
    async with database.transaction(1) as db:
        query = text("SELECT count(*) FROM access.act WHERE act = :act")
        return int((await db.execute(query, {"act": act})).scalar_one())


async def test_a_passkey_waits_then_signs_in_without_a_number(phone_app: ResidentApp):
    passkey, me = Authenticator(), phone_app.tokens["person_id"]
    added = (await add(phone_app, passkey)).json()
    assert (added["kind"], added["name"], added["is_usable"]) == ("passkey", "指紋", False)
    assert "新しい端末" in (await messages_to(phone_app.database, PHONE))[-1]
    assert await acts(phone_app.database, "device.added") == 2
    waiting = await signs(phone_app.client, passkey)
    assert waiting.status_code == 200, waiting.text
    assert (waiting.json()["scope"], waiting.json()["is_usable"]) == ("device:read", False)
    await let_time_pass(phone_app.database, "25 hours")
    told = (await signs(phone_app.client, passkey, client="Firefox")).json()
    assert (told["person_id"], told["device_id"]) == (me, added["device_id"])
    assert told["scope"] == " ".join(SCOPES["resident"])
    renewal = {"refresh_token": told["refresh_token"]}
    renewed = await phone_app.client.post("/v1/sessions/renewals", json=renewal)
    assert renewed.json()["session_id"] == told["session_id"]


async def test_what_is_wrong_is_told_alike(phone_app: ResidentApp, second_region: Region):
    client, passkey = phone_app.client, Authenticator()
    await add(phone_app, passkey)
    unknown = Authenticator()
    unknown.make((await phone_app.call("POST", "me/passkeys/challenges")).json()["options"])
    unverified = Authenticator(**{**vars(passkey), "flags": 1})
    abroad = SIGN_IN.replace("setagaya", "tsubame")
    answers = [
        await signs(client, unknown),
        await signs(client, unverified),
        await signs(client, passkey, challenge_id=str(uuid4())),
        await signs(client, passkey, abroad),
    ]
    told = [is_problem(answer, 401, "sign-in-refused") for answer in answers]
    assert len({answer["title"] for answer in told}) == 1
    assert {tuple(answer) for answer in told} == {("type", "title", "status", "instance")}


async def test_a_passkey_that_was_revoked_signs_nobody_in(phone_app: ResidentApp):
    passkey = Authenticator()
    added = (await add(phone_app, passkey)).json()
    async with phone_app.database.transaction(1) as db:
        query = text("UPDATE access.device SET revoked_at = now() WHERE device_id = :id")
        await db.execute(query, {"id": added["device_id"]})
    is_problem(await signs(phone_app.client, passkey), 401, "sign-in-refused")


async def test_a_copy_is_refused_like_any_other_and_its_owner_is_told(phone_app: ResidentApp):
    passkey = Authenticator(counter=7)
    await add(phone_app, passkey)
    assert (await signs(phone_app.client, passkey)).status_code == 200
    passkey.counter = 3
    is_problem(await signs(phone_app.client, passkey), 401, "sign-in-refused")
    assert "複製" in (await messages_to(phone_app.database, PHONE))[-1]
    assert await acts(phone_app.database, "passkey.refused_as_copy") == 1


async def test_an_answer_counts_once_also_where_it_was_refused(phone_app: ResidentApp):
    passkey = Authenticator(step=0)
    await add(phone_app, passkey)
    asked = (await phone_app.client.post(f"{SIGN_IN}/challenges", json={})).json()
    signed = passkey.sign(asked["options"])
    wrong = signed | {"rawId": signed["rawId"][::-1], "id": signed["rawId"][::-1]}
    for credential in (wrong, signed):
        sent = {"challenge_id": asked["challenge_id"], "credential": credential}
        answer = await phone_app.client.post(SIGN_IN, json=sent)
        is_problem(answer, 401, "sign-in-refused")


async def test_a_passkey_is_added_once_and_by_who_asked(
    phone_app: ResidentApp, app_client: httpx.AsyncClient
):
    passkey, other = Authenticator(), ResidentApp(app_client, phone_app.database)
    await other.sign_in("+818087654321")
    asked = (await phone_app.call("POST", "me/passkeys/challenges")).json()
    sent = asked["challenge_id"], passkey.make(asked["options"])
    is_problem(await show(other, *sent), 409, "passkey-not-added")
    too_late = await show(phone_app, *sent)
    is_problem(too_late, 409, "passkey-not-added")
    assert (await add(phone_app, passkey)).status_code == 200
    is_problem(await add(phone_app, passkey), 409, "passkey-not-added")


async def test_a_stolen_token_adds_no_passkey(phone_app: ResidentApp):
    """What signs in and pays for ever is not got by what lives five minutes."""
    asked = (await phone_app.call("POST", "me/passkeys/challenges")).json()
    made = Authenticator().make(asked["options"])
    body = {"challenge_id": asked["challenge_id"], "credential": made, "name": "指紋"}
    unsaid = await phone_app.call("POST", "me/passkeys", **body)
    is_problem(unsaid, 422, "malformed-request")
    for said in ({}, {"challenge": asked["challenge_id"], "credential": "another"}):
        wrong = await phone_app.change("me/passkeys", "passkey", said, **body)
        is_problem(wrong, 403, "confirmation-wrong")
    assert (await show(phone_app, asked["challenge_id"], made)).status_code == 200


async def test_who_has_no_session_or_one_that_waits_adds_none(phone_app: ResidentApp):
    path = "/v1/me/passkeys"
    for tail in ("", "/challenges"):
        is_problem(await phone_app.client.post(path + tail, json={}), 401, "token-missing")
    passkey = Authenticator()
    await add(phone_app, passkey)
    phone_app.keep(await signs(phone_app.client, passkey))
    is_problem(await phone_app.call("POST", "me/passkeys/challenges"), 403, "scope-missing")


async def test_without_a_domain_there_are_no_passkeys(client: httpx.AsyncClient):
    path = "/v1/regions/tsubame/sign-in/passkeys"
    sent = {
        "challenge_id": str(uuid4()),
        "credential": {
            "id": "a",
            "rawId": "a",
            "type": "public-key",
            "response": {"clientDataJSON": "a", "authenticatorData": "a", "signature": "a"},
        },
    }
    is_problem(await client.post(f"{path}/challenges", json={}), 404, "passkeys-not-offered")
    is_problem(await client.post(path, json=sent), 404, "passkeys-not-offered")
