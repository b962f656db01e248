"""Sessions are listed and ended by their owner, on every face, and by nobody else."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from access.posts import Reach
from access.sessions import Home, Whose, open_session
from api.claims import WAITING_SCOPE
from api.session_tokens import OPERATORS, session_tokens
from api.state import State
from core.database import Database
from ledger.regions import Region
from tests.api.staff_office import Office, is_refused
from tests.town_builder import new_id

DESK = Reach("admin", "desk")


@pytest.fixture
def office(
    app: FastAPI, app_client: httpx.AsyncClient, database: Database, region: Region
) -> Office:
    return Office(app_client, database, Home(region.region_id, region.code))


async def listed(office: Office, headers: dict[str, str]) -> list[dict[str, object]]:
    answer = await office.client.get("/v1/sessions", headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def until_refused(office: Office, headers: dict[str, str]) -> None:
    async with asyncio.timeout(5):
        while True:
            answer = await office.client.get("/v1/sessions", headers=headers)
            if is_refused(answer, "token-revoked"):
                return
            await asyncio.sleep(0.1)


async def test_every_face_sees_its_own(app: FastAPI, office: Office):
    state: State = app.state.meguri
    person = uuid4()
    async with office.database.transaction(1) as db:
        opened = await open_session(db, office.home, Whose("resident", person), "sms", "電話")
        tokens = await session_tokens(state, db, office.home, opened)
    desk = await office.hire(DESK)
    shop = await office.hire(Reach("merchant", "accountant", uuid4()))
    operators = Office(office.client, office.database, OPERATORS)
    operator = await operators.hire(Reach("admin", "operator"))
    resident = {"Authorization": f"Bearer {tokens.access_token}"}
    faces = []
    for headers in (resident, desk.headers, shop.headers, operator.headers):
        [only] = await listed(office, headers)
        assert only["is_this"]
        faces.append(only["face"])
    assert faces == ["resident", "admin", "merchant", "admin"]
    # Nobody can go on with a session that was left alone for too long: it is not listed.
    async with office.database.transaction(1) as db:
        await db.execute(
            text("UPDATE access.refresh SET expires_at = clock_timestamp() WHERE session_id = :id"),
            {"id": opened.session_id},
        )
    assert await listed(office, resident) == []
    assert len(await listed(office, desk.headers)) == 1


async def test_one_is_ended_and_then_all_others(office: Office):
    desk = await office.hire(DESK)
    others = []
    for _ in range(2):
        answer = await desk.sign_in()
        others.append({"Authorization": f"Bearer {answer.json()['tokens']['access_token']}"})
    rows = await listed(office, desk.headers)
    assert [row["is_this"] for row in rows] == [False, False, True]
    path = f"/v1/sessions/{rows[0]['session_id']}"
    for _ in range(2):  # twice is once
        done = await office.client.delete(path, headers=desk.headers)
        assert done.status_code == 200, done.text
    await until_refused(office, others[1])
    assert len(await listed(office, others[0])) == 2
    done = await office.client.delete("/v1/sessions", headers=desk.headers)
    assert done.json() == {"ended": 1}
    await until_refused(office, others[0])
    assert len(await listed(office, desk.headers)) == 1
    async with office.database.snapshot(office.home.region_id) as db:
        acts = await db.scalars(
            text("SELECT act FROM access.act WHERE act LIKE 'session%' ORDER BY act_id")
        )
        assert acts.all() == ["session.ended", "sessions.ended"], "and none for what had ended"


async def test_a_sign_in_that_is_half_done_ends_with_all_sessions(office: Office):
    desk = await office.hire(DESK)
    begun = (await desk.first_step()).json()["challenge_id"]
    done = await office.client.delete("/v1/sessions", headers=desk.headers)
    assert done.status_code == 200, done.text
    await office.forget_steps()
    answer = await desk.second_step(begun, totp=desk.code())
    assert is_refused(answer, "staff-sign-in-refused")
    assert (await desk.sign_in()).status_code == 200, "whoever begins anew comes in"


async def test_nobody_ends_anothers(office: Office):
    desk, thief = await office.hire(DESK), await office.hire(DESK)
    [row] = await listed(office, desk.headers)
    for session_id in (row["session_id"], new_id()):
        path = f"/v1/sessions/{session_id}"
        answer = await office.client.delete(path, headers=thief.headers)
        assert is_refused(answer, "session-unknown")
    assert len(await listed(office, desk.headers)) == 1


async def test_a_device_that_waits_sees_and_ends_nothing(token, office: Office):
    headers = {"Authorization": f"Bearer {token('resident', scope=WAITING_SCOPE)}"}
    for method in ("get", "delete"):
        answer = await office.client.request(method, "/v1/sessions", headers=headers)
        assert is_refused(answer, "scope-missing")


async def test_without_a_token_there_are_none(office: Office):
    assert is_refused(await office.client.get("/v1/sessions"), "token-missing")
    bad = {"Authorization": "Bearer nonsense"}
    assert is_refused(await office.client.get("/v1/sessions", headers=bad), "token-invalid")
