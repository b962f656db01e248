"""A resident reads what was told and why, chooses how to be told, and sees nobody else's."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert

from notifications.alerts import approve_alert
from notifications.fill_inboxes import fill_inboxes
from notifications.messages import Message, end_message
from notifications.tables import inbox
from residents.tables import person
from tests.api.me_client import Me
from tests.api.probe import is_problem
from tests.insights.statistics_builder import OTHER_PERSON, hold_plan
from tests.notifications.alerts_builder import put_for, typed_alert
from tests.notifications.message_rows import TEXTS
from tests.notifications.notices_builder import agree
from tests.town_builder import Town, new_id
from torture.browser import Browser


@pytest.fixture
async def two(app_client: httpx.AsyncClient, token: Any, town: Town) -> tuple[Me, Me]:
    made = []
    for _ in range(2):
        wallet = await town.open_wallet()
        await agree(town, wallet, "news_of_city")
        made.append(Me(app_client, token, wallet))
    return made[0], made[1]


async def tell(town: Town, *people: UUID, kind: Any = "public_service", **more: Any) -> UUID:
    region_id, message_id, now = town.region.region_id, new_id(), await town.now()
    is_notice = kind != "emergency"
    made = Message(
        message_id, kind, "segment" if is_notice else "everybody", TEXTS,
        {"purpose": "祭り", "segment": {"by": "declared"}} if is_notice else {}, now,
        now + timedelta(days=2), ("news_of_city",) if is_notice else (), **more,
    )  # fmt: skip
    async with town.database.transaction(region_id) as db:
        await put_for(db, region_id, made, *people)
    await fill_inboxes(town.database, town.region, lambda: None)
    return message_id


async def test_i_read_what_i_was_told_and_why(town: Town, two: tuple[Me, Me]):
    me, other = two
    notice_id = await tell(town, me.person_id)
    [item] = (await me.get("inbox")).json()["items"]
    assert (item["item_id"], item["title"], item["read_at"]) == (str(notice_id), "夏祭り", None)
    assert (await other.get("inbox")).json()["items"] == []
    is_problem(await other.get(f"inbox/{notice_id}"), 404, "item-unknown")
    is_problem(await other.get(f"inbox/{notice_id}/why"), 404, "item-unknown")
    is_problem(await other.post(f"inbox/{notice_id}/read"), 404, "item-unknown")
    why = (await me.get(f"inbox/{notice_id}/why", language="en")).json()
    assert why["sentence"] == "It went to those who agreed to get such news. You were one of them."
    assert why["page"] == "/notices/setagaya"
    assert (why["purpose"], why["segment"]) == ("祭り", {"by": "declared", "home_area": None,
                                                        "interest": None})  # fmt: skip
    assert [each["purpose"] for each in why["consents"]] == ["news_of_city"]
    assert why["consents"][0]["since"] is not None
    assert (await me.get("inbox/unread")).json() == {"unread": 1}
    assert (await me.post(f"inbox/{notice_id}/read")).json() == {"unread": 0}
    assert (await me.get("inbox", unread=True)).json()["items"] == []
    assert (await me.get(f"inbox/{notice_id}", language="en")).json()["title"] == "Summer fair"
    async with town.database.transaction(town.region.region_id) as db:
        await end_message(db, town.region.region_id, notice_id, "stopped")
    assert (await me.get("inbox")).json()["items"] == []


async def test_what_is_to_everybody_is_in_every_inbox_with_the_commit(
    town: Town, two: tuple[Me, Me], app_client: httpx.AsyncClient, token: Any
):
    me, other = two
    first = await tell(town, kind="emergency")
    wallet = await town.open_wallet()
    await agree(town, wallet)
    for each in (me, other, Me(app_client, token, wallet)):
        [item] = (await each.get("inbox")).json()["items"]
        assert item["item_id"] == str(first)
    assert (await me.post("inbox/read")).json() == {"unread": 0}
    assert (await other.get("inbox/unread")).json() == {"unread": 1}
    update = await tell(town, kind="emergency", replaces=first)
    for each in two:
        [item] = (await each.get("inbox")).json()["items"]
        assert (item["item_id"], item["replaces"]) == (str(update), str(first))
        assert item["read_at"] is None, "an update is news"
    why = (await me.get(f"inbox/{update}/why")).json()
    assert why["sentence"].startswith("緊急")
    assert (why["purpose"], why["page"]) == (None, None)


async def test_pages_filters_and_my_own_money(town: Town, two: tuple[Me, Me]):
    me, region_id = two[0], town.region.region_id
    now = await town.now()
    about = {"store": "Hinode-ya", "amount": 1_200}
    async with town.database.transaction(region_id) as db:
        for nth in range(5):
            await db.execute(
                insert(inbox).values(
                    region_id=region_id, person_id=me.person_id, item_id=new_id(), kind="payment",
                    about=about, at=now - timedelta(minutes=nth // 2),
                    expires_at=now + timedelta(days=90),
                )
            )  # fmt: skip
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await me.get("inbox", **query)).json()
        seen += [item["item_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    [item] = (await me.get("inbox", limit=1, kind="payment", language="en")).json()["items"]
    assert (item["title"], item["body"]) == (
        "You paid ¥1,200", "You paid ¥1,200 at Hinode-ya.",
    )  # fmt: skip
    assert (await me.get("inbox", kind="refund")).json()["items"] == []
    assert (await me.get("inbox", kind="gossip")).status_code == 422


async def test_preferences_are_of_closed_lists(town: Town, two: tuple[Me, Me]):
    me, _ = two
    assert (await me.get("notice-preferences")).json()["language"] == "ja"
    await hold_plan(town)
    wished = {
        "language": "en", "interests": ["events", "events"], "muted": ["payment:email"],
    }  # fmt: skip
    kept = (await me.put("notice-preferences", wished)).json()
    assert (kept["language"], kept["interests"], kept["muted"]) == (
        "en", ["events"], ["payment:email"],
    )  # fmt: skip
    for wrong in (
        {"home_area": "nowhere"},
        {"interests": ["gossip"]},
        {"muted": ["emergency:sms"]},
        {"muted": ["payment:inbox"]},
    ):
        refused = await me.put("notice-preferences", wrong)
        is_problem(refused, 422, "preference-unknown")
        assert refused.json()["member"] in wrong
        if "interests" in wrong:
            assert "events" in refused.json()["known"]
    is_problem(await me.put("notice-preferences", {"language": "fr"}), 422, "malformed-request")


async def code_sent(town: Town) -> str:
    [row] = await town.rows("SELECT body FROM access.message ORDER BY message_id DESC LIMIT 1")
    return str(row[0]).split("コード ")[1][:6]


async def test_an_email_address_is_confirmed_by_a_code(town: Town, two: tuple[Me, Me]):
    me, other = two
    path = f"addresses/{new_id()}"
    body = {"channel": "email", "address": "Hanako@Example.JP"}
    for _ in range(2):
        made = await me.put(path, body)
        assert (made.status_code, made.json()["state"]) == (201, "unconfirmed"), made.text
    is_problem(await me.put(f"addresses/{new_id()}", body), 409, "address-known")
    is_problem(await me.put(path, {**body, "address": "b@example.jp"}), 409, "id-in-use")
    is_problem(await other.put(path, body), 409, "id-in-use")
    is_problem(await other.get(path), 404, "address-unknown")
    is_problem(await other.post(f"{path}/drop"), 404, "address-unknown")
    code = await code_sent(town)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    is_problem(await me.post(f"{path}/confirmation", {"code": wrong}), 401, "code-wrong")
    is_problem(await other.post(f"{path}/confirmation", {"code": code}), 404, "address-unknown")
    done = await me.post(f"{path}/confirmation", {"code": code})
    assert done.json()["state"] == "active"
    for _ in range(2):
        gone = (await me.post(f"{path}/drop")).json()
        assert (gone["state"], gone["address"], gone["why"]) == ("dropped", "", "by-its-owner")
    is_problem(await me.post(f"{path}/confirmation", {"code": code}), 404, "address-unknown")
    path = f"addresses/{new_id()}"
    assert (await me.put(path, body)).status_code == 201
    await me.post(f"{path}/drop")
    kept = await town.rows("SELECT 1 FROM access.message WHERE address <> '' OR body <> ''")
    assert kept == [], "a letter that nobody has sent yet is not sent any more"


async def test_addresses_that_are_none_are_refused(town: Town, two: tuple[Me, Me]):
    me, _ = two
    browser = Browser()
    push = {"channel": "web_push", "address": "https://push.example/a", **browser.keys()}
    made = await me.put(f"addresses/{new_id()}", push)
    assert (made.status_code, made.json()["state"]) == (201, "active"), made.text
    assert "auth" not in made.json()
    huge = "".join(chr(0x4E00 + n * 7_919 % 20_000) for n in range(1_900))  # for any index
    bad_point = urlsafe_b64encode(b"\x04" + b"x" * 64).decode()
    for wrong in (
        {**push, "address": "http://push.example/b"},
        {**push, "address": "https://user@push.example/b"},
        {**push, "address": "https:///b"},
        {**push, "address": "https://[::1/b"},
        *({**push, "address": f"https://push.example{more}"} for more in (":22/b", f"/{huge}")),
        {**push, "p256dh": bad_point, "address": "https://push.example/b"},
        {**push, "auth": "AAAA", "address": "https://push.example/b"},
        {**push, "auth": None, "address": "https://push.example/b"},
        {"channel": "email", "address": "nobody"},
        {"channel": "email", "address": "a@example.jp", **browser.keys()},
        {"channel": "sms"},  # no number is known
        {"channel": "sms", "address": "+819012345678"},
        {"channel": "fcm"},
        {"channel": "fcm", "address": "日本"},
    ):
        is_problem(await me.put(f"addresses/{new_id()}", wrong), 422, "address-wrong")
    is_problem(await me.put(f"addresses/{new_id()}", {"channel": "webhook"}), 422,
               "malformed-request")  # fmt: skip
    async with town.database.transaction(town.region.region_id) as db:
        await db.execute(
            person.update().where(person.c.person_id == me.person_id).values(phone="+819012345678")
        )
    assert (await me.put(f"addresses/{new_id()}", {"channel": "sms"})).status_code == 201
    assert len((await me.get("addresses")).json()["items"]) == 2
    await me.post(f"addresses/{(await me.get('addresses')).json()['items'][0]['address_id']}/drop")
    assert len((await me.get("addresses", standing=True)).json()["items"]) == 1


async def test_consents_over_time_open_in_a_spreadsheet(two: tuple[Me, Me]):
    me, other = two
    for given in (False, True):
        said = await me.put("consents/news_of_city", {"is_given": given})
        assert said.status_code == 201
    table = await me.get("consent-changes.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    head, *rows = table.content.decode("utf-8-sig").splitlines()
    assert (table.content[:3], head) == (b"\xef\xbb\xbf", "日時,目的,内容")
    assert [row.split(",")[1:] for row in rows] == [
        ["市からのお知らせ", "同意"], ["市からのお知らせ", "撤回"], ["市からのお知らせ", "同意"],
    ]  # fmt: skip
    assert len((await other.get("consent-changes.csv")).text.splitlines()) == 2


async def test_a_token_of_nobody_keeps_nothing(
    town: Town, app_client: httpx.AsyncClient, token: Any
):
    await tell(town, kind="emergency")
    nobody = Me(app_client, token, await town.open_wallet())
    is_problem(await nobody.put("notice-preferences", {}), 404, "person-unknown")
    fcm = {"channel": "fcm", "address": "token"}
    is_problem(await nobody.put(f"addresses/{new_id()}", fcm), 404, "person-unknown")
    assert (await nobody.post("inbox/read")).status_code == 200


async def test_dropped_addresses_hide_none_that_stand(two: tuple[Me, Me]):
    me, _ = two
    for number in range(21):
        gone = f"addresses/{new_id()}"
        made = await me.put(gone, {"channel": "fcm", "address": f"old-{number}"})
        assert made.status_code == 201, made.text
        await me.post(f"{gone}/drop")
    body = {"channel": "fcm", "address": "phone"}
    assert (await me.put(f"addresses/{new_id()}", body)).status_code == 201
    is_problem(await me.put(f"addresses/{new_id()}", body), 409, "address-known")
    for number in range(19):
        more = {"channel": "fcm", "address": f"new-{number}"}
        assert (await me.put(f"addresses/{new_id()}", more)).status_code == 201
    last = await me.put(f"addresses/{new_id()}", {"channel": "fcm", "address": "one too many"})
    is_problem(last, 409, "addresses-enough")


async def test_new_keys_under_an_old_id_are_other_content(two: tuple[Me, Me]):
    me, _ = two
    path, where = f"addresses/{new_id()}", "https://push.example/a"
    push = {"channel": "web_push", "address": where}
    assert (await me.put(path, {**push, **Browser().keys()})).status_code == 201
    is_problem(await me.put(path, {**push, **Browser().keys()}), 409, "id-in-use")


async def test_an_alert_its_update_and_its_cancel_stand_in_each_others_place(
    town: Town, two: tuple[Me, Me]
):
    me, other = two
    first: UUID | None = None
    earlier: UUID | None = None
    for kind in ("Alert", "Update", "Cancel"):
        more = {"message_type": kind} | ({} if earlier is None else {"earlier": str(earlier)})
        alert_id = await typed_alert(town, **more)
        async with town.database.transaction(town.region.region_id) as db:
            await approve_alert(db, town.region, alert_id, OTHER_PERSON, await town.now())
        for each in (me, other):
            [item] = (await each.get("inbox", kind="emergency")).json()["items"]
            assert item["item_id"] == str(alert_id), kind
            assert item["replaces"] == (None if earlier is None else str(earlier))
            assert item["state"] == ("cancelled" if kind == "Cancel" else "active")
        first = first or alert_id
        found = (await me.get(f"inbox/{first}")).json()
        assert found["item_id"] == str(alert_id), "what stands in its place"
        assert (await me.post(f"inbox/{first}/read")).json() == {"unread": 0}
        earlier = alert_id
    await typed_alert(town, status="Exercise")
    assert len((await other.get("inbox")).json()["items"]) == 1
