"""An alert is typed once, let out by another person, and is in every inbox; an exercise in none."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from access.acts import Doer
from core.errors import Problem
from notifications.alerts import ALERT_OVER, approve_alert
from notifications.messages import Message, Words, put_message
from notifications.spread_alerts import spread_alerts
from tests.api.admin_office import Office
from tests.api.campaign_steps import decided
from tests.api.probe import is_problem
from tests.notifications.alerts_builder import TEXTS, alert_of
from tests.notifications.cap_rules import faults
from tests.notifications.notices_builder import PLAIN, drafted_notice
from tests.residents.people import enrol
from tests.servers import Place
from tests.town_builder import Town, new_id
from worker.spread import spreader_of

PUBLIC = "/v1/regions/setagaya/alerts"
MESSAGES = (
    "SELECT message_id, state, replaces, kind, audience FROM notifications.message ORDER BY 1"
)


@pytest.fixture
def office(app_client: httpx.AsyncClient, token: Any) -> Office:
    return Office(app_client, token)


async def typed(office: Office, town: Town, **more: Any) -> UUID:
    alert_id = new_id()
    body = {"alert": alert_of(await town.now(), **more), "reason": "it rains"}
    asked = await office.put("desk", f"alerts/{alert_id}", body)
    assert asked.status_code == 201, asked.text
    return alert_id


async def out(office: Office, town: Town, **more: Any) -> UUID:
    alert_id = await typed(office, town, **more)
    answer = await decided(office, alert_id)
    assert answer.status_code == 200, answer.text
    return alert_id


async def test_an_alert_an_update_and_a_cancel_take_each_others_place(
    office: Office, town: Town, app: FastAPI, app_client: httpx.AsyncClient
):
    alert_id = await typed(office, town)
    body = {"alert": alert_of(await town.now(), severity="Minor"), "reason": "-"}
    is_problem(await office.put("desk", f"alerts/{alert_id}", body), 409, "id-in-use")
    is_problem(await office.put("city", f"alerts/{new_id()}", body), 403, "role-missing")
    assert await town.rows(MESSAGES) == [], "one person reaches nobody"
    assert str(alert_id) not in (await app_client.get(PUBLIC)).text
    is_problem(await app_client.get(f"{PUBLIC}/{alert_id}"), 404, "alert-unknown")
    draft = await office.get("city", f"alerts/{alert_id}/radio")
    assert "未承認" in draft.text
    same_person = office.people["desk"]
    is_problem(await decided(office, alert_id, sub=same_person), 409, "second-person-needed")
    assert (await decided(office, alert_id)).status_code == 200
    [told] = await town.rows(MESSAGES)
    assert tuple(told) == (alert_id, "active", None, "emergency", "everybody")
    cap = await app_client.get(f"{PUBLIC}/{alert_id}")
    assert cap.headers["content-type"].startswith("application/cap+xml")
    assert faults(cap.text) == []
    tag = {"if-none-match": cap.headers["etag"]}
    assert (await app_client.get(f"{PUBLIC}/{alert_id}", headers=tag)).status_code == 304

    updated = await typed(office, town, message_type="Update", earlier=str(alert_id))
    draft = await office.get("city", f"alerts/{updated}/cap")
    assert faults(draft.text) == [], "with the references that it would go out with"
    assert (await decided(office, updated)).status_code == 200
    cancelled = await out(office, town, message_type="Cancel", earlier=str(updated))
    told = [tuple(row)[:3] for row in await town.rows(MESSAGES)]
    assert told == [
        (alert_id, "replaced", None),
        (updated, "cancelled", alert_id),
        (cancelled, "active", updated),
    ]
    feed = (await app_client.get(PUBLIC)).text
    assert [str(each) in feed for each in (alert_id, updated, cancelled)] == [False, False, True]
    state = app.state.meguri
    known = state.settings.model_copy(update={"public_url": "https://api.example.jp"})
    app.state.meguri = replace(state, settings=known)
    feed = (await app_client.get(PUBLIC, headers={"host": "evil.example"})).text
    assert f'href="https://api.example.jp{PUBLIC}/{cancelled}"' in feed
    assert "evil" not in feed, "a copy of it goes on to others"
    last = (await app_client.get(f"{PUBLIC}/{cancelled}")).text
    assert faults(last) == []
    assert last.count(f"setagaya-{alert_id},") == 1
    for state, many in (("draft", 0), ("updated", 1), ("cancelled", 1), ("out", 1), ("over", 0)):
        found = (await office.get("auditor", "alerts", state=state)).json()["items"]
        assert len(found) == many, state
    for earlier in (alert_id, cancelled, new_id()):
        more = alert_of(await town.now(), message_type="Update", earlier=str(earlier))
        wished = {"alert": more, "reason": "-"}
        is_problem(await office.put("desk", f"alerts/{new_id()}", wished), 409, "alert-not-out")


async def test_of_two_at_once_one_is_typed_and_a_notice_has_no_alerts_id(
    office: Office, town: Town
):
    body = {"alert": alert_of(await town.now()), "reason": "it rains"}
    alert_id = new_id()
    asked = [office.put("desk", f"alerts/{alert_id}", body) for _ in range(4)]
    assert {each.status_code for each in await asyncio.gather(*asked)} == {201}
    notice_id = await drafted_notice(town, {"by": "declared"}, PLAIN)
    is_problem(await office.put("desk", f"alerts/{notice_id}", body), 409, "id-in-use")
    drafted = (await office.get("campaigns", f"notices/{notice_id}")).json()
    wished = {"template_id": drafted["template_id"], "purpose": "-", "segment": {"by": "declared"}}
    answer = await office.put("campaigns", f"notices/{alert_id}", wished)
    is_problem(answer, 409, "id-in-use")


async def test_alerts_are_found_by_what_they_are_and_when_they_were_typed(
    office: Office, town: Town
):
    meant = await out(office, town)
    drill = await typed(office, town, status="Exercise")
    update = await out(office, town, message_type="Update", earlier=str(meant))
    at = (await office.get("city", f"alerts/{drill}")).json()["drafted_at"]
    for wanted, ids in (
        ({"status": "Actual"}, [update, meant]),
        ({"status": "Exercise"}, [drill]),
        ({"status": "Exercise", "state": "out"}, []),
        ({"message_type": "Update"}, [update]),
        ({"message_type": "Alert", "since": at}, [drill]),
        ({"until": at}, [meant]),
        ({"upstream_id": str(new_id())}, []),
    ):
        found = (await office.get("auditor", "alerts", **wanted)).json()["items"]
        assert [each["alert_id"] for each in found] == [str(each) for each in ids], wanted
    first = (await office.get("city", "alerts", status="Actual", limit=1)).json()
    rest = await office.get("city", "alerts", status="Actual", cursor=first["next_cursor"])
    assert [each["alert_id"] for each in rest.json()["items"]] == [str(meant)]


async def test_of_two_updates_one_goes_out(office: Office, town: Town):
    alert_id = await out(office, town)
    first, second = [
        await typed(office, town, message_type="Update", earlier=str(alert_id)) for _ in range(2)
    ]
    assert (await decided(office, first)).status_code == 200
    is_problem(await decided(office, second), 409, "alert-not-out")
    assert len(await town.rows(MESSAGES)) == 2


async def test_an_exercise_is_shown_to_staff_and_reaches_nobody(
    office: Office, town: Town, app_client: httpx.AsyncClient, place: Place
):
    alert_id = await out(office, town, status="Exercise")
    found = (await office.get("city", f"alerts/{alert_id}")).json()
    assert (found["state"], found["reaches_residents"]) == ("out", False)
    cap = (await office.get("city", f"alerts/{alert_id}/cap")).text
    assert faults(cap) == []
    assert "<status>Exercise</status>" in cap
    assert (await office.get("city", f"alerts/{alert_id}/radio")).text.startswith("【訓練】")
    is_problem(await app_client.get(f"{PUBLIC}/{alert_id}"), 404, "alert-unknown")
    assert str(alert_id) not in (await app_client.get(PUBLIC)).text
    assert await spread_alerts(town.database, town.region, lambda: None) == 0
    assert await town.rows(MESSAGES) == []
    more = alert_of(await town.now(), message_type="Cancel", earlier=str(alert_id))
    wished = {"alert": more, "reason": "-"}
    is_problem(await office.put("desk", f"alerts/{new_id()}", wished), 409, "alert-not-out")
    await out(office, town, status="Exercise", message_type="Update", earlier=str(alert_id))
    assert await town.rows(MESSAGES) == []
    await _is_refused_by_postgresql(town, place, alert_id)


async def _is_refused_by_postgresql(town: Town, place: Place, alert_id: UUID) -> None:
    """Also to code of ours that goes wrong, and to whoever may do everything."""
    now = await town.now()
    texts: Any = {language: Words(**words) for language, words in TEXTS.items()}
    made = Message(alert_id, "emergency", "everybody", texts, {}, now, now + timedelta(hours=1))
    with pytest.raises(Exception, match="message_alert_fk"):
        async with town.database.transaction(town.region.region_id) as db:
            await put_message(db, town.region.region_id, made)
    superuser = await asyncpg.connect(place.superuser_url)
    try:
        for change, constraint in (
            ("reach = 'residents'", "alert_of_an_exercise_reaches_nobody"),
            ("approved_by = drafted_by", "alert_is_approved_by_another"),
            ("cap = NULL", "alert_goes_out_as_cap"),
        ):
            with pytest.raises(asyncpg.CheckViolationError, match=constraint):
                await superuser.execute(f"UPDATE notifications.alert SET {change}")
    finally:
        await superuser.close()


async def test_everybody_is_in_the_outbox_once_in_chunks(office: Office, town: Town):
    people = {(await town.open_wallet()).person_id for _ in range(5)}
    for each in people:
        await enrol(town.database, town.region.region_id, each)
    alert_id, beats = await out(office, town), [0]

    def beat() -> None:
        beats[0] += 1
        if beats[0] == 2:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        await spread_alerts(town.database, town.region, beat, chunk=2)
    rows = await town.rows("SELECT person_id FROM notifications.outbox")
    assert len(rows) == 2, "what was done stands"
    await spreader_of(town.database).round()
    assert await spread_alerts(town.database, town.region, beat, chunk=2) == 0
    rows = await town.rows("SELECT person_id, item_id, kind, channel FROM notifications.outbox")
    assert len(rows) == len(people)
    assert {UUID(int=row[0].int) for row in rows} == people
    assert {tuple(row)[1:] for row in rows} == {(alert_id, "emergency", "inbox")}


async def test_what_was_updated_meanwhile_is_spread_no_further(office: Office, town: Town):
    people = {(await town.open_wallet()).person_id for _ in range(4)}
    for each in people:
        await enrol(town.database, town.region.region_id, each)
    first, beats = await out(office, town), [0]

    class _UpdatedError(Exception):
        pass

    def beat() -> None:
        beats[0] += 1
        if beats[0] == 2:
            raise _UpdatedError

    with pytest.raises(_UpdatedError):
        await spread_alerts(town.database, town.region, beat, chunk=2)
    update = await out(office, town, message_type="Update", earlier=str(first))
    assert await spread_alerts(town.database, town.region, lambda: None, chunk=2) == 1
    rows = await town.rows("SELECT message_id, count(*) FROM notifications.outbox GROUP BY 1")
    assert {UUID(int=row[0].int): row[1] for row in rows} == {first: 2, update: 4}


async def test_places_and_times_that_are_none_are_refused(office: Office, town: Town):
    now = await town.now()
    for more, slug in (
        ({"areas": ["nowhere"]}, "alert-place-unknown"),
        ({"expires": now.isoformat()}, "alert-times"),
        ({"expires": (now + timedelta(days=15)).isoformat()}, "alert-times"),
        ({"expires": int(now.timestamp()) + 3_600}, "malformed-request"),
        ({"onset": "0001-01-01T00:00:00+14:00"}, "malformed-request"),
    ):
        wished = {"alert": alert_of(now, **more), "reason": "-"}
        is_problem(await office.put("desk", f"alerts/{new_id()}", wished), 422, slug)
    is_problem(await office.get("city", f"alerts/{new_id()}"), 404, "alert-unknown")


async def test_an_alert_whose_time_is_over_goes_out_no_more(office: Office, town: Town):
    alert_id, doer = await typed(office, town), Doer(UUID(int=2), "admin:y", "approver")
    later = await town.now() + timedelta(hours=7)
    with pytest.raises(Problem) as refused:
        async with town.database.transaction(town.region.region_id) as db:
            await approve_alert(db, town.region, alert_id, doer, later)
    assert refused.value.type is ALERT_OVER
