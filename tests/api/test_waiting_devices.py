"""Whoever has taken over a number has a device that waits, and that the old ones can revoke."""

import asyncio

import httpx
import pytest

from core.database import Database
from tests.access.device_key import DeviceKey
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp, let_time_pass, messages_to
from tests.town_builder import new_id

PHONE = "+819012345678"


@pytest.fixture
async def owner(app_client: httpx.AsyncClient, database: Database) -> ResidentApp:
    """The app of whoever had the number first."""
    made = ResidentApp(app_client, database)
    await made.sign_in(PHONE)
    await let_time_pass(database, "2 minutes")
    return made


@pytest.fixture
async def thief(owner: ResidentApp) -> ResidentApp:
    """The app of somebody who reads the messages to that number now."""
    made = ResidentApp(owner.client, owner.database)
    await made.sign_in(PHONE)
    return made


async def test_a_later_device_may_look_at_itself_and_nothing_else(thief: ResidentApp):
    assert thief.tokens["is_usable"] is False
    assert thief.tokens["scope"] == "device:read"
    own = (await thief.call("GET", "me/device")).json()
    assert (own["device_id"], own["is_usable"]) == (thief.tokens["device_id"], False)
    for path in ("me/devices", "wallets", "payments/0192f0c1-2222-7000-8000-000000000001"):
        assert is_problem(await thief.call("GET", path), 403, "scope-missing")
    path = f"me/devices/{thief.tokens['device_id']}"
    assert is_problem(await thief.call("PATCH", path, name="mine"), 403, "scope-missing")
    assert (await thief.renew())["scope"] == "device:read"
    assert thief.keep(await thief.sign_in_by_device())["scope"] == "device:read"


async def test_the_number_is_told_and_the_old_device_sees_it(
    owner: ResidentApp, thief: ResidentApp
):
    assert "新しい端末" in (await messages_to(owner.database, PHONE))[-1]
    listed = (await owner.call("GET", "me/devices")).json()["items"]
    assert [(item["device_id"], item["is_usable"]) for item in listed] == [
        (owner.tokens["device_id"], True),
        (thief.tokens["device_id"], False),
    ]


async def test_after_the_wait_it_works_by_itself(thief: ResidentApp):
    await let_time_pass(thief.database, "24 hours")
    assert "pay" in (await thief.renew())["scope"].split()
    assert (await thief.call("GET", "me/device")).json()["is_usable"] is True


async def test_to_ask_again_makes_no_wait_shorter(thief: ResidentApp):
    first = thief.tokens["usable_from"]
    await let_time_pass(thief.database, "2 minutes")
    again = await thief.sign_in(PHONE)
    assert again["usable_from"] < first, "the time that went by, and no other"
    assert again["is_usable"] is False


async def test_an_old_device_approves_it_at_once(owner: ResidentApp, thief: ResidentApp):
    approved = await owner.approve(thief.tokens["device_id"])
    assert approved.json()["is_usable"] is True
    assert "pay" in (await thief.renew())["scope"].split()


async def test_nobody_approves_without_a_key_that_may(owner: ResidentApp, thief: ResidentApp):
    waiting = thief.tokens["device_id"]
    assert is_problem(await thief.approve(waiting), 403, "scope-missing")
    thief.tokens["access_token"] = owner.tokens["access_token"]  # a stolen token beside
    assert is_problem(await thief.approve(waiting), 403, "confirmation-wrong")
    thief.tokens["device_id"] = owner.tokens["device_id"]  # and another's device named
    assert is_problem(await thief.approve(waiting), 403, "confirmation-wrong")
    body = {"change_id": str(new_id())}
    path = f"me/devices/{waiting}/approvals"
    assert is_problem(await owner.call("POST", path, **body), 422, "malformed-request")
    assert (await thief.renew())["scope"] == "device:read"


async def test_an_old_device_revokes_it_and_it_never_comes_back(
    owner: ResidentApp, thief: ResidentApp
):
    waiting = thief.tokens["device_id"]
    assert (await owner.revoke(waiting)).json() == {"device_id": waiting}
    assert is_problem(await owner.revoke(waiting), 404, "device-unknown")
    assert is_problem(await owner.approve(waiting), 404, "device-unknown")
    assert is_problem(await thief.sign_in_by_device(), 401, "sign-in-refused")
    async with asyncio.timeout(5):
        while (await thief.call("GET", "me/device")).status_code != 401:
            await asyncio.sleep(0.1)
    await let_time_pass(owner.database, "2 minutes")
    asked = (await thief.ask(PHONE)).json()["challenge_id"]
    code = await thief.read_code(PHONE)
    assert is_problem(await thief.answer(asked, code), 409, "device-key-taken")
    thief.key = DeviceKey()
    again = thief.keep(await thief.answer(asked, code))
    assert again["is_usable"] is False, "another key waits from the beginning"


async def test_the_last_device_may_go_and_the_next_one_waits(owner: ResidentApp):
    assert (await owner.revoke(owner.tokens["device_id"])).status_code == 200
    owner.key = DeviceKey()
    assert (await owner.sign_in(PHONE))["is_usable"] is False


async def test_devices_of_others_are_not_there(owner: ResidentApp):
    other = ResidentApp(owner.client, owner.database)
    theirs = (await other.sign_in("+818087654321"))["device_id"]
    assert is_problem(await owner.revoke(theirs), 404, "device-unknown")
    assert is_problem(await owner.approve(theirs), 404, "device-unknown")
    assert (await other.call("GET", "me/device")).status_code == 200
