"""A device signs in by its key, once for each challenge; whatever is wrong is told alike."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from access.devices import revoke_device
from api.sign_in_devices import sign_in_text
from core.database import Database
from ledger.regions import Region
from tests.access.device_key import DeviceKey
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp, let_time_pass

PHONE = "+819012345678"


@pytest.fixture
async def mine(app_client: httpx.AsyncClient, database: Database) -> ResidentApp:
    """An app that has signed in once."""
    made = ResidentApp(app_client, database)
    await made.sign_in(PHONE)
    return made


async def challenge(mine: ResidentApp, region: str = "setagaya") -> Any:
    asked = await mine.client.post(f"/v1/regions/{region}/sign-in/devices/challenges", json={})
    return asked.json()


async def come(
    mine: ResidentApp, asked: dict[str, Any], key: DeviceKey | None = None, **other: Any
) -> httpx.Response:
    said = {
        "device_id": mine.tokens["device_id"],
        "challenge_id": asked["challenge_id"],
        "nonce": asked["nonce"],
    } | other
    region = said.pop("region", "setagaya")
    signed = sign_in_text(
        said.pop("signed_region", region),
        UUID(said["challenge_id"]),
        said["nonce"],
        UUID(said["device_id"]),
    )
    signature = (key or mine.key).signature(signed)
    path = f"/v1/regions/{region}/sign-in/devices"
    return await mine.client.post(path, json=said | {"signature": signature})


async def test_a_device_signs_in_without_a_code(mine: ResidentApp):
    before = dict(mine.tokens)
    mine.keep(await mine.sign_in_by_device())
    assert mine.tokens["person_id"] == before["person_id"]
    assert mine.tokens["session_id"] != before["session_id"]
    assert (await mine.call("GET", "me/device")).json()["used_at"] is not None


async def test_whatever_is_wrong_is_told_alike(mine: ResidentApp, second_region: Region):
    stranger = DeviceKey()
    wrong = [
        await come(mine, await challenge(mine), stranger),
        await come(mine, await challenge(mine), device_id=str(uuid4())),
        await come(mine, await challenge(mine), challenge_id=str(uuid4())),
        await come(mine, await challenge(mine), nonce="A" * 43),
        await come(mine, await challenge(mine), signed_region="tsubame"),
        await come(mine, await challenge(mine, "tsubame")),
        await come(mine, await challenge(mine, "tsubame"), region="tsubame"),
    ]
    told = [is_problem(one, 401, "sign-in-refused") for one in wrong]
    assert {tuple(sorted(set(one) - {"instance"})) for one in told} == {("status", "title", "type")}
    assert len({one["title"] for one in told}) == 1


async def test_a_challenge_is_for_one_answer_right_or_wrong(mine: ResidentApp):
    asked = await challenge(mine)
    assert (await come(mine, asked)).status_code == 200
    assert is_problem(await come(mine, asked), 401, "sign-in-refused")
    asked = await challenge(mine)
    assert is_problem(await come(mine, asked, DeviceKey()), 401, "sign-in-refused")
    assert is_problem(await come(mine, asked), 401, "sign-in-refused")


async def test_of_ten_right_answers_at_once_one_signs_in(mine: ResidentApp):
    asked = await challenge(mine)
    told = await asyncio.gather(*(come(mine, asked) for _ in range(10)))
    assert sorted(one.status_code for one in told) == [200] + [401] * 9


async def test_a_challenge_is_over_after_two_minutes(mine: ResidentApp):
    asked = await challenge(mine)
    await let_time_pass(mine.database, "121 seconds")
    assert is_problem(await come(mine, asked), 401, "sign-in-refused")


async def test_a_revoked_device_signs_nobody_in(mine: ResidentApp):
    person, device = UUID(mine.tokens["person_id"]), UUID(mine.tokens["device_id"])
    async with mine.database.transaction(1) as db:
        await revoke_device(db, 1, person, device)
    assert is_problem(await come(mine, await challenge(mine)), 401, "sign-in-refused")


async def test_many_sign_ins_of_one_device_at_once_all_come_in(mine: ResidentApp):
    told = await asyncio.gather(*(mine.sign_in_by_device() for _ in range(10)))
    assert [one.status_code for one in told] == [200] * 10


async def test_who_signs_out_does_not_go_on(mine: ResidentApp):
    token = mine.tokens["refresh_token"]
    body = {"refresh_token": token}
    for sent in (
        body,
        body,
        {"refresh_token": f"nowhere.{'A' * 43}"},
        {"refresh_token": f"*.{'A' * 43}"},
    ):
        ended = await mine.client.post("/v1/sessions/endings", json=sent)
        assert (ended.status_code, ended.json()) == (200, {})
    renewed = await mine.client.post("/v1/sessions/renewals", json=body)
    assert is_problem(renewed, 401, "session-over")
    async with asyncio.timeout(5):
        while (await mine.call("GET", "me/device")).status_code != 401:
            await asyncio.sleep(0.1)
    mine.keep(await mine.sign_in_by_device())
