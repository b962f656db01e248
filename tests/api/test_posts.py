"""Posts and invitations over HTTP: who lets whom in, and what ends with a post."""

import asyncio
import re
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from access.logins import change_login_state, login_of_email
from access.posts import Reach
from access.session_list import list_sessions
from access.sessions import Home
from api.session_tokens import OPERATORS
from core.database import Database
from ledger.regions import Region
from tests.api.staff_office import Office, Person, is_refused
from tests.town_builder import Store, Town, new_id


@pytest.fixture
def office(
    app: FastAPI, app_client: httpx.AsyncClient, database: Database, region: Region
) -> Office:
    return Office(app_client, database, Home(region.region_id, region.code))


@pytest.fixture
def operators(app: FastAPI, app_client: httpx.AsyncClient, database: Database) -> Office:
    return Office(app_client, database, OPERATORS)


@pytest.fixture
async def store(town: Town) -> Store:
    return await town.open_store()


def works_for(store: Store, role: str, stores: frozenset[UUID] | None = None) -> Reach:
    return Reach("merchant", role, store.merchant_id, stores)


async def put(person: Person, path: str, **body: object) -> httpx.Response:
    return await person.office.client.put(f"/v1{path}", json=body, headers=person.headers)


async def post(person: Person, path: str, **body: object) -> httpx.Response:
    return await person.office.client.post(f"/v1{path}", json=body, headers=person.headers)


async def get(person: Person, path: str) -> httpx.Response:
    return await person.office.client.get(f"/v1{path}", headers=person.headers)


async def invites(person: Person, role: str, **more: object) -> httpx.Response:
    email = f"{uuid4().hex}@example.jp"
    return await put(person, f"/staff/invitations/{new_id()}", email=email, role=role, **more)


async def until_refused(person: Person, path: str) -> None:
    """Returns once the access token is refused as revoked: within five seconds."""
    async with asyncio.timeout(5):
        while not is_refused(await get(person, path), "token-revoked"):
            await asyncio.sleep(0.1)


async def test_from_the_operator_down_to_the_clerk(office: Office, operators: Office, store: Store):
    operator = await operators.hire(Reach("admin", "operator"))
    email = f"{uuid4().hex}@example.jp"
    name = new_id()
    path = f"/operators/regions/setagaya/invitations/{name}"
    made = await put(operator, path, email=email.upper(), role="finance")
    assert made.status_code == 201, made.text
    assert made.json()["state"] == "open"
    assert "secret" not in made.text
    again = await put(operator, path, email=email, role="finance")
    assert again.headers["idempotent-replay"] == "true"
    [letter] = await office.texts("invitation")
    shown = re.search(r"setagaya\.([0-9a-f-]{36})\.([\w-]{43})", letter)
    assert shown is not None
    assert shown[1] == str(name)
    body = {"secret": shown[2], "name": "花子", "password": "夕焼けの坂道を三輪車で下る"}
    begun = await office.post(f"invitations/{name}/acceptances", body)
    finance = Person(office, email, secret=begun.json()["totp_secret"])
    done = await office.post(
        f"enrolments/{begun.json()['enrolment_id']}/confirmations", {"totp": finance.code()}
    )
    finance.signed_in = done.json()["signed_in"]
    invited = await put(
        finance, f"/admin/merchants/{store.merchant_id}/invitations/{new_id()}",
        email=f"{uuid4().hex}@example.jp", role="owner",
    )  # fmt: skip
    assert invited.status_code == 201, invited.text
    owner = await office.hire(works_for(store, "owner"))
    for role in ("owner", "manager", "clerk", "accountant"):
        assert (await invites(owner, role)).status_code == 201
    listed = await get(finance, f"/admin/merchants/{store.merchant_id}/posts")
    assert [item["role"] for item in listed.json()["items"]] == ["owner"]
    assert (await get(operator, "/operators/regions/setagaya/posts")).json()["items"]


async def test_nobody_gives_a_post_above_the_own(
    office: Office, operators: Office, store: Store, town: Town
):
    elsewhere = await town.open_store()
    manager = await office.hire(works_for(store, "manager", frozenset({store.store_id})))
    for role in ("owner", "manager"):
        assert is_refused(await invites(manager, role), "post-beyond-own")
    assert is_refused(await invites(manager, "clerk"), "post-beyond-own"), "all stores"
    wide = await invites(manager, "clerk", stores=[str(elsewhere.store_id)])
    assert is_refused(wide, "store-unknown")
    mine = await invites(manager, "clerk", stores=[str(store.store_id)])
    assert mine.status_code == 201, mine.text
    clerk = await office.hire(works_for(store, "clerk"))
    assert is_refused(await invites(clerk, "clerk"), "role-missing"), "a clerk raises nobody"
    finance = await office.hire(Reach("admin", "finance"))
    path = f"/admin/merchants/{store.merchant_id}/invitations/{new_id()}"
    answer = await put(finance, path, email="a@example.jp", role="clerk")
    assert is_refused(answer, "post-beyond-own")
    path = f"/admin/merchants/{uuid4()}/invitations/{new_id()}"
    answer = await put(finance, path, email="a@example.jp", role="owner")
    assert is_refused(answer, "merchant-unknown")
    operator = await operators.hire(Reach("admin", "operator"))
    for place, role in (("/regions/setagaya", "operator"), ("", "finance")):
        path = f"/operators{place}/invitations/{new_id()}"
        answer = await put(operator, path, email="a@example.jp", role=role)
        assert is_refused(answer, "post-beyond-own")


