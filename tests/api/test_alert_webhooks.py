"""What an upstream signs is out at once and kept as it came; what nobody signed is not taken."""

import asyncio
import base64
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.alert_webhooks import TAKEN
from api.state import State
from core.metrics import upstream_alerts
from notifications.arrivals import forget_arrivals
from notifications.read_xml import MOST_BYTES
from notifications.spread_alerts import spread_alerts
from tests.api.admin_office import Office
from tests.api.campaign_steps import decided
from tests.api.probe import is_problem
from tests.notifications.alerts_builder import alert_of, typed_alert
from tests.notifications.cap_rules import faults
from tests.notifications.upstream_builder import (
    CANCELLED,
    OTHER_KEY,
    RAIN,
    cap_xml,
    info_of,
    naming,
    registered,
    signed_by,
    tell_alert,
    upstream_of,
)
from tests.residents.people import enrol
from tests.town_builder import Town, new_id

PUBLIC = "/v1/regions/setagaya/alerts"
MESSAGES = "SELECT message_id FROM notifications.message"
OTHER_SENDER = "alert@other.example"


@pytest.fixture
def office(app_client: httpx.AsyncClient, token: Any) -> Office:
    return Office(app_client, token)


async def test_an_alert_an_update_and_a_cancel_come_through_to_every_inbox(
    office: Office, town: Town, app_client: httpx.AsyncClient, token: Any
):
    upstream_id, now = await registered(town), await town.now()
    people = [(await town.open_wallet()).person_id for _ in range(2)]
    await enrol(town.database, town.region.region_id, people[0])

    async def inboxes(language: str) -> list[Any]:
        found = []
        for person_id in people:
            headers = {"Authorization": f"Bearer {token('resident', person_id)}"}
            query = {"kind": "emergency", "language": language}
            answer = await app_client.get("/v1/me/inbox", params=query, headers=headers)
            [item] = answer.json()["items"]
            found.append(item)
        return found

    async def taken(content: bytes) -> str:
        answer = await tell_alert(app_client, upstream_id, content)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "out"), answer.text
        assert answer.json()["sha256"] == sha256(content).hexdigest()
        alert_id: str = answer.json()["alert_id"]
        cap = await app_client.get(f"{PUBLIC}/{alert_id}")
        assert faults(cap.content) == []
        assert f"<source>{upstream_of()['sender']}</source>" in cap.text
        assert alert_id in (await app_client.get(PUBLIC)).text
        return alert_id

    first = cap_xml(now)
    alert_id = await taken(first)
    for language, words in (("ja", {"title": "大雨警報", "body": "川に近づかない。"}),
                            *RAIN["alert"].items()):  # fmt: skip
        for item in await inboxes(language):
            assert (item["item_id"], item["title"], item["body"]) == (alert_id, *words.values())
    assert await spread_alerts(town.database, town.region, lambda: None) == 1
    kept = (await office.get("desk", f"alerts/{alert_id}")).json()
    assert (kept["upstream_id"], kept["state"]) == (str(upstream_id), "out")
    [found] = (await office.get("desk", "alerts", upstream_id=str(upstream_id))).json()["items"]
    assert found == kept
    assert kept["drafted_by"] == kept["approved_by"] == f"upstream:{upstream_id}"
    assert "大雨警報" in (await office.get("desk", f"alerts/{alert_id}/radio")).text

    worse = info_of(now, headline="大雨特別警報", severity="Extreme")
    second = cap_xml(now, worse, msgType="Update", references=naming(first))
    updated = await taken(second)
    for item in await inboxes("ja"):
        assert (item["item_id"], item["replaces"]) == (updated, alert_id)
        assert item["title"] == "大雨特別警報"
    late = cap_xml(now, msgType="Update", references=naming(first))
    again = await tell_alert(app_client, upstream_id, late)
    is_problem(again, 409, "alert-not-out")

    both = f"{naming(second)} {naming(first)}"
    last = cap_xml(now, msgType="Cancel", references=both)
    cancelled = await taken(last[: last.index(b"<info>")] + b"</alert>")
    for language in ("ja", "ja_plain", "en"):
        for item in await inboxes(language):
            assert (item["item_id"], item["title"]) == (cancelled, CANCELLED[language]["title"])


