"""Who lost every device comes in again by two people at the counter, and nobody by one."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from access.login_devices import note_device
from api.sign_in_recoveries import recovery_text
from core.database import Database
from tests.access.device_key import DeviceKey
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp, let_time_pass, messages_to
from tests.town_builder import new_id

PHONE = "+819012345678"


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


@pytest.fixture
async def hanako(app_client, database: Database) -> ResidentApp:
    """A resident with a device, which is lost soon."""
    app = ResidentApp(app_client, database)
    await app.sign_in(PHONE)
    return app


async def asked(office: Office, person_id: str, role: str = "desk", **more: Any):
    body = {"person_id": person_id, "evidence": "passport", "reason": "lost the phone"} | more
    return await office.put(role, f"recoveries/{new_id()}", body)


async def decided(
    office: Office, request_id: str, role: str, sub: UUID | None = None, to: str = "approved"
):
    return await office.client.post(
        f"/v1/admin/requests/{request_id}/decisions",
        json={"decision": to},
        headers=office.headers(role, sub),
    )


async def code_for(office: Office, request_id: str, sub: UUID | None = None):
    path = f"/v1/admin/recoveries/{request_id}/codes"
    return await office.client.post(path, json={}, headers=office.headers("desk", sub))


async def redeem(app: ResidentApp, code: str, key: DeviceKey, phone: str = PHONE, region=None):
    plain = code.replace("-", "").upper()
    where = region or app.region
    body = {
        "phone": phone,
        "code": code,
        "device": {"public_key": key.jwk, "name": "新しい電話"},
        "signature": key.signature(recovery_text(where, plain)),
    }
    return await app.client.post(f"/v1/regions/{where}/sign-in/recoveries", json=body)


async def approved(office: Office, person_id: str) -> str:
    request = await asked(office, person_id)
    assert request.status_code == 201, request.text
    request_id: str = request.json()["request_id"]
    assert (await decided(office, request_id, "approver")).status_code == 200
    return request_id


async def test_two_people_let_a_person_in_again_and_all_of_it_is_told(
    office: Office, hanako: ResidentApp, database: Database
):
    person_id, old = hanako.tokens["person_id"], hanako.tokens["device_id"]
    request_id = await approved(office, person_id)
    code = (await code_for(office, request_id)).json()["code"]
    new, key = ResidentApp(hanako.client, database), DeviceKey()
    new.key = key
    shown = f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()
    new.keep(await redeem(new, shown, key))
    assert new.tokens["person_id"] == person_id
    assert new.tokens["is_usable"] is True
    devices = (await new.call("GET", "me/devices")).json()["items"]
    assert [one["name"] for one in devices] == ["新しい電話"]
    assert (await hanako.sign_in_by_device()).status_code == 401
    async with asyncio.timeout(5):
        while (await hanako.call("GET", "me")).status_code != 401:
            await asyncio.sleep(0.05)
    steps = (await new.call("GET", "me/looks")).json()["items"]
    assert [one["act"] for one in steps] == [
        "recovery.code_shown", "recovery.approved", "recovery.asked",
    ]  # fmt: skip
    assert [one["role"] for one in steps] == ["desk", "approver", "desk"]
    assert [one["reason"] for one in steps] == [None, None, "lost the phone"]
    async with database.transaction(1) as db:
        about = text("SELECT act FROM access.act WHERE object_id = :id ORDER BY act_id")
        lines = (await db.scalars(about, {"id": request_id})).all()
    assert lines == ["recovery.asked", "recovery.approved", "recovery.code_shown"], "one a step"
    told = await messages_to(database, PHONE)
    assert "being recovered" in told[-2]
    assert "replaced all others" in told[-1]
    async with database.transaction(1) as db:
        rows = await db.execute(
            text("SELECT act, object_id::text FROM access.act WHERE act LIKE 'device.%'")
        )
        acts = {tuple(row) for row in rows}
    assert acts >= {("device.revoked", old), ("device.recovered", new.tokens["device_id"])}
    again = DeviceKey()
    is_problem(await redeem(new, code, again), 401, "code-wrong")
    is_problem(await code_for(office, request_id), 409, "recovery-not-approved")


async def test_nobody_does_it_alone(office: Office, hanako: ResidentApp, database: Database):
    person_id = hanako.tokens["person_id"]
    request_id = (await asked(office, person_id)).json()["request_id"]
    is_problem(await code_for(office, request_id), 409, "recovery-not-approved")
    desk = office.people["desk"]
    for role in ("desk", "approver"):
        is_problem(await decided(office, request_id, role, desk), 409, "second-person-needed")
    shared, other = uuid4(), uuid4()
    async with database.transaction(1) as db:
        made = "INSERT INTO access.login (region_id, login_id, email, email_key, name)"
        for login in (desk, other):
            values = f" VALUES (1, '{login}', '{login}@x.jp', '{login}@x.jp', 'x')"
            await db.execute(text(made + values))
            await note_device(db, 1, login, shared)
    is_problem(await decided(office, request_id, "desk", other), 409, "second-person-needed")
    for role in ("finance", "campaigns", "city", "auditor"):
        assert (await decided(office, request_id, role)).status_code == 403
    both = await asyncio.gather(
        *(decided(office, request_id, "desk", sub) for sub in (uuid4(), uuid4()))
    )
    assert sorted(answer.status_code for answer in both) == [200, 409]
    is_problem(await code_for(office, request_id, uuid4()), 409, "recovery-not-approved")
    assert (await code_for(office, request_id)).status_code == 200


async def test_the_person_sees_what_was_refused_or_withdrawn(office: Office, hanako: ResidentApp):
    person_id = hanako.tokens["person_id"]
    first = (await asked(office, person_id)).json()["request_id"]
    assert (await decided(office, first, "approver", to="refused")).status_code == 200
    second = (await asked(office, person_id)).json()["request_id"]
    withdrawn = await office.client.post(
        f"/v1/admin/requests/{second}/withdrawals", headers=office.headers("desk")
    )
    assert withdrawn.status_code == 200, withdrawn.text
    steps = (await hanako.call("GET", "me/looks")).json()["items"]
    assert [one["act"] for one in steps] == [
        "recovery.withdrawn", "recovery.asked", "recovery.refused", "recovery.asked",
    ]  # fmt: skip


async def test_a_code_is_for_its_person_its_region_and_its_time(
    office: Office, hanako: ResidentApp, second_region, database: Database, app_client, token
):
    person_id = hanako.tokens["person_id"]
    request_id = await approved(office, person_id)
    first = (await code_for(office, request_id)).json()["code"]
    code = (await code_for(office, request_id)).json()["code"]
    taro = ResidentApp(app_client, database)
    await taro.sign_in("+819087654321")
    key, path = DeviceKey(), f"/v1/regions/{hanako.region}/sign-in/recoveries"
    is_problem(await redeem(hanako, first, key), 401, "code-wrong")
    for phone in ("+819087654321", "+819011112222", "not a number"):
        is_problem(await redeem(hanako, code, key, phone), 401, "code-wrong")
    is_problem(await redeem(hanako, code, key, region="tsubame"), 401, "code-wrong")
    unsigned = {
        "phone": PHONE, "code": code, "device": {"public_key": key.jwk, "name": "x"},
        "signature": DeviceKey().signature(recovery_text("setagaya", code)),
    }  # fmt: skip
    is_problem(await app_client.post(path, json=unsigned), 401, "device-signature-wrong")
    other = Office(app_client, token, region="tsubame")
    is_problem(await asked(other, person_id), 404, "person-unknown")
    is_problem(await code_for(other, request_id), 404, "request-unknown")
    await let_time_pass(database, "31 minutes")
    is_problem(await redeem(hanako, code, key), 401, "code-wrong")
    code = (await code_for(office, request_id)).json()["code"]
    assert (await redeem(hanako, code, key)).status_code == 200


async def test_guesses_run_out(office: Office, hanako: ResidentApp, database: Database):
    request_id = await approved(office, hanako.tokens["person_id"])
    code = (await code_for(office, request_id)).json()["code"]
    wrong = "A" * 12 if code != "A" * 12 else "B" * 12
    for _ in range(5):
        is_problem(await redeem(hanako, wrong, DeviceKey()), 401, "code-wrong")
    is_problem(await redeem(hanako, code, DeviceKey()), 401, "code-wrong")
    for _ in range(4):
        is_problem(await redeem(hanako, wrong, DeviceKey()), 401, "code-wrong")
    is_problem(await redeem(hanako, wrong, DeviceKey()), 429, "too-many-guesses")


async def test_a_code_that_comes_twice_at_once_makes_one_device(
    office: Office, hanako: ResidentApp, database: Database
):
    request_id = await approved(office, hanako.tokens["person_id"])
    code = (await code_for(office, request_id)).json()["code"]
    both = await asyncio.gather(*(redeem(hanako, code, DeviceKey()) for _ in range(4)))
    assert sorted(answer.status_code for answer in both) == [200, 401, 401, 401]
