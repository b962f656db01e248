"""Partners are told, signed, what everybody may read and that it holds no more; nothing else."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from standardwebhooks import Webhook

from api.state import State
from core.database import SENDER_ROLE
from notifications.deliveries import Mark, mark_deliveries, take_deliveries
from notifications.kinds import LANGUAGES, Language
from notifications.messages import Message, Words, end_message
from notifications.moved_partners import heed_moves
from notifications.tables import address
from notifications.tell_partners import tell_partners
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.notifications.alerts_builder import TEXTS, put_let_out
from tests.notifications.message_rows import made_message
from tests.notifications.partner_side import REASON, Partners, telling_partners
from tests.town_builder import Town, new_id
from worker.tell_notices import MOST_TRIES_AT_PARTNERS


@pytest.fixture
async def side(
    app_client: httpx.AsyncClient, token: Any, town: Town, app: FastAPI, tmp_path: Path
) -> AsyncIterator[Partners]:
    state: State = app.state.meguri
    office = Office(app_client, token)
    async with telling_partners(office, town, state.vault, tmp_path) as made:
        yield made


async def put_down(town: Town, made: Message) -> Message:
    async with town.database.transaction(town.region.region_id) as db:
        await put_let_out(db, town.region.region_id, made)
    return made


async def test_an_alert_its_update_and_its_cancel_are_told_and_so_is_what_they_end(side: Partners):
    radio = await side.register("/ok", "emergency")
    portal = await side.register("/created", "public_service", "campaign")
    first = await side.let_out()
    await side.round()
    second = await side.let_out(message_type="Update", earlier=str(first))
    third = await side.let_out(message_type="Cancel", earlier=str(second))
    for _ in range(2):
        await side.round()
    await side.receiver.has_got("/ok", 3)
    told = side.receiver.bodies("/ok")
    assert side.receiver.bodies("/created") == [], "it wanted notices"
    for got in side.receiver.got:
        assert Webhook(radio["secret"]).verify(got["body"], got["headers"])
    assert len(set(side.receiver.ids("/ok"))) == len(told)
    data = told[0]["data"]
    assert (told[0]["type"], data["message_id"], data["texts"]) == (
        "message.told", str(first), TEXTS,
    )  # fmt: skip
    assert (data["region"], data["alert_type"], data["replaces"]) == ("setagaya", "Alert", None)
    by_type = {
        called: {
            each["data"]["message_id"]: each["data"] for each in told if each["type"] == called
        }
        for called in ("message.told", "message.ended")
    }
    assert by_type["message.told"].keys() == {str(first), str(third)}, "the second was over"
    assert by_type["message.told"][str(third)]["replaces"] == str(second)
    ended = by_type["message.ended"]
    assert {of: (said["state"], said["replaced_by"]) for of, said in ended.items()} == {
        str(first): ("replaced", str(second))
    }
    assert "person" not in str(side.receiver.got)
    log = await side.log(radio)
    assert [each["type"] for each in log].count("message.ended") == 1
    assert {each["state"] for each in log} == {"sent"}
    assert {each["webhook_id"] for each in log} == set(side.receiver.ids("/ok"))
    assert [each["type"] for each in await side.log(radio, type="message.ended")] == [
        "message.ended"
    ]
    assert len(await side.log(radio, message_id=str(first))) == 2
    assert await side.log(radio, state="dead") == []
    assert await side.log(portal) == []
    [first_page, second_page] = [
        (
            await side.office.get("city", f"partners/{radio['partner_id']}/deliveries", **query)
        ).json()
        for query in ({"limit": 2}, {"limit": 200})
    ]
    assert first_page["items"] == second_page["items"][:2]


async def test_a_new_partner_is_told_once_of_the_alerts_that_hold_and_of_no_notice_of_before(
    side: Partners,
):
    over = await side.let_out()
    holds = await side.let_out(message_type="Update", earlier=str(over))
    await side.let_out(status="Exercise")
    now = await side.town.now()
    await put_down(side.town, made_message(new_id(), now))
    await side.town.set_clock(now + timedelta(minutes=1))
    radio = await side.register("/ok", "emergency", "public_service")
    await side.register("/created", "public_service")
    for _ in range(2):
        await side.round()
    [told] = await side.log(radio)
    assert (told["type"], told["message_id"], told["state"]) == (
        "message.told", str(holds), "sent",
    )  # fmt: skip
    await side.let_out(message_type="Cancel", earlier=str(holds))
    await side.round()
    await side.receiver.has_got("/ok", 3)
    assert side.receiver.ids("/created") == []


async def test_each_way_in_which_a_partner_fails(side: Partners):
    paths = ("/500", "/404", "/410", "/redirect", "/hang", "/reset", "/429", "/not-http", "/huge")
    partners = {path: await side.register(path, "public_service") for path in paths}
    inside = await side.register("/inside", "public_service")
    async with side.town.database.transaction(side.town.region.region_id) as db:
        await db.execute(
            update(address)
            .where(address.c.name == "Radio /inside")
            .values(address="https://10.0.0.1/hook")
        )
    texts: dict[Language, Words] = dict.fromkeys(LANGUAGES, Words("題" * 80, "文" * 2000))
    made = made_message(new_id(), await side.town.now())
    await put_down(side.town, replace(made, texts=texts))
    await side.round()

    async def became(path: str) -> tuple[str, str | None]:
        [each] = await side.log(inside if path == "/inside" else partners[path])
        return each["state"], each["why"]

    assert {path: await became(path) for path in (*paths, "/inside")} == {
        "/500": ("waiting", "status-500"),
        "/404": ("waiting", "status-404"),
        "/410": ("dropped", "status-410"),
        "/redirect": ("waiting", "status-302"),
        "/hang": ("waiting", "timeout"),
        "/reset": ("waiting", "broken-off"),
        "/429": ("waiting", "status-429"),
        "/not-http": ("waiting", "broken-off"),
        "/huge": ("sent", None),
        "/inside": ("waiting", "address-private"),
    }
    [told] = side.receiver.bodies("/500")
    assert told["data"]["texts"]["en"] == {"title": "題" * 80, "body": "文" * 2000}
    assert (told["data"]["purpose"], told["data"]["areas"]) == ("events", None)
    acts = await side.town.rows("SELECT actor, facts FROM access.act WHERE act = 'partner.dropped'")
    assert [tuple(act) for act in acts] == [("job:notices", {"why": "gone"})]
    listed = (await side.office.get("city", "partners", limit=200)).json()["items"]
    assert partners["/410"]["partner_id"] in {each["partner_id"] for each in listed}
    gone = (await side.office.get("city", f"partners/{partners['/410']['partner_id']}")).json()
    assert (gone["state"], gone["why"], gone["url"]) == ("dropped", "gone", None)
    pause_s = "SELECT extract(epoch FROM not_before - clock_timestamp()) FROM notifications.outbox"
    [[rest_s]] = await side.town.rows(pause_s + " WHERE why = 'status-429'")
    assert 3500 < rest_s <= 3600
    await side.again(MOST_TRIES_AT_PARTNERS - 1)
    assert await became("/500") == ("dead", "status-500")
    dead = (
        await side.office.get("desk", "dead-letters", channel="webhook", why="status-500")
    ).json()
    [letter] = dead["items"]
    assert (letter["tries"], letter["over"]) == (MOST_TRIES_AT_PARTNERS, None)
    path = f"dead-letters/{letter['delivery_no']}/retries"
    assert (await side.office.post("desk", path, REASON)).status_code == 200
    assert len(set(side.receiver.ids("/500"))) == 1, "the same id each time"
    standing = (await side.office.get("city", f"partners/{partners['/500']['partner_id']}")).json()
    assert (standing["waiting"], standing["dead"], standing["told_at"]) == (1, 0, None)


async def test_a_paused_partner_is_told_later_what_still_holds(side: Partners):
    radio = await side.register("/ok", "public_service")
    await put_down(side.town, made_message(new_id(), await side.town.now()))
    region_id = side.town.region.region_id
    await side.turn(radio, "paused")
    await side.round()
    assert await side.log(radio) == []
    await side.turn(radio, "active")
    stopped = await put_down(side.town, made_message(new_id(), await side.town.now()))
    await side.round()
    await side.receiver.has_got("/ok", 2)
    await side.turn(radio, "paused")
    async with side.town.database.transaction(region_id) as db:
        await end_message(db, region_id, stopped.message_id, "stopped")
    await side.round()
    assert len(side.receiver.got) == 2
    test = await side.office.put("approver", f"partners/{radio['partner_id']}/tests/{new_id()}", {})
    is_problem(test, 409, "partner-paused")
    await side.turn(radio, "active")
    await side.round()
    await side.receiver.has_got("/ok", 3)
    *_, last = side.receiver.bodies("/ok")
    assert (last["type"], last["data"]["message_id"]) == ("message.ended", str(stopped.message_id))
    assert last["data"]["state"] == "stopped"


async def test_what_waits_when_it_is_paused_is_held_and_what_expires_meanwhile_is_not_told(
    side: Partners,
):
    radio = await side.register("/500", "public_service")
    now = await side.town.now()
    await put_down(side.town, made_message(new_id(), now))
    await side.round()
    await side.turn(radio, "paused")
    await side.again()
    await side.again()
    [waits] = await side.log(radio)
    assert (waits["state"], waits["why"], waits["tries"]) == ("waiting", "paused", 1)
    assert len(side.receiver.ids("/500")) == 1
    await side.turn(radio, "active")
    await side.round()
    assert len(side.receiver.ids("/500")) == 2
    await side.turn(radio, "paused")
    await side.again()
    await side.town.set_clock(now + timedelta(days=3))
    await side.turn(radio, "active")
    await side.round()
    [over] = await side.log(radio)
    assert (over["state"], over["why"]) == ("dead", "expired")
    letters = (await side.office.get("desk", "dead-letters")).json()["items"]
    assert [each["over"] for each in letters] == ["expired"]
    assert len(side.receiver.ids("/500")) == 2


async def test_what_waits_goes_to_a_new_address_and_the_end_of_what_the_old_one_took(
    side: Partners,
):
    radio = await side.register("/ok", "emergency")
    first = await side.let_out()
    await side.round()
    await side.move(radio, "/429")
    second = await side.let_out(message_type="Update", earlier=str(first))
    await side.round()
    assert side.receiver.ids("/429"), "it asked to be left alone for an hour"
    await side.move(radio, "/created")
    await side.round()
    await side.receiver.has_got("/created", 2)
    got = {(each["type"], each["data"]["message_id"]) for each in side.receiver.bodies("/created")}
    assert got == {("message.told", str(second)), ("message.ended", str(first))}
    assert len(side.receiver.ids("/ok")) == 1


async def test_an_old_address_that_is_gone_drops_nobody_and_loses_nothing(side: Partners):
    radio = await side.register("/410", "emergency")
    await side.let_out()
    region = side.town.region
    async with side.town.database.transaction(region.region_id, as_role=SENDER_ROLE) as db:
        await tell_partners(db, region.region_id)
        taken = await take_deliveries(db, region, "webhook", 1, timedelta(minutes=1))
    assert taken
    gone = Mark(taken[0], "dropped", "status-410", address="gone")
    await side.move(radio, "/ok")
    async with side.town.database.transaction(region.region_id, as_role=SENDER_ROLE) as db:
        await mark_deliveries(db, region.region_id, await heed_moves(db, region.region_id, [gone]))
    await side.round()
    assert len(side.receiver.ids("/ok")) == 1
    assert (await side.log(radio))[0]["state"] == "sent"


async def test_a_test_arrives_signed_by_both_secrets_while_they_overlap(side: Partners):
    radio = await side.register("/ok", "campaign")
    path, test_id = f"partners/{radio['partner_id']}", new_id()
    other = (await side.office.post("campaigns", f"{path}/rotations", {})).json()["secret"]
    for again in (False, True):
        answer = await side.office.put("campaigns", f"{path}/tests/{test_id}", {})
        assert answer.status_code == 201, answer.text
        assert ("idempotent-replay" in answer.headers) == again
    await side.round()
    await side.receiver.has_got("/ok", 1)
    [got] = side.receiver.got
    for secret in (radio["secret"], other):
        assert Webhook(secret).verify(got["body"], got["headers"])
    [body] = side.receiver.bodies("/ok")
    assert (body["type"], body["data"]) == (
        "test", {"region": "setagaya", "partner_id": radio["partner_id"]},
    )  # fmt: skip
    [log] = await side.log(radio, type="test")
    assert (log["state"], log["kind"], log["message_id"]) == ("sent", None, None)
    assert log["webhook_id"] == got["headers"]["webhook-id"]
