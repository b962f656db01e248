"""A resident sees and names the own devices, and nobody else's."""

from uuid import UUID, uuid4

import httpx
import pytest

from access.devices import Device, add_key
from core.database import Database
from tests.access.device_key import DeviceKey
from tests.api.conftest import Bearer
from tests.api.phone import Token
from tests.api.probe import is_problem


async def added(database: Database, person: UUID, name: str = "電話") -> Device:
    async with database.transaction(1) as db:
        public = DeviceKey().public
        return await add_key(
            db, 1, owner="resident", subject_id=person, public_key=public, name=name
        )


async def test_devices_are_listed_by_pages_and_named(
    app_client: httpx.AsyncClient, database: Database, token: Token
):
    person = uuid4()
    ids = [str((await added(database, person, f"電話{n}")).device_id) for n in range(3)]
    theirs = await added(database, uuid4())
    headers = {"Authorization": f"Bearer {token('resident', sub=person)}"}
    first = (await app_client.get("/v1/me/devices?limit=2", headers=headers)).json()
    cursor = first["next_cursor"]
    rest = (await app_client.get(f"/v1/me/devices?cursor={cursor}", headers=headers)).json()
    shown = [*first["items"], *rest["items"]]
    assert [item["device_id"] for item in shown] == ids
    assert shown[0] | {"made_at": "", "usable_from": ""} == {
        "device_id": ids[0],
        "kind": "key",
        "name": "電話0",
        "is_usable": True,
        "usable_from": "",
        "made_at": "",
        "used_at": None,
    }
    renamed = await app_client.patch(
        f"/v1/me/devices/{ids[1]}", json={"name": "👵🏽の電話"}, headers=headers
    )
    assert renamed.json()["name"] == "👵🏽の電話"
    for other in (theirs.device_id, uuid4()):
        answer = await app_client.patch(
            f"/v1/me/devices/{other}", json={"name": "mine"}, headers=headers
        )
        assert is_problem(answer, 404, "device-unknown")


@pytest.mark.parametrize(
    "name", ["", " ", "あ" * 81, "x" * 10_000, "a\u0000b", "a\u202eb", 5, None]
)
async def test_no_name_that_nobody_could_read(
    client: httpx.AsyncClient, bearer: Bearer, name: object
):
    path = f"/v1/me/devices/{uuid4()}"
    answer = await client.patch(path, json={"name": name}, headers=bearer())
    assert is_problem(answer, 422, "malformed-request")
