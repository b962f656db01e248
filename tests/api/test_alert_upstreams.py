"""Upstreams of alerts are registered by two people, and PostgreSQL lets nothing else out."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from access.acts import Doer
from notifications.alerts import draft_alert
from notifications.upstreams import ask_for_upstream, revoke_upstream
from tests.api.admin_office import Office
from tests.api.campaign_steps import decided
from tests.api.probe import is_problem
from tests.notifications.alerts_builder import TYPIST, made_alert, typed_alert
from tests.notifications.upstream_builder import (
    KEY,
    cap_xml,
    made_upstream,
    registered,
    tell_alert,
    upstream_of,
)
from tests.servers import Place
from tests.town_builder import Town, new_id

PUBLIC = "/v1/regions/setagaya/alerts"
MESSAGES = "SELECT message_id FROM notifications.message"
OTHER_SENDER = "alert@other.example"


@pytest.fixture
def office(app_client: httpx.AsyncClient, token: Any) -> Office:
    return Office(app_client, token)


async def test_two_people_register_an_upstream_and_one_revokes_it(
    office: Office, town: Town, app_client: httpx.AsyncClient
):
    upstream_id, content = new_id(), cap_xml(await town.now())
    path, geocodes = f"alert-upstreams/{upstream_id}", upstream_of()["geocodes"]
    body: dict[str, Any] = {"upstream": upstream_of(geocodes=geocodes[:1]), "reason": "agreed"}
    is_problem(await office.put("campaigns", path, body), 403, "role-missing")
    elsewhere = {**body, "upstream": upstream_of()}
    is_problem(await office.put("desk", path, elsewhere), 422, "alert-place-unknown")
    asked = await office.put("desk", path, body)
    assert asked.status_code == 201, asked.text
    raw = KEY.public_key().public_bytes_raw()
    assert asked.json()["facts"]["key"] == sha256(raw).hexdigest(), "what both sides compare"
    other = {**body, "upstream": {**body["upstream"], "name": "x"}}
    is_problem(await office.put("desk", path, other), 409, "id-in-use")
    is_problem(await tell_alert(app_client, upstream_id, content), 404, "alert-upstream-unknown")
    is_problem(
        await decided(office, upstream_id, sub=office.people["desk"]), 409, "second-person-needed"
    )
    second = new_id()
    assert (await office.put("desk", f"alert-upstreams/{second}", body)).status_code == 201
    assert (await decided(office, upstream_id)).status_code == 200
    is_problem(await decided(office, second), 409, "alert-sender-taken")
    assert (await tell_alert(app_client, upstream_id, content)).json()["outcome"] == "out"

    why = {"reason": "the key leaked"}
    for _ in range(2):
        revoked = await office.post("desk", f"{path}/revocations", why)
        assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    is_problem(await tell_alert(app_client, upstream_id, content), 409, "alert-upstream-revoked")
    assert (await decided(office, second)).status_code == 200, "the sender is free again"
    for state, many in (("asked", 0), ("stands", 1), ("revoked", 1)):
        found = (await office.get("auditor", "alert-upstreams", state=state)).json()["items"]
        assert len(found) == many, state
    assert (await office.get("auditor", path)).json()["upstream"]["name"] == body["upstream"][
        "name"
    ]
    is_problem(await office.get("city", path), 403, "role-missing")
    unknown = f"alert-upstreams/{new_id()}"
    is_problem(await office.get("desk", unknown), 404, "alert-upstream-unknown")
    is_problem(
        await office.post("desk", f"{unknown}/revocations", why), 404, "alert-upstream-unknown"
    )
    rows = "SELECT act FROM access.act WHERE act LIKE 'alert%' ORDER BY act"
    assert [row.act for row in await town.rows(rows)] == [
        "alert.received", *["alert_upstream.drafted"] * 2, "alert_upstream.revoked",
    ]  # fmt: skip


async def test_postgresql_lets_nothing_else_out(
    town: Town, place: Place, app_client: httpx.AsyncClient
):
    upstream_id, now, region_id = await registered(town), await town.now(), town.region.region_id
    answer = await tell_alert(app_client, upstream_id, cap_xml(now))
    by_us, typed = answer.json()["alert_id"], await typed_alert(town)
    asked, doer = await _only_asked(town), Doer(UUID(int=1), "admin:x", "desk")
    superuser = await asyncpg.connect(place.superuser_url)
    approved = "approved_at = now(), cap = '-', reach = 'residents'"
    try:
        for alert_id, change, constraint in (
            (by_us, "approved_by = 'admin:x'", "alert_is_approved_by_another"),
            (by_us, "drafted_by = 'admin:x'", "alert_is_approved_by_another"),
            (by_us, "upstream_id = NULL, upstream_approval = NULL", "alert_is_approved_by_another"),
            (by_us, "upstream_approval = 'asked'", "alert_upstream_was_approved"),
            (by_us, (f"upstream_id = '{asked}', drafted_by = 'upstream:{asked}',"
                    f" approved_by = 'upstream:{asked}'"), "alert_upstream_fk"),
            (typed, f"{approved}, approved_by = drafted_by", "alert_is_approved_by_another"),
            (typed, f"{approved}, approved_by = 'upstream:{upstream_id}'",
             "alert_is_approved_by_another"),
            (typed, (f"{approved}, approved_by = 'admin:z', upstream_id = '{upstream_id}',"
                    " upstream_approval = 'approved'"), "alert_is_approved_by_another"),
        ):  # fmt: skip
            with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=constraint):
                await superuser.execute(
                    f"UPDATE notifications.alert SET {change} WHERE alert_id = $1", alert_id
                )
        for change, constraint in (
            ("approved_by = drafted_by", "alert_upstream_is_approved_by_another"),
            ("approval = 'asked'", "alert_upstream_is_approved_by_another"),
        ):
            with pytest.raises(asyncpg.CheckViolationError, match=constraint):
                await superuser.execute(
                    f"UPDATE notifications.alert_upstream SET {change} WHERE approval <> 'asked'"
                )
        with pytest.raises(asyncpg.CheckViolationError, match="cap_arrival_is_kept_whole"):
            await superuser.execute("UPDATE notifications.cap_arrival SET xml = 'x'")
    finally:
        await superuser.close()
    async with town.database.transaction(region_id) as db:
        await revoke_upstream(db, region_id, upstream_id, "test", doer, now)
    with pytest.raises(ProgrammingError, match="of_an_upstream_that_stands"):
        async with town.database.transaction(region_id) as db:
            await draft_alert(
                db, region_id, new_id(), made_alert(now), f"upstream:{upstream_id}", upstream_id
            )
    async with town.database.transaction(region_id) as db:
        gone = await db.execute(text("DELETE FROM notifications.cap_arrival RETURNING 1"))
        assert gone.all() == [], "what let an alert out is not forgotten"


async def _only_asked(town: Town) -> UUID:
    """An upstream that one person alone has typed."""
    upstream_id = new_id()
    made = made_upstream(geocodes=upstream_of()["geocodes"][:1], sender="asked@example")
    async with town.database.transaction(town.region.region_id) as db:
        await ask_for_upstream(db, town.region, upstream_id, made, "test", await town.now(), TYPIST)
    return upstream_id