async def test_of_another_merchant_nothing_is_seen_or_ended(
    office: Office, store: Store, town: Town
):
    clerk = await office.hire(works_for(store, "clerk"))
    other = await office.hire(works_for(await town.open_store(), "owner"))
    owner = await office.hire(works_for(store, "owner"))
    [post_id] = [
        item["post_id"]
        for item in (await get(owner, "/staff/posts")).json()["items"]
        if item["role"] == "clerk"
    ]
    assert clerk.signed_in
    assert is_refused(await get(other, f"/staff/posts/{post_id}"), "post-unknown")
    ending = await post(other, f"/staff/posts/{post_id}/endings", reason="envy")
    assert is_refused(ending, "post-unknown")
    name = new_id()
    await put(owner, f"/staff/invitations/{name}", email="b@example.jp", role="clerk")
    assert is_refused(await get(other, f"/staff/invitations/{name}"), "invitation-unknown")
    taken = await post(other, f"/staff/invitations/{name}/withdrawals")
    assert is_refused(taken, "invitation-unknown")
    done = await post(owner, f"/staff/invitations/{name}/withdrawals")
    assert done.json()["state"] == "withdrawn"


async def test_an_ended_post_ends_its_tokens_and_its_invitations(office: Office, store: Store):
    owner = await office.hire(works_for(store, "owner"))
    manager = await office.hire(works_for(store, "manager"))
    name = new_id()
    await put(manager, f"/staff/invitations/{name}", email="c@example.jp", role="clerk")
    items = (await get(owner, "/staff/posts")).json()["items"]
    ids = {item["role"]: item["post_id"] for item in items}
    own = await post(owner, f"/staff/posts/{ids['owner']}/endings", reason="tired")
    assert is_refused(own, "own-post")
    ended = await post(owner, f"/staff/posts/{ids['manager']}/endings", reason="left")
    assert ended.status_code == 200, ended.text
    assert ended.json()["ended_at"] is not None
    await until_refused(manager, "/merchant")
    renewed = await office.client.post(
        "/v1/sessions/renewals",
        json={"refresh_token": manager.signed_in["tokens"]["refresh_token"]},
    )
    assert is_refused(renewed, "session-over")
    assert (await get(owner, f"/staff/invitations/{name}")).json()["state"] == "withdrawn"
    assert is_refused(await manager.sign_in(), "no-post")


async def test_a_suspended_login_ends_within_seconds(office: Office, store: Store):
    clerk = await office.hire(works_for(store, "clerk"))
    mine = await get(clerk, "/sessions")
    assert mine.status_code == 200, mine.text
    login_id = (await get(clerk, "/merchant")).status_code == 200
    assert login_id
    async with office.database.transaction(1) as db:
        from access.logins import login_of_email

        found = await login_of_email(db, 1, clerk.email)
        assert found is not None
        await change_login_state(
            db, 1, found.login_id, "suspended", actor="admin:test", role="finance", reason="fraud"
        )
    await until_refused(clerk, "/merchant")


async def test_what_an_operator_invited_in_regions_ends_with_the_post(
    office: Office, operators: Office
):
    chief = await operators.hire(Reach("admin", "operator"))
    leaver = await operators.hire(Reach("admin", "operator"))
    path = f"/operators/regions/setagaya/invitations/{new_id()}"
    made = await put(leaver, path, email=f"{uuid4().hex}@example.jp", role="finance")
    assert made.status_code == 201, made.text
    listed = (await get(chief, "/operators/posts")).json()["items"]
    [post_id] = [item["post_id"] for item in listed if item["email"] == leaver.email]
    ended = await post(chief, f"/operators/posts/{post_id}/endings", reason="left")
    assert ended.status_code == 200, ended.text
    assert (await get(chief, path)).json()["state"] == "withdrawn"


async def test_who_is_suspended_while_signing_in_is_not_signed_in(office: Office, store: Store):
    clerk = await office.hire(works_for(store, "clerk"))
    asked = (await clerk.first_step()).json()
    await office.forget_steps()
    region_id = office.home.region_id
    async with office.database.transaction(region_id) as db:
        found = await login_of_email(db, region_id, clerk.email)
        assert found is not None
        await change_login_state(
            db, region_id, found.login_id, "suspended", actor="command:test", role=None, reason="x"
        )
        signing_in = asyncio.create_task(clerk.second_step(asked["challenge_id"]))
        await asyncio.sleep(0.5)  # it has seen an active login by now, and waits for this one
    told = await signing_in
    assert told.status_code != 200, told.text
    async with office.database.snapshot(region_id) as db:
        assert await list_sessions(db, region_id, found.login_id, None, 10) == []
