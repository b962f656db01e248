"""A till stops with the post of whoever knows its secret, and goes on with another one."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from access.acts import Doer
from access.emails import read_email
from access.invitations import invite
from access.logins import change_login_state
from access.posts import Reach, end_post, posts_of
from core.errors import Problem
from tests.api.staff_office import Office, Person, is_refused
from tests.api.staff_world import World
from tests.town_builder import new_id


class Shop:
    """A merchant with two owners, and a till of the first one."""

    def __init__(self, world: World, one: Person, two: Person) -> None:
        self.world, self.one, self.two, self.till = world, one, two, new_id()

    async def post(self, by: Person, path: str, **body: object) -> httpx.Response:
        sent = body or None
        return await by.office.client.post(f"/v1/{path}", json=sent, headers=by.headers)

    async def makes(self, by: Person, client_id: UUID | None = None) -> httpx.Response:
        path = f"/v1/clients/{client_id or self.till}"
        return await by.office.client.put(path, json={"name": "レジ 1"}, headers=by.headers)

    async def rotates(self, by: Person) -> httpx.Response:
        return await self.post(by, f"clients/{self.till}/rotations")

    async def seen(self) -> dict[str, object]:
        path = f"/v1/clients/{self.till}"
        answer = await self.two.office.client.get(path, headers=self.two.headers)
        return dict(answer.json())

    async def token(self, secret: str) -> httpx.Response:
        body = {"client_id": str(self.till), "secret": secret}
        return await self.two.office.client.post("/v1/clients/tokens", json=body)

    async def post_of(self, person: Person) -> UUID:
        async with self.world.database.snapshot(1) as db:
            [held] = await posts_of(db, 1, await self.world.id_of(person))
        return held.post_id

    async def ends(self, by: Person, whose: Person) -> httpx.Response:
        path = f"staff/posts/{await self.post_of(whose)}/endings"
        return await self.post(by, path, reason="left")

    async def acts(self) -> list[tuple[str, str | None]]:
        async with self.world.database.snapshot(1) as db:
            rows = await db.execute(
                text("SELECT act, role FROM access.act WHERE object_id = :id ORDER BY act_id"),
                {"id": self.till},
            )
            return [(row.act, row.role) for row in rows]


@pytest.fixture
async def shop(world: World) -> Shop:
    owner = Reach("merchant", "owner", uuid4())
    return Shop(world, await world.office.hire(owner), await world.office.hire(owner))


async def letters(office: Office) -> list[str]:
    async with office.database.snapshot(1) as db:
        rows = await db.scalars(
            text("SELECT address FROM access.message WHERE purpose = 'clients stopped'")
        )
        return list(rows)


async def test_a_till_stops_with_the_post_of_its_keeper_until_it_is_taken_over(shop: Shop):
    secret = (await shop.makes(shop.one)).json()["secret"]
    token = (await shop.token(secret)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    client = shop.two.office.client
    assert (await client.get("/v1/stores", headers=headers)).status_code != 401
    assert (await shop.ends(shop.two, shop.one)).status_code == 200
    assert is_refused(await shop.token(secret), "client-refused")
    async with asyncio.timeout(5):
        while not is_refused(await client.get("/v1/stores", headers=headers), "token-revoked"):
            await asyncio.sleep(0.1)
    assert (await shop.seen())["stopped_at"] is not None
    told = await letters(shop.two.office)
    assert shop.two.email in told
    assert shop.one.email not in told
    fresh = await shop.rotates(shop.two)
    assert fresh.json()["stopped_at"] is None
    assert fresh.json()["kept_by"] == str(await shop.world.id_of(shop.two))
    assert is_refused(await shop.token(secret), "client-refused"), "the old one stays refused"
    assert (await shop.token(fresh.json()["secret"])).status_code == 200
    assert await shop.acts() == [
        ("client.made", "owner"), ("client.stopped", "owner"), ("client.taken_over", "owner"),
    ]  # fmt: skip


async def test_a_till_that_was_taken_over_before_goes_on(shop: Shop):
    await shop.makes(shop.one)
    secret = (await shop.rotates(shop.two)).json()["secret"]
    assert (await shop.ends(shop.two, shop.one)).status_code == 200
    assert (await shop.token(secret)).status_code == 200
    assert shop.two.email not in await letters(shop.two.office)


async def test_a_till_stops_when_its_keeper_is_suspended(world: World, shop: Shop):
    finance = await world.office.hire(Reach("admin", "finance"))
    secret = (await shop.makes(shop.one)).json()["secret"]
    path = f"admin/logins/{await world.id_of(shop.one)}/state-changes"
    for state in ("suspended", "active"):
        changed = await shop.post(finance, path, state=state, reason="test")
        assert changed.status_code == 200, changed.text
        assert is_refused(await shop.token(secret), "client-refused"), "also after that"
    shop.one.signed_in = (await shop.one.sign_in()).json()
    fresh = await shop.rotates(shop.one)
    assert (await shop.token(fresh.json()["secret"])).status_code == 200


async def test_who_is_just_leaving_makes_no_till_that_nobody_stops(world: World, shop: Shop):
    """The token lives for two seconds more; the post has ended, uncommitted."""
    await shop.makes(shop.one)
    two = await world.id_of(shop.two)
    doer, own = Doer(two, f"merchant:{two}", "owner"), None
    async with world.database.transaction(1) as db:
        [held] = await posts_of(db, 1, two)
        own = held.reach
        [leaving] = await posts_of(db, 1, await world.id_of(shop.one))
        await end_post(db, 1, doer, own, leaving.post_id, "left")
        coming = [
            asyncio.create_task(shop.makes(shop.one, new_id())),
            asyncio.create_task(shop.rotates(shop.one)),
        ]
        await world.somebody_waits(2)
    for answer in await asyncio.gather(*coming):
        assert is_refused(answer, "keeper-left"), answer.text


async def test_who_is_just_leaving_invites_nobody(world: World, shop: Shop):
    """What was invited to before is withdrawn: what comes at that very moment would stay."""
    one, two = await world.id_of(shop.one), await world.id_of(shop.two)
    doer, email = Doer(two, f"merchant:{two}", "owner"), read_email(f"{uuid4().hex}@example.jp")

    async def invites(own: Reach) -> None:
        async with world.database.transaction(1) as db:
            leaver = Doer(one, f"merchant:{one}", "owner")
            await invite(db, 1, new_id(), email, own, leaver, own)

    async with world.database.transaction(1) as db:
        [leaving], [held] = await posts_of(db, 1, one), await posts_of(db, 1, two)
        await invites(leaving.reach)
        await end_post(db, 1, doer, held.reach, leaving.post_id, "left")
        coming = asyncio.create_task(invites(leaving.reach))
        await world.somebody_waits()
    with pytest.raises(Problem, match="token-revoked"):
        await coming


async def test_an_operator_who_is_just_suspended_invites_nobody_in_any_region(world: World):
    operator = Reach("admin", "operator")
    one, two = await world.operators.hire(operator), await world.operators.hire(operator)
    body = {"email": f"{uuid4().hex}@example.jp", "role": "approver"}
    path = f"/v1/operators/regions/setagaya/invitations/{new_id()}"
    client, doer = world.office.client, f"admin:{await world.id_of(two)}"
    async with world.database.transaction(0) as db:
        await change_login_state(
            db, 0, await world.id_of(one), "suspended", actor=doer, role="operator", reason="test"
        )
        coming = asyncio.create_task(client.put(path, json=body, headers=one.headers))
        await world.somebody_waits()
    assert is_refused(await coming, "token-revoked"), (await coming).text
    assert (await client.put(path, json=body, headers=two.headers)).status_code == 201
