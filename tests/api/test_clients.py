"""Tills and servers come with a secret of their own, which ends at once when it is changed."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from tests.api.shop import Token, staff
from tests.api.staff_office import is_refused
from tests.town_builder import Store, Town, new_id


@pytest.fixture
async def store(town: Town) -> Store:
    return await town.open_store()


class Till:
    """A client as its owner makes it, and as it signs in."""

    def __init__(self, http: httpx.AsyncClient, owner: dict[str, str]) -> None:
        self.http, self.owner = http, owner
        self.client_id = new_id()

    async def make(self, **more: Any) -> httpx.Response:
        body = {"name": "レジ 1", **more}
        return await self.http.put(f"/v1/clients/{self.client_id}", json=body, headers=self.owner)

    async def own(self, verb: str) -> httpx.Response:
        path = f"/v1/clients/{self.client_id}/{verb}"
        return await self.http.post(path, headers=self.owner)

    async def token(self, secret: str, client_id: UUID | None = None) -> httpx.Response:
        body = {"client_id": str(client_id or self.client_id), "secret": secret}
        return await self.http.post("/v1/clients/tokens", json=body)


@pytest.fixture
def till(app_client: httpx.AsyncClient, token: Token, store: Store) -> Till:
    return Till(app_client, staff(token, store))


async def stores_seen(till: Till, access_token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {access_token}"}
    return await till.http.get("/v1/stores", headers=headers)


async def until_refused(till: Till, access_token: str) -> None:
    async with asyncio.timeout(5):
        while not is_refused(await stores_seen(till, access_token), "token-revoked"):
            await asyncio.sleep(0.1)


async def test_a_till_gets_tokens_for_its_stores(till: Till, store: Store):
    made = await till.make(stores=[str(store.store_id)])
    assert made.status_code == 201, made.text
    again = await till.make(stores=[str(store.store_id)])
    assert again.json() == made.json() | {"secret": None}
    assert again.headers["idempotent-replay"] == "true"
    told = await till.token(made.json()["secret"])
    assert told.status_code == 200, told.text
    assert "refresh_token" not in told.json()
    seen = await stores_seen(till, told.json()["access_token"])
    assert [item["store_id"] for item in seen.json()["items"]] == [str(store.store_id)]
    headers = {"Authorization": f"Bearer {told.json()['access_token']}"}
    raised = await till.http.get("/v1/clients", headers=headers)
    assert is_refused(raised, "scope-missing") or is_refused(raised, "role-missing")
    listed = (await till.http.get("/v1/clients", headers=till.owner)).json()["items"]
    assert listed[0]["used_at"] is not None
    assert "secret" not in listed[0]


async def test_a_rotated_secret_ends_with_its_tokens(till: Till):
    old = (await till.make()).json()["secret"]
    token = (await till.token(old)).json()["access_token"]
    fresh = (await till.own("rotations")).json()["secret"]
    assert is_refused(await till.token(old), "client-refused")
    renewed = (await till.token(fresh)).json()["access_token"]
    await until_refused(till, token)
    assert (await stores_seen(till, renewed)).status_code == 200


async def test_a_revoked_client_ends_within_seconds(till: Till):
    secret = (await till.make()).json()["secret"]
    token = (await till.token(secret)).json()["access_token"]
    for _ in range(2):  # twice is once
        assert (await till.own("revocations")).json()["revoked_at"] is not None
    assert is_refused(await till.token(secret), "client-refused")
    assert is_refused(await till.own("rotations"), "client-revoked")
    await until_refused(till, token)


async def test_all_that_is_wrong_is_refused_alike(till: Till):
    secret = (await till.make()).json()["secret"]
    tail = secret.partition(".")[2]
    wrong = [
        await till.token(f"setagaya.{'x' * 43}"),
        await till.token(secret, new_id()),
        await till.token(f"nowhere.{tail}"),
    ]
    words = {str({k: v for k, v in one.json().items() if k != "instance"}) for one in wrong}
    assert len(words) == 1
    assert all(is_refused(one, "client-refused") for one in wrong)


async def test_only_an_owner_makes_clients_and_of_the_own_stores(
    till: Till, token: Token, store: Store, town: Town
):
    elsewhere = await town.open_store()
    assert is_refused(await till.make(stores=[str(elsewhere.store_id)]), "store-unknown")
    await till.make()
    other = Till(till.http, staff(token, elsewhere))
    other.client_id = till.client_id
    assert is_refused(await other.own("rotations"), "client-unknown")
    assert is_refused(await other.own("revocations"), "client-unknown")
    assert is_refused(await other.make(), "id-in-use")
    for role in ("manager", "clerk", "terminal"):
        till.owner = staff(token, store, role=role)
        assert is_refused(await till.own("rotations"), "role-missing")


async def test_each_change_is_an_act(till: Till, town: Town):
    await till.make()
    await till.own("rotations")
    await till.own("revocations")
    async with town.database.snapshot(1) as db:
        rows = await db.scalars(
            text("SELECT act FROM access.act WHERE object_id = :id ORDER BY act_id"),
            {"id": till.client_id},
        )
        assert list(rows) == ["client.made", "client.rotated", "client.revoked"]


async def test_an_owner_of_some_stores_gets_no_secret_beyond_them(
    till: Till, token: Token, store: Store
):
    secret = (await till.make()).json()["secret"]
    narrow = Till(till.http, staff(token, store, stores=[str(store.store_id)]))
    narrow.client_id = till.client_id
    for verb in ("rotations", "revocations"):
        assert is_refused(await narrow.own(verb), "post-beyond-own")
    assert (await till.token(secret)).status_code == 200
    narrow.client_id = new_id()
    assert (await narrow.make()).json()["stores"] == [str(store.store_id)]
    assert (await narrow.own("rotations")).json()["secret"]
