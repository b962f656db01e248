"""What could not be told to anybody is listed without whom it was for, and tried again."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from notifications.messages import end_message
from notifications.tables import address, outbox
from tests.api.admin_office import ROLES, Office
from tests.api.probe import is_problem
from tests.notifications.dead_rows import give_up, put_down, states
from tests.town_builder import Town

ALL = "dead-letters"
WHY: dict[str, Any] = {"reason": "the provider is back"}


@pytest.fixture
def office(app_client: httpx.AsyncClient, token: Any) -> Office:
    return Office(app_client, token)


async def listed(office: Office, **query: Any) -> list[int]:
    answer = await office.get("desk", ALL, **query)
    assert answer.status_code == 200, answer.text
    return [each["delivery_no"] for each in answer.json()["items"]]


async def test_dead_letters_are_found_by_each_filter_and_counted(office: Office, town: Town):
    notice_id = await put_down(town)
    mail, push = await give_up(town, "email", "fcm", message_id=notice_id)
    [own] = await give_up(town, "sms", why="status-400", tries=1)
    await give_up(town, "sms", state="waiting", ended_at=None)
    today, tomorrow = await town.today(), await town.today() + timedelta(days=1)
    for query, found in (
        ({}, [own, push, mail]),
        ({"channel": "email"}, [mail]),
        ({"why": "status-400"}, [own]),
        ({"kind": "public_service"}, [push, mail]),
        ({"message_id": notice_id}, [push, mail]),
        ({"since": today, "until": today}, [own, push, mail]),
        ({"since": tomorrow}, []),
        ({"until": today - timedelta(days=1)}, []),
        ({"channel": "webhook"}, []),
    ):
        assert await listed(office, **query) == found, query
    first = (await office.get("auditor", ALL, limit=2)).json()
    assert [each["delivery_no"] for each in first["items"]] == [own, push]
    rest = (await office.get("auditor", ALL, limit=2, cursor=first["next_cursor"])).json()
    assert [each["delivery_no"] for each in rest["items"]] == [mail]
    assert rest["next_cursor"] is None
    counted = (await office.get("finance", f"{ALL}/counts", kind="public_service")).json()
    each = {"why": "status-500", "letters": 1, "over": 0}
    assert counted["items"] == [{"channel": "email", **each}, {"channel": "fcm", **each}]
    for query in ({"channel": "inbox"}, {"why": "a b"}, {"since": "soon"}, {"kind": "x"}):
        is_problem(await office.get("desk", ALL, **query), 422, "malformed-request")
    is_problem(await office.get("desk", ALL, cursor="x"), 422, "malformed-cursor")


async def test_no_dead_letter_says_whom_it_was_for_nor_the_moment(office: Office, town: Town):
    numbers = await give_up(town, "email")
    told = (await office.get("desk", ALL)).json()["items"]
    assert [each["delivery_no"] for each in told] == numbers
    [row] = await town.rows("SELECT person_id, address_id, item_id FROM notifications.outbox")
    assert not [each for each in row if str(each) in str(told)]
    assert "example.jp" not in str(told)
    assert told[0]["message_id"] is None
    assert told[0]["ended_at"][14:19] == "00:00", "the instant would name a payment"
    wide = await town.rows("SELECT * FROM notifications.dead_letter")
    assert not {"person_id", "address_id", "item_id", "made_at"} & wide[0]._mapping.keys()


async def test_who_chooses_whom_a_notice_concerns_sees_no_dead_letter(office: Office, town: Town):
    [number] = await give_up(town, "email")
    for path in (ALL, f"{ALL}/counts"):
        await office.allows(path, ("finance", "desk", "auditor"), None)
    for path in (f"{ALL}/{number}/retries", f"{ALL}/retries"):
        said = {role: (await office.post(role, path, WHY)).status_code for role in ROLES}
        none = dict.fromkeys(("campaigns", "approver", "city", "auditor"), 403)
        assert {role: status for role, status in said.items() if status == 403} == none


async def test_one_is_tried_again_once_and_it_is_said_who_wanted_it(office: Office, town: Town):
    [number] = await give_up(town, "email", message_id=await put_down(town))
    path = f"{ALL}/{number}/retries"
    answer = await office.post("desk", path, WHY)
    assert (answer.status_code, answer.json()["tries"]) == (200, 12)
    assert await states(town) == {number: ("waiting", None, 0)}
    is_problem(await office.post("desk", path, WHY), 404, "dead-letter-unknown")
    [act] = await town.rows("SELECT actor, role, act, reason, facts FROM access.act")
    assert tuple(act)[:4] == (
        f"admin:{office.people['desk']}", "desk", "dead_letter.retried", WHY["reason"],
    )  # fmt: skip
    assert act[4] == {"delivery_id": number, "channel": "email"}
    for wrong in ({}, {"reason": ""}, {"reason": "x" * 201}):
        is_problem(await office.post("desk", path, wrong), 422, "malformed-request")
    for none in ("0", "9007199254740992", "1.0", "all"):
        told = await office.post("desk", f"{ALL}/{none}/retries", WHY)
        is_problem(told, 422, "malformed-request")


async def test_what_is_over_is_not_tried_again_and_is_said_to_be(office: Office, town: Town):
    stopped = await put_down(town)
    numbers = {
        "expired": await give_up(town, "email", lasts=-timedelta(seconds=1)),
        "stopped": await give_up(town, "email", message_id=stopped),
        "no-address": await give_up(town, "email", message_id=await put_down(town)),
        "": await give_up(town, "email", "sms", message_id=await put_down(town)),
    }
    region_id = town.region.region_id
    async with town.database.transaction(region_id) as db:
        await end_message(db, region_id, stopped, "stopped")
        gone = select(outbox.c.address_id).where(outbox.c.delivery_id == numbers["no-address"][0])
        await db.execute(
            update(address)
            .where(address.c.address_id.in_(gone))
            .values(state="dropped", address="", why="gone", dropped_at=func.now())
        )
    for why in ("expired", "stopped", "no-address"):
        refused = await office.post("finance", f"{ALL}/{numbers[why][0]}/retries", WHY)
        is_problem(refused, 409, "dead-letter-over")
        assert refused.json()["why"] == why
    one = await office.post("finance", f"{ALL}/retries", WHY | {"channel": "sms"})
    assert one.json() == {"retried": 1, "expired": 0, "over": 0, "left": 0}
    all_of_them = await office.post("finance", f"{ALL}/retries", WHY)
    assert all_of_them.json() == {"retried": 1, "expired": 1, "over": 2, "left": 0}
    assert sorted(await listed(office)) == sorted(
        numbers["expired"] + numbers["stopped"] + numbers["no-address"]
    )
    assert [state for state, _, _ in (await states(town)).values()].count("waiting") == 2


async def test_another_regions_dead_letters_are_none(
    office: Office, town: Town, second_town: Town, app_client: httpx.AsyncClient, token: Any
):
    [there] = await give_up(second_town, "email")
    assert await listed(office) == []
    is_problem(await office.post("desk", f"{ALL}/{there}/retries", WHY), 404, "dead-letter-unknown")
    said = (await office.post("desk", f"{ALL}/retries", WHY)).json()
    assert said == {"retried": 0, "expired": 0, "over": 0, "left": 0}
    assert await states(second_town) == {there: ("dead", "status-500", 12)}


async def test_two_who_try_all_again_at_once_try_each_once(office: Office, town: Town):
    for _ in range(3):
        await give_up(town, "email", "sms")
    both = await asyncio.gather(
        office.post("desk", f"{ALL}/retries", WHY), office.post("finance", f"{ALL}/retries", WHY)
    )
    assert sum(answer.json()["retried"] for answer in both) == 6
