"""Staff and administrators add a passkey when they have just signed in, and sign in by it."""

import asyncio
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from access.logins import login_of_email
from access.password_resets import reset_second_factor
from access.posts import Reach
from access.sessions import Home
from api.session_tokens import OPERATORS
from core.database import Database
from ledger.regions import Region
from tests.access.authenticator import Authenticator
from tests.api.probe import is_problem
from tests.api.staff_office import SERVER, Office, Person

DESK = Reach("admin", "desk")
REFUSED = "staff-sign-in-refused"


@pytest.fixture
def office(
    app: FastAPI, app_client: httpx.AsyncClient, database: Database, region: Region
) -> Office:
    return Office(app_client, database, Home(region.region_id, region.code))


@pytest.fixture
def operators(app: FastAPI, app_client: httpx.AsyncClient, database: Database) -> Office:
    return Office(app_client, database, OPERATORS)


async def add(person: Person, passkey: Authenticator) -> httpx.Response:
    client, path = person.office.client, "/v1/staff-passkeys"
    asked = await client.post(f"{path}/challenges", json={}, headers=person.headers)
    if asked.status_code != 200:
        return asked
    made = passkey.make(asked.json()["options"])
    sent = {"challenge_id": asked.json()["challenge_id"], "credential": made, "name": "鍵"}
    return await client.post(path, json=sent, headers=person.headers)


async def signs(office: Office, passkey: Authenticator, **said: Any) -> httpx.Response:
    asked = (await office.post("staff-passkeys/challenges", {})).json()
    signed = passkey.sign(asked["options"])
    sent = {"challenge_id": asked["challenge_id"], "credential": signed, **said}
    return await office.post("staff-passkeys", sent)


@pytest.mark.parametrize("who", ["office", "operators"])
async def test_a_passkey_signs_in_without_password_and_authenticator(
    office: Office, operators: Office, who: str
):
    place = office if who == "office" else operators
    reach = DESK if who == "office" else Reach("admin", "operator")
    person, passkey = await place.hire(reach), Authenticator()
    added = await add(person, passkey)
    assert added.status_code == 200, added.text
    told = (await signs(place, passkey)).json()
    mine, own = (
        jwt.decode(token, options={"verify_signature": False})
        for token in (told["tokens"]["access_token"], person.access_token)
    )
    assert (mine["sub"], mine["role"]) == (own["sub"], own["role"])
    assert len(await place.texts("passkey added")) == 1


async def test_a_passkey_is_added_right_after_signing_in_only(office: Office):
    person = await office.hire(DESK)
    async with office.database.transaction(1) as db:
        await db.execute(text("UPDATE access.session SET made_at = made_at - interval '16 min'"))
    is_problem(await add(person, Authenticator()), 403, "sign-in-not-recent")


async def test_ones_own_passkeys_are_seen_and_revoked_and_nobody_elses(office: Office):
    person, passkey, other = await office.hire(DESK), Authenticator(), await office.hire(DESK)
    device_id = (await add(person, passkey)).json()["device_id"]
    signed = (await signs(office, passkey)).json()["tokens"]["access_token"]
    path, client = "/v1/staff-passkeys", office.client
    [item] = (await client.get(path, headers=person.headers)).json()["items"]
    assert (item["device_id"], item["name"]) == (device_id, "鍵")
    assert (await client.get(path, headers=other.headers)).json()["items"] == []
    gone = f"{path}/{device_id}/revocations"
    is_problem(await client.post(gone, headers=other.headers), 404, "device-unknown")
    assert (await client.post(gone, headers=person.headers)).status_code == 200
    is_problem(await client.post(gone, headers=person.headers), 404, "device-unknown")
    is_problem(await signs(office, passkey), 401, REFUSED)
    async with asyncio.timeout(5):
        headers = {"Authorization": f"Bearer {signed}"}
        while (await client.get(path, headers=headers)).status_code != 401:
            await asyncio.sleep(0.05)
    assert len(await office.texts("passkey revoked")) == 1
    async with office.database.transaction(1) as db:
        await db.execute(text("UPDATE access.session SET made_at = made_at - interval '16 min'"))
    is_problem(await client.post(gone, headers=person.headers), 403, "sign-in-not-recent")


async def test_a_suspended_login_and_a_residents_passkey_sign_nobody_in(office: Office):
    person, passkey = await office.hire(DESK), Authenticator()
    await add(person, passkey)
    for change, undo in (
        ("access.login SET state = 'suspended'", "access.login SET state = 'active'"),
        ("access.device SET face = 'resident'", "access.device SET face = 'staff'"),
        ("access.device SET revoked_at = now()", "access.device SET revoked_at = NULL"),
    ):
        async with office.database.transaction(1) as db:
            await db.execute(text(f"UPDATE {change}"))
        is_problem(await signs(office, passkey), 401, REFUSED)
        async with office.database.transaction(1) as db:
            await db.execute(text(f"UPDATE {undo}"))
    assert (await signs(office, passkey)).status_code == 200


async def test_a_copy_is_refused_in_the_same_words_and_its_owner_is_told(office: Office):
    person, passkey = await office.hire(DESK), Authenticator(counter=9)
    await add(person, passkey)
    passkey.counter = 3
    copied = is_problem(await signs(office, passkey), 401, REFUSED)
    stranger = Authenticator(key=passkey.key, rp_id=passkey.rp_id, handle=passkey.handle)
    unknown = is_problem(await signs(office, stranger), 401, REFUSED)
    assert copied["title"] == unknown["title"]
    assert len(await office.texts("passkey copied")) == 1


async def test_who_lost_the_authenticator_lost_the_passkeys_too(office: Office, app: FastAPI):
    """They are often on the same phone; two administrators have agreed to it by then."""
    person, passkey, other, theirs = (
        await office.hire(DESK), Authenticator(), await office.hire(DESK), Authenticator(),
    )  # fmt: skip
    await add(person, passkey)
    await add(other, theirs)
    async with office.database.transaction(1) as db:
        found = await login_of_email(db, 1, person.email)
        assert found is not None
        vault = app.state.meguri.vault
        await reset_second_factor(db, office.home, vault, found.login_id, SERVER)
    is_problem(await signs(office, passkey), 401, REFUSED)
    assert (await signs(office, theirs)).status_code == 200
