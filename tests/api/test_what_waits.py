"""What waits falls with each session and device that it was asked for or confirmed with."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from access.signatures import text_to_sign
from core.database import Database
from core.revocations import revoke
from ledger.regions import Region
from residents.drop_device import drop_device, lock_whoever
from residents.number_changes import settle_due
from tests.access.authenticator import Authenticator
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp, let_time_pass
from tests.somebody_waits import somebody_waits
from tests.town_builder import new_id

OLD, NEW = "+819012345678", "+818087654321"
DAY = timedelta(days=1)


@pytest.fixture
async def mine(app_client: httpx.AsyncClient, database: Database) -> ResidentApp:
    """An app that is signed in."""
    made = ResidentApp(app_client, database)
    await made.sign_in(OLD)
    return made


async def another(mine: ResidentApp) -> ResidentApp:
    """The app on another device of the same person, which waits no longer."""
    made = await waiting(mine)
    await mine.approve(made.tokens["device_id"])
    await made.renew()
    return made


async def waiting(mine: ResidentApp) -> ResidentApp:
    await _rest(mine)
    made = ResidentApp(mine.client, mine.database)
    await made.sign_in(OLD)
    return made


async def _rest(mine: ResidentApp) -> None:
    """Let it be possible to ask for codes again."""
    async with mine.database.transaction(1) as db:
        await db.execute(text("DELETE FROM access.allowance"))


async def ask(mine: ResidentApp, confirming: ResidentApp) -> str:
    """Ask for another number in one app's session, confirmed by the device of another."""
    await _rest(mine)
    mixed = ResidentApp(mine.client, mine.database, key=confirming.key)
    mixed.tokens = mine.tokens | {"device_id": confirming.tokens["device_id"]}
    asked = await mixed.ask_for_number(NEW)
    assert asked.status_code == 200, asked.text
    return f"me/number-changes/{asked.json()['challenge_id']}/answers"


async def prove(mine: ResidentApp, path: str) -> httpx.Response:
    return await mine.call("POST", path, code=await mine.read_code(NEW))


async def begin(mine: ResidentApp, confirming: ResidentApp, proving: ResidentApp) -> None:
    proved = await prove(proving, await ask(mine, confirming))
    assert proved.status_code == 200, proved.text
    assert await waits(mine)


async def waits(mine: ResidentApp) -> bool:
    """Whether a change of number does."""
    async with mine.database.transaction(1) as db:
        found = await db.scalars(text("SELECT state FROM residents.number_change"))
        return "waiting" in found.all()


async def ends(mine: ResidentApp, path: str) -> int:
    answer = await mine.call("DELETE", path)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["ended"])


async def test_a_change_of_number_falls_with_what_asked_confirmed_or_proved_it(mine: ResidentApp):
    for role in ("asks", "confirms", "proves"):
        lost = await another(mine)
        parts = {"asks": mine, "confirms": mine, "proves": mine} | {role: lost}
        await begin(parts["asks"], parts["confirms"], parts["proves"])
        assert (await mine.revoke(lost.tokens["device_id"])).status_code == 200
        assert not await waits(mine), role
    lost, third = await another(mine), await another(mine)
    await begin(mine, mine, mine)
    assert (await mine.revoke(lost.tokens["device_id"])).status_code == 200
    assert await waits(mine), "it has nothing to do with that device"
    # What was not proved yet cannot be proved any more.
    await mine.call("POST", f"me/number-changes/{await _change_id(mine)}/cancellations")
    path = await ask(mine, third)
    assert (await mine.revoke(third.tokens["device_id"])).status_code == 200
    assert is_problem(await prove(mine, path), 401, "token-revoked")
    assert not await waits(mine)


