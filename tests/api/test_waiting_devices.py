"""Whoever has taken over a number has a device that waits, and that the old ones can revoke."""

import httpx
import pytest

from core.database import Database
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp, let_time_pass, messages_to

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
