"""Partners are registered, paused and dropped by those who write to segments or approve."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert
from standardwebhooks import Webhook

from notifications.partners import MOST_PARTNERS
from notifications.tables import address
from tests.api.admin_office import ROLES, Office
from tests.api.probe import is_problem
from tests.notifications.dead_rows import give_up
from tests.notifications.partner_side import REASON
from tests.town_builder import Town, new_id

BODY: dict[str, Any] = {
    "name": "Radio", "url": "http://127.0.0.1:9/hook", "kinds": ["emergency"],
}  # fmt: skip
ENDS = {
    "changes": REASON | {"name": "Radio", "url": "http://127.0.0.1:9/moved"},
    "state-changes": REASON | {"state": "paused"},
    "rotations": {},
}


@pytest.fixture
def office(app_client: httpx.AsyncClient, token: Any) -> Office:
    return Office(app_client, token)


async def test_a_partner_is_registered_once_and_its_secret_shown_once(office: Office, town: Town):
    path = f"partners/{new_id()}"
    first = await office.put("approver", path, BODY)
    secret = first.json()["secret"]
    assert Webhook(secret)
    again = await office.put("campaigns", path, BODY)
    assert again.headers["idempotent-replay"] == "true"
    assert again.json() == first.json() | {"secret": None}
    for role in ("city", "desk", "auditor"):
        told = (await office.get(role, path)).json()
        assert told == {name: said for name, said in first.json().items() if name != "secret"}
    is_problem(await office.put("approver", path, BODY | {"name": "-"}), 409, "id-in-use")
    is_problem(await office.put("approver", f"partners/{new_id()}", BODY), 409, "partner-known")
    await office.allows(f"partners/{new_id()}", ("campaigns", "approver"), BODY)
    said: dict[str, httpx.Response] = {}
    for end, body in ENDS.items():
        said = {role: (await office.post(role, f"{path}/{end}", body)) for role in ROLES}
        done = {role for role, answer in said.items() if answer.status_code == 200}
        assert done == {"campaigns", "approver"}
        assert {said[role].status_code for role in set(ROLES) - done} == {403}
    assert said["approver"].json()["secret"] not in (None, secret)
    assert said["approver"].json()["old_secret_until"] is not None
    [row] = await town.rows("SELECT * FROM notifications.address")
    assert not [shown for shown in (secret, said["approver"].json()["secret"]) if shown in str(row)]
    acts = await town.rows("SELECT act, reason, facts FROM access.act ORDER BY act_id")
    assert [act[0] for act in acts] == [
        "partner.registered", "partner.moved", "partner.paused", "partner.rotated",
        "partner.rotated",
    ]  # fmt: skip
    assert "127.0.0.1" not in str(acts), "its address may have a key in it"


async def test_what_is_no_partner_is_refused(office: Office, town: Town, second_town: Town):
    for wrong, slug in (
        ({"url": "ftp://radio.example/"}, "malformed-request"),
        ({"url": "https://user:secret@radio.example/"}, "malformed-request"),
        ({"url": "https://" + "a" * 500}, "malformed-request"),
        ({"kinds": []}, "malformed-request"),
        ({"kinds": ["emergency", "payment"]}, "malformed-request"),
        ({"name": ""}, "malformed-request"),
        ({"name": "x" * 81}, "malformed-request"),
        ({"url": "http://radio.example/"}, "webhook-address-refused"),
        ({"url": "https://radio.example:22/"}, "webhook-address-refused"),
        ({"url": "https://10.0.0.1/"}, "webhook-address-refused"),
        ({"url": "https://169.254.169.254/latest/"}, "webhook-address-refused"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "webhook-address-refused"),
    ):
        is_problem(await office.put("approver", f"partners/{new_id()}", BODY | wrong), 422, slug)
    assert (await office.get("city", "partners")).json()["items"] == []
    await give_up(town, "email")
    [[somebodys]] = await town.rows("SELECT address_id FROM notifications.address")
    taken = await office.put("approver", f"partners/{UUID(int=somebodys.int)}", BODY)
    is_problem(taken, 409, "id-in-use")
    theirs = new_id()
    async with second_town.database.transaction(second_town.region.region_id) as db:
        await db.execute(
            insert(address).values(
                region_id=second_town.region.region_id, address_id=theirs, channel="webhook",
                address="https://theirs.example/", name="-", kinds=["emergency"], secret=b"-",
                made_by="admin:x", secret_made_at=await town.now(),
            )
        )  # fmt: skip
    for nobody in (theirs, UUID(int=somebodys.int), new_id()):
        path = f"partners/{nobody}"
        answers = [await office.get("city", path), await office.get("city", f"{path}/deliveries")]
        answers += [await office.post("approver", f"{path}/{end}", ENDS[end]) for end in ENDS]
        answers.append(await office.put("approver", f"{path}/tests/{new_id()}", {}))
        for answer in answers:
            is_problem(answer, 404, "partner-unknown")


async def test_there_are_so_many_and_dropped_ones_make_room(office: Office, town: Town):
    made = []
    for nth in range(MOST_PARTNERS):
        body = BODY | {"url": f"http://127.0.0.1:9/{nth}"}
        made.append((await office.put("approver", f"partners/{new_id()}", body)).json())
    is_problem(await office.put("approver", f"partners/{new_id()}", BODY), 409, "partners-enough")
    path, known = f"partners/{made[0]['partner_id']}", REASON | {"name": "-"}
    for url, status, slug in (
        (made[1]["url"], 409, "partner-known"),
        ("https://10.0.0.1/", 422, "webhook-address-refused"),
        ("ftp://radio.example/", 422, "malformed-request"),
    ):
        refused = await office.post("approver", f"{path}/changes", known | {"url": url})
        is_problem(refused, status, slug)
    same = known | {"url": made[0]["url"], "name": "Radio II"}
    told = [(await office.post("approver", f"{path}/changes", same)).json() for _ in range(2)]
    for each in told:
        assert each | {"secret": made[0]["secret"]} == made[0] | {"name": "Radio II"}
    acts = "SELECT reason FROM access.act WHERE act = 'partner.renamed'"
    assert [tuple(act) for act in await town.rows(acts)] == [("wanted",)]
    for _ in range(2):
        body = REASON | {"state": "dropped"}
        gone = await office.post("approver", f"{path}/state-changes", body)
        assert (gone.json()["state"], gone.json()["why"]) == ("dropped", "by-staff")
        assert gone.json()["url"] is None
    [row] = await town.rows("SELECT secret, address FROM notifications.address"
                            " WHERE state = 'dropped'")  # fmt: skip
    assert tuple(row) == (None, "")
    for end, said in {**ENDS, "state-changes": REASON | {"state": "active"}}.items():
        is_problem(await office.post("approver", f"{path}/{end}", said), 409, "partner-dropped")
    test = await office.put("approver", f"{path}/tests/{new_id()}", {})
    is_problem(test, 409, "partner-dropped")
    again = BODY | {"url": made[0]["url"]}
    assert (await office.put("approver", f"partners/{new_id()}", again)).status_code == 201
    page = (await office.get("city", "partners", limit=4)).json()
    rest = await office.get("city", "partners", limit=200, cursor=page["next_cursor"])
    assert len(page["items"]) + len(rest.json()["items"]) == MOST_PARTNERS
    [one] = (await office.get("city", "partners", state="dropped")).json()["items"]
    assert one["partner_id"] == made[0]["partner_id"]
    assert (await office.get("city", "partners", kind="campaign")).json()["items"] == []
