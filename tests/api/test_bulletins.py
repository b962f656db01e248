"""Bulletins are drafted by one person, approved by another, signed, and read by everybody."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from notifications.bulletins import MOST_LISTED
from notifications.match_bulletins import believed
from notifications.sign_bulletins import sign_bulletins
from seals.keys import new_seal_keys
from tests.api.admin_office import Office
from tests.api.campaign_steps import decided
from tests.api.probe import is_problem
from tests.notifications.bulletins_builder import ask_for_one, bulletin_of
from tests.town_builder import Town, new_id

PUBLIC = "/v1/regions/setagaya/bulletins"


@pytest.fixture
def office(app_client: httpx.AsyncClient, token: Any) -> Office:
    return Office(app_client, token)


async def test_a_bulletin_is_published_once_another_person_approved_it(
    office: Office, town: Town, app_client: httpx.AsyncClient
):
    store, bulletin_id, keys = await town.open_store(), new_id(), new_seal_keys()
    now = await town.now()
    path = f"bulletins/{bulletin_id}"
    wished = bulletin_of(now, [store.store_id])
    body = {"bulletin": wished, "reason": "the health office says"}
    at_once = [office.put("campaigns", path, body) for _ in range(3)]
    for asked in await asyncio.gather(*at_once):
        assert asked.status_code == 201, asked.text
    other = {**body, "bulletin": wished | {"kind": "recall"}}
    is_problem(await office.put("campaigns", path, other), 409, "id-in-use")
    is_problem(await office.put("finance", path, body), 403, "role-missing")
    is_problem(await office.put("city", path, body), 403, "role-missing")
    assert (await office.get("city", path)).json()["state"] == "draft"
    assert await sign_bulletins(town.database, town.region, keys) == 0
    assert (await decided(office, bulletin_id)).status_code == 200
    assert (await office.get("city", "bulletins", state="approved")).json()["items"] != []
    assert (await app_client.get(PUBLIC)).json() == {"bulletins": [], "withdrawn": []}
    assert await sign_bulletins(town.database, town.region, keys) == 1
    assert await sign_bulletins(town.database, town.region, keys) == 0
    public = await app_client.get(PUBLIC)
    [signed] = public.json()["bulletins"]
    told = believed(signed, keys.known)
    assert (told["bulletin_id"], told["stores"]) == (str(bulletin_id), [str(store.store_id)])
    again = await app_client.get(PUBLIC, headers={"if-none-match": public.headers["etag"]})
    assert again.status_code == 304
    for state, many in (("draft", 0), ("published", 1), ("over", 0), ("withdrawn", 0)):
        found = (await office.get("auditor", "bulletins", state=state)).json()["items"]
        assert len(found) == many, state
    await _withdraw(office, town, app_client, str(bulletin_id))


async def _withdraw(office: Office, town: Town, client: httpx.AsyncClient, name: str) -> None:
    """At once and by one person; it stands in the log of acts."""
    path = f"bulletins/{name}/withdrawal"
    for _ in range(2):
        done = await office.post("approver", path, {"reason": "another place"})
        assert (done.status_code, done.json()["state"]) == (200, "withdrawn")
    assert (await client.get(PUBLIC)).json() == {"bulletins": [], "withdrawn": [name]}
    is_problem(
        await office.post("campaigns", f"bulletins/{new_id()}/withdrawal", {"reason": "-"}),
        404, "bulletin-unknown",
    )  # fmt: skip
    is_problem(await office.get("city", f"bulletins/{new_id()}"), 404, "bulletin-unknown")
    acts = text("SELECT act FROM access.act WHERE act ~ 'bulletin' ORDER BY at, act_id")
    async with town.database.snapshot(town.region.region_id) as db:
        assert (await db.scalars(acts)).all() == ["bulletin.drafted", "bulletin.withdrawn"]


async def test_places_and_times_that_are_none_are_refused(office: Office, town: Town):
    store, now = await town.open_store(), await town.now()
    for more, slug in (
        ({"stores": [str(new_id())]}, "bulletin-place-unknown"),
        ({"areas": ["nowhere"]}, "bulletin-place-unknown"),
        ({"listed_until": now.isoformat()}, "bulletin-times"),
        ({"listed_until": (now + timedelta(days=61)).isoformat()}, "bulletin-times"),
        (
            {"from_at": (now - timedelta(days=61)).isoformat(),
             "until_at": (now - timedelta(days=60)).isoformat()},
            "bulletin-times",
        ),
        (
            {"from_at": (now + timedelta(hours=1)).isoformat(),
             "until_at": (now + timedelta(hours=2)).isoformat()},
            "bulletin-times",
        ),
        ({"stores": []}, "malformed-request"),
        ({"until_at": 1_800_000_000}, "malformed-request"),
        # Which no worker could write in UTC, so that none would sign anything any more.
        (dict.fromkeys(("from_at", "until_at"), "9999-12-31T23:00:00-14:00"), "malformed-request"),
    ):  # fmt: skip
        wished = {"bulletin": bulletin_of(now, [store.store_id], **more), "reason": "-"}
        answer = await office.put("campaigns", f"bulletins/{new_id()}", wished)
        assert answer.status_code == 422, answer.text
        assert slug in answer.json()["type"], answer.text


async def test_what_was_withdrawn_is_approved_no_more(office: Office, town: Town):
    store, bulletin_id = await town.open_store(), new_id()
    wished = {"bulletin": bulletin_of(await town.now(), [store.store_id]), "reason": "-"}
    await office.put("campaigns", f"bulletins/{bulletin_id}", wished)
    gone = await office.post(
        "campaigns", f"bulletins/{bulletin_id}/withdrawal", {"reason": "wrong"}
    )
    assert gone.status_code == 200
    is_problem(await decided(office, bulletin_id), 409, "bulletin-withdrawn")
    assert await sign_bulletins(town.database, town.region, new_seal_keys()) == 0


async def test_no_more_are_published_than_phones_download(office: Office, town: Town):
    store = await town.open_store()
    bulletin_id = await ask_for_one(town, store.store_id)
    async with town.database.transaction(town.region.region_id) as db:
        await db.execute(
            text(
                "INSERT INTO notifications.bulletin (region_id, bulletin_id, document, drafted_by,"
                " until) SELECT region_id, gen_random_uuid(), document, drafted_by, until"
                " FROM notifications.bulletin, generate_series(1, :many)"
            ),
            {"many": MOST_LISTED},
        )
        await db.execute(
            text(
                "UPDATE notifications.bulletin SET approved_by = 'admin:y', approved_at = now()"
                " WHERE bulletin_id <> :this"
            ),
            {"this": bulletin_id},
        )
    is_problem(await decided(office, bulletin_id), 409, "bulletins-enough")
    async with town.database.transaction(town.region.region_id) as db:
        one = "(SELECT bulletin_id FROM notifications.bulletin WHERE approved_at < now() LIMIT 1)"
        gone = "SET withdrawn_by = 'admin:y', withdrawn_at = now()"
        await db.execute(text(f"UPDATE notifications.bulletin {gone} WHERE bulletin_id = {one}"))
    assert (await decided(office, bulletin_id)).status_code == 200