async def test_a_change_of_number_falls_with_sessions_that_are_ended_but_not_with_leaving(
    mine: ResidentApp, region: Region
):
    other = await another(mine)
    await begin(other, mine, mine)
    assert await ends(other, "sessions") == 1
    assert not await waits(mine), "it was proved in a session that ended"
    assert (await mine.sign_in_by_device()).status_code == 200
    mine.keep(await mine.sign_in_by_device())
    await begin(mine, mine, mine)
    assert await ends(mine, "sessions") > 0
    assert await waits(mine), "whoever asked goes on"
    other.keep(await other.sign_in_by_device())
    assert await ends(other, f"sessions/{mine.tokens['session_id']}") == 1
    assert not await waits(mine)
    # A refresh token that comes twice was copied; with it alone nothing could have been asked for.
    await begin(other, other, other)
    before = dict(other.tokens)
    await other.renew()
    body = {"refresh_token": before["refresh_token"]}
    copied = await other.client.post("/v1/sessions/renewals", json=body)
    assert is_problem(copied, 401, "session-over")
    assert await waits(mine)
    other.keep(await other.sign_in_by_device())
    await other.call("POST", f"me/number-changes/{await _change_id(other)}/cancellations")
    # Who signs out goes away, and what was asked for comes.
    other.keep(await other.sign_in_by_device())
    await begin(other, other, other)
    body = {"refresh_token": other.tokens["refresh_token"]}
    assert (await other.client.post("/v1/sessions/endings", json=body)).status_code < 300
    await let_time_pass(mine.database, "24 hours")
    assert await _settled(mine, region) == "made"


async def test_a_sign_in_that_is_revoked_by_hand_changes_no_number(
    mine: ResidentApp, region: Region
):
    await begin(mine, mine, mine)
    async with mine.database.transaction(1) as db:
        family = UUID(mine.tokens["session_id"])
        await revoke(db, 1, "family", family, DAY)
    await let_time_pass(mine.database, "24 hours")
    assert await _settled(mine, region) == "cancelled"


async def test_devices_that_wait_fall_with_what_added_them(mine: ResidentApp):
    other = await another(mine)
    passkeys = [await _add_passkey(mine, other), await _add_passkey(mine, mine)]
    assert (await mine.revoke(other.tokens["device_id"])).status_code == 200
    own = mine.tokens["device_id"]
    assert await _devices(mine) == [own, passkeys[1]]
    thiefs, helper = await waiting(mine), await another(mine)
    await ends(helper, "sessions")
    assert await _devices(helper) == [own, helper.tokens["device_id"]]
    assert is_problem(await thiefs.sign_in_by_device(), 401, "sign-in-refused")
    assert (await mine.sign_in_by_device()).status_code == 200, "what waits no longer stays"


async def _add_passkey(mine: ResidentApp, confirming: ResidentApp) -> str:
    asked = (await mine.call("POST", "me/passkeys/challenges")).json()
    made, change_id = Authenticator().make(asked["options"]), str(new_id())
    said: dict[str, Any] = {"region": "setagaya", "person_id": mine.tokens["person_id"]}
    said |= {"change_id": change_id, "challenge": asked["challenge_id"]}
    lines = text_to_sign("passkey", **said, credential=made["rawId"])
    confirmation = {
        "device_id": confirming.tokens["device_id"],
        "signature": confirming.key.signature(lines),
    }
    added = await mine.call(
        "POST", "me/passkeys", challenge_id=asked["challenge_id"], credential=made, name="指紋",
        change_id=change_id, confirmation=confirmation,
    )  # fmt: skip
    assert added.status_code == 200, added.text
    return str(added.json()["device_id"])


async def _devices(mine: ResidentApp) -> list[str]:
    return [each["device_id"] for each in (await mine.call("GET", "me/devices")).json()["items"]]


async def _change_id(mine: ResidentApp) -> str:
    [change] = (await mine.call("GET", "me/number-changes")).json()["items"]
    return str(change["change_id"])


async def _settled(mine: ResidentApp, region: Region) -> str:
    """What becomes of the newest change, whose time has come."""
    async with mine.database.transaction(1) as db:
        assert await settle_due(db, region, 5) == 1
        query = "SELECT state FROM residents.number_change ORDER BY change_id DESC LIMIT 1"
        return str((await db.scalars(text(query))).one())


async def test_a_device_that_is_being_revoked_approves_no_other(mine: ResidentApp, region: Region):
    """It has confirmed, and waits for the person, when its revocation comes to stand."""
    stolen, thiefs = await another(mine), (await waiting(mine)).tokens["device_id"]
    person_id, lost = UUID(mine.tokens["person_id"]), UUID(stolen.tokens["device_id"])
    async with mine.database.transaction(1) as db:
        await lock_whoever(db, 1, person_id)
        coming = asyncio.create_task(stolen.approve(thiefs))
        await somebody_waits(mine.database)
        await drop_device(db, region, person_id, lost, f"resident:{person_id}")
    is_problem(await coming, 401, "token-revoked")
    devices = (await mine.call("GET", "me/devices")).json()["items"]
    assert [one["is_usable"] for one in devices] == [True, False]