async def test_the_same_message_is_one_and_another_under_its_name_is_refused(
    town: Town, app_client: httpx.AsyncClient
):
    upstream_id, now = await registered(town), await town.now()
    content = cap_xml(now, identifier="a-1")
    both = await asyncio.gather(*(tell_alert(app_client, upstream_id, content) for _ in range(2)))
    again = await tell_alert(app_client, upstream_id, content)
    answers = [each.json() for each in (*both, again)]
    assert answers == [answers[0]] * 3
    assert again.headers["idempotent-replay"] == "true"
    assert sum("idempotent-replay" in each.headers for each in both) == 1
    other = cap_xml(now, info_of(now, severity="Minor"), identifier="a-1")
    is_problem(await tell_alert(app_client, upstream_id, other), 409, "id-in-use")
    assert len(await town.rows(MESSAGES)) == 1


async def test_exercises_and_tests_reach_nobody(
    office: Office, town: Town, app_client: httpx.AsyncClient
):
    upstream_id, now = await registered(town), await town.now()
    exercise = cap_xml(now, status="Exercise")
    answer = (await tell_alert(app_client, upstream_id, exercise)).json()
    assert answer["outcome"] == "exercise"
    found = (await office.get("desk", f"alerts/{answer['alert_id']}")).json()
    assert (found["state"], found["reaches_residents"]) == ("out", False)
    is_problem(await app_client.get(f"{PUBLIC}/{answer['alert_id']}"), 404, "alert-unknown")
    for status in ("Test", "System"):
        tested = (await tell_alert(app_client, upstream_id, cap_xml(now, status=status))).json()
        assert (tested["outcome"], tested["alert_id"]) == ("test", None)
    unregistered = cap_xml(now, info_of(now, event="花火"), status="Test")
    is_problem(await tell_alert(app_client, upstream_id, unregistered), 409, "cap-event-unknown")
    real = cap_xml(now, msgType="Update", references=naming(exercise))
    is_problem(await tell_alert(app_client, upstream_id, real), 409, "alert-not-out")
    assert await town.rows(MESSAGES) == []


async def test_an_upstream_follows_its_own_alerts_and_those_of_nobody_else(
    office: Office, town: Town, app_client: httpx.AsyncClient
):
    upstream_id, now = await registered(town), await town.now()
    other = await registered(town, OTHER_KEY, sender=OTHER_SENDER)
    first = cap_xml(now)
    alert_id = (await tell_alert(app_client, upstream_id, first)).json()["alert_id"]
    for said, slug in (
        ({"references": naming(first), "sender": OTHER_SENDER}, "cap-reference-unknown"),
        ({"references": naming(first)}, "cap-sender-wrong"),
    ):
        wished = cap_xml(now, msgType="Cancel", **said)
        answer = await tell_alert(app_client, other, wished, key=OTHER_KEY)
        is_problem(answer, 404 if "reference" in slug else 409, slug)
    typed = await typed_alert(town)
    assert (await decided(office, typed)).status_code == 200
    ours = (await office.get("desk", f"alerts/{typed}/cap")).content
    at_another_time = f"{naming(first).rpartition(',')[0]},2026-01-01T00:00:00+09:00"
    of_another = naming(first).replace(upstream_of()["sender"], OTHER_SENDER)
    for references in (
        naming(ours), naming(cap_xml(now)), at_another_time, of_another,
        f"{naming(first)} {of_another}",
    ):  # fmt: skip
        wished = cap_xml(now, msgType="Update", references=references)
        is_problem(await tell_alert(app_client, upstream_id, wished), 404, "cap-reference-unknown")
    lifted = {"alert": alert_of(now, message_type="Cancel", earlier=alert_id), "reason": "false"}
    cancel_id = new_id()
    assert (await office.put("desk", f"alerts/{cancel_id}", lifted)).status_code == 201
    assert (await decided(office, cancel_id)).status_code == 200, "two people may end it"
    wished = cap_xml(now, msgType="Update", references=naming(first))
    is_problem(await tell_alert(app_client, upstream_id, wished), 409, "alert-not-out")


def counted(outcome: str) -> float:
    found: float = upstream_alerts.labels(outcome)._value.get()
    return found


