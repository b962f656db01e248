"""Two things at one moment: what ends a sign-in wins, and there is always an operator left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from access.posts import Reach
from access.session_list import list_sessions
from access.sessions import end_sessions
from tests.access.authenticator import Authenticator
from tests.api.staff_office import PASSWORD, Office, Person, is_refused
from tests.api.staff_world import World
from tests.api.test_staff_passkeys import add, signs

DESK = Reach("admin", "desk")
OPERATOR = Reach("admin", "operator")
REFUSED = "staff-sign-in-refused"


@pytest.fixture
def office(world: World) -> Office:
    return world.office


@asynccontextmanager
async def ending_all(world: World, person: Person) -> AsyncIterator[None]:
    """All sessions of somebody end when this block does; until then nobody sees it."""
    region_id, login_id = person.office.home.region_id, await world.id_of(person)
    async with world.database.transaction(region_id) as db:
        await end_sessions(db, region_id, "test", subject_id=login_id)
        yield


async def has_sessions(world: World, person: Person) -> int:
    region_id, login_id = person.office.home.region_id, await world.id_of(person)
    async with world.database.snapshot(region_id) as db:
        return len(await list_sessions(db, region_id, login_id, None, 10))


async def choice_of(world: World, person: Person) -> tuple[str, dict[str, str]]:
    """A choice of somebody with two posts, and the body that makes it."""
    _, name, secret = await world.office.invited(Reach("admin", "auditor"), person.email)
    shown = {"invitation_id": str(name), "secret": secret}
    assert (await person.sign_in(totp=person.code(1), invitation=shown)).status_code == 200
    choice = (await person.sign_in()).json()["choice"]
    body = {"secret": choice["secret"], "post_id": choice["posts"][0]["post_id"]}
    return f"posts/{choice['choice_id']}/answers", body


@pytest.mark.parametrize("step", ["second factor", "post"])
async def test_a_sign_in_in_flight_ends_with_all_sessions(world: World, office: Office, step: str):
    """Whoever ends all has not committed when the sign-in comes, and does while it waits."""
    desk = await office.hire(DESK)
    if step == "second factor":
        begun = (await desk.first_step()).json()["challenge_id"]
        await office.forget_steps()
        coming = desk.second_step(begun, totp=desk.code())
    else:
        path, body = await choice_of(world, desk)
        coming = office.post(path, body)
    async with ending_all(world, desk):
        told = asyncio.create_task(coming)
        await world.somebody_waits()
    assert is_refused(await told, REFUSED), (await told).text
    assert await has_sessions(world, desk) == 0
    assert (await desk.sign_in()).status_code == 200, "whoever begins anew comes in"


async def test_whoever_ends_all_waits_for_a_sign_in_that_is_nearly_done(
    world: World, office: Office, operators: Office
):
    """The session stands, uncommitted, when all are ended: it is one of them."""
    desk, operator = await office.hire(DESK), await operators.hire(OPERATOR)
    begun = (await desk.first_step()).json()["challenge_id"]
    await office.forget_steps()
    path = f"/v1/operators/regions/setagaya/logins/{await world.id_of(desk)}/session-endings"
    async with world.superuser.transaction():
        await world.superuser.execute("LOCK TABLE access.refresh IN SHARE ROW EXCLUSIVE MODE")
        told = asyncio.create_task(desk.second_step(begun, totp=desk.code()))
        await world.somebody_waits()
        ending = asyncio.create_task(
            office.client.post(path, json={"reason": "lost"}, headers=operator.headers)
        )
        await world.somebody_waits(2)
    assert (await told).status_code == 200, (await told).text
    assert (await ending).json()["ended_sessions"] == 2, (await ending).text
    assert await has_sessions(world, desk) == 0


async def test_a_password_that_was_judged_before_it_was_changed_signs_nobody_in(office: Office):
    desk = await office.hire(DESK)
    begun = (await desk.first_step()).json()["challenge_id"]
    await office.forget_steps()
    body = {"password": PASSWORD, "totp": desk.code(), "new_password": "三輪車で坂道を登る朝焼け"}
    done = await office.client.post("/v1/password-changes", json=body, headers=desk.headers)
    assert done.status_code == 200, done.text
    await office.forget_steps()
    assert is_refused(await desk.second_step(begun, totp=desk.code()), REFUSED)


async def test_a_passkey_that_was_revoked_chooses_no_post_any_more(world: World, office: Office):
    """It signed in before that, and its holder had a choice to make: none that opens a session."""
    desk, stolen = await office.hire(DESK), Authenticator()
    device_id = (await add(desk, stolen)).json()["device_id"]
    await choice_of(world, desk)
    choice = (await signs(office, stolen)).json()["choice"]
    path = f"/v1/staff-passkeys/{device_id}/revocations"
    done = await office.client.post(path, json={}, headers=desk.headers)
    assert done.status_code == 200, done.text
    body = {"secret": choice["secret"], "post_id": choice["posts"][0]["post_id"]}
    assert is_refused(await office.post(f"posts/{choice['choice_id']}/answers", body), REFUSED)


async def test_no_passkey_outlives_the_end_of_the_session_that_adds_it(
    world: World, office: Office
):
    """It is let in by its token, and waits; then all sessions end, and their owner sees no key."""
    desk = await office.hire(DESK)
    name = f"hashtextextended('login {desk.email}', {office.home.region_id})"
    async with world.superuser.transaction():
        await world.superuser.execute(f"SELECT pg_advisory_xact_lock({name})")
        adding = asyncio.create_task(add(desk, Authenticator()))
        await world.somebody_waits()
        async with ending_all(world, desk):
            pass
    assert is_refused(await adding, "token-revoked"), (await adding).text


async def change(by: Person, path: str) -> httpx.Response:
    body = {"reason": "test"} | ({"state": "suspended"} if "state" in path else {})
    return await by.office.client.post(f"/v1/operators/{path}", json=body, headers=by.headers)


@pytest.fixture
async def pair(world: World, operators: Office) -> tuple[Person, Person]:
    """Two operators, and no other who is active."""
    suspended = "UPDATE access.login SET state = 'suspended' WHERE region_id = 0"
    await world.superuser.execute(suspended)
    one, two = await operators.hire(OPERATOR), await operators.hire(OPERATOR)
    return one, two


@pytest.fixture
def operators(world: World) -> Office:
    return world.operators


@pytest.mark.parametrize("how", ["suspend each other", "one suspends, one ends the post"])
async def test_two_operators_who_end_each_other_leave_one(
    world: World, pair: tuple[Person, Person], how: str
):
    one, two = pair
    listed = await one.office.client.get("/v1/operators/posts", headers=one.headers)
    posts = {item["email"]: item["post_id"] for item in listed.json()["items"]}
    first = f"logins/{await world.id_of(two)}/state-changes"
    second = f"logins/{await world.id_of(one)}/state-changes"
    if how != "suspend each other":
        second = f"posts/{posts[one.email]}/endings"
    told = await asyncio.gather(change(one, first), change(two, second))
    assert sorted(answer.status_code for answer in told) == [200, 409], [a.text for a in told]
    [refused] = [answer for answer in told if answer.status_code == 409]
    assert is_refused(refused, "last-of-its-kind")


async def test_of_two_who_wait_for_each_other_the_second_is_refused(
    world: World, pair: tuple[Person, Person]
):
    """Both are let in by their tokens before either has done it."""
    one, two = pair
    name = "hashtextextended('last operator None', 0)"
    async with world.superuser.transaction():
        await world.superuser.execute(f"SELECT pg_advisory_xact_lock({name})")
        told = [
            asyncio.create_task(change(by, f"logins/{await world.id_of(whom)}/state-changes"))
            for by, whom in ((one, two), (two, one))
        ]
        await world.somebody_waits(2)
    answers = await asyncio.gather(*told)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