async def test_what_came_is_kept_byte_for_byte_and_what_was_refused_too(
    office: Office, town: Town, app_client: httpx.AsyncClient
):
    upstream_id, now, refusals = await registered(town), await town.now(), counted("refused")
    taken = b"\xef\xbb\xbf" + cap_xml(now).replace(b"<info>", b"<!-- x -->\r\n<info>")
    arrival_id = (await tell_alert(app_client, upstream_id, taken)).json()["arrival_id"]
    wrong = cap_xml(now, info_of(now, event="花火"))
    for _ in range(2):
        answer = await tell_alert(app_client, upstream_id, wrong)
        is_problem(answer, 409, "cap-event-unknown")
    is_problem(await tell_alert(app_client, upstream_id, b"<a"), 422, "xml-wrong")
    assert counted("refused") - refusals == 3
    path = f"alert-upstreams/{upstream_id}/arrivals"
    found = (await office.get("auditor", path)).json()["items"]
    assert [each["refusal"] for each in found] == ["xml-wrong", "cap-event-unknown", None]
    [refused] = (await office.get("desk", path, outcome="refused", limit=1)).json()["items"]
    assert (refused["alert_id"], refused["identifier"]) == (None, None)
    for kept, content in ((arrival_id, taken), (refused["arrival_id"], b"<a")):
        file = await office.get("desk", f"{path}/{kept}")
        assert file.content == content
        digest = base64.b64encode(sha256(content).digest()).decode()
        assert file.headers["content-digest"] == f"sha-256=:{digest}:"
        assert file.headers["content-disposition"].startswith("attachment")
    await town.set_clock(now + timedelta(days=91))
    async with town.database.transaction(town.region.region_id) as db:
        assert await forget_arrivals(db, town.region.region_id, 10) == 2
    [left] = (await office.get("desk", path)).json()["items"]
    assert left["arrival_id"] == arrival_id, "as long as its alert"
    other = await registered(town, OTHER_KEY, sender=OTHER_SENDER)
    elsewhere = f"alert-upstreams/{other}/arrivals/{arrival_id}"
    is_problem(await office.get("desk", elsewhere), 404, "cap-arrival-unknown")
    is_problem(
        await office.get("desk", f"alert-upstreams/{new_id()}/arrivals"), 404,
        "alert-upstream-unknown",
    )  # fmt: skip


async def test_what_is_not_signed_so_lets_nothing_out(
    town: Town, app: FastAPI, app_client: httpx.AsyncClient
):
    upstream_id, content = await registered(town), cap_xml(await town.now())
    good, counts = signed_by(content), {name: counted(name) for name in ("out", "refused")}
    for headers, status, slug in (
        (signed_by(content, OTHER_KEY), 401, "signature-invalid"),
        (signed_by(content + b" "), 401, "signature-invalid"),
        ({**good, "webhook-id": "msg_other"}, 401, "signature-invalid"),
        ({**good, "webhook-timestamp": "-1"}, 401, "signature-invalid"),
        ({**good, "webhook-signature": "v1a,"}, 401, "signature-invalid"),
        ({**good, "webhook-signature": good["webhook-signature"].replace("v1a", "v1")}, 401,
         "signature-invalid"),
        (signed_by(content, at=1_700_000_000), 401, "signature-expired"),
        ({**good, "content-type": "application/json"}, 415, "xml-expected"),
        ({**good, "content-type": "application/xml; charset=shift_jis"}, 415, "xml-expected"),
        ({**good, "content-encoding": "gzip"}, 415, "xml-expected"),
        ({"content-type": "text/xml"}, 422, "malformed-request"),
    ):  # fmt: skip
        answer = await tell_alert(app_client, upstream_id, content, headers=headers)
        is_problem(answer, status, slug)
    large = b" " * (MOST_BYTES + 1)
    is_problem(await tell_alert(app_client, upstream_id, large), 413, "body-too-large")
    is_problem(await tell_alert(app_client, uuid4(), content), 404, "alert-upstream-unknown")
    path = f"/v1/webhooks/alerts/tsubame/{upstream_id}"
    answer = await app_client.post(path, content=content, headers=good)
    is_problem(answer, 404, "alert-upstream-unknown")
    assert await town.rows(MESSAGES) == []
    assert await town.rows("SELECT outcome FROM notifications.cap_arrival") == []
    spaced = {**good, "content-type": "text/xml; charset=UTF-8",
              "webhook-signature": f"v1,xyz {good['webhook-signature']}"}  # fmt: skip
    answer = await tell_alert(app_client, upstream_id, content, headers=spaced)
    assert answer.status_code == 200, answer.text
    state: State = app.state.meguri
    for _ in range(TAKEN.requests - 1):
        assert state.limiter.take(TAKEN, str(upstream_id)) >= 0
    again = await tell_alert(app_client, upstream_id, content)
    is_problem(again, 429, "too-many-requests")
    assert counted("out") - counts["out"] == 1
    assert counted("refused") - counts["refused"] == 2, "too old, and too many: those were signed"
