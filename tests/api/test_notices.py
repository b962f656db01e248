"""A notice goes to a segment that is large enough, once two people want it, and can be stopped."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from insights.gate import smallest_estimate
from merchants.store_details import StoreDetails, change_details
from notifications.match import send_due_notices
from residents.consent import Purpose
from tests.api.admin_office import Office
from tests.api.campaign_steps import decided
from tests.api.probe import is_problem
from tests.insights.statistics_builder import WEEK, go_to, hold_plan, release_week
from tests.notifications.notices_builder import (
    BY_PAYMENTS,
    DRAFTER,
    PLAIN,
    WORDS,
    agree,
    released_week,
)
from tests.town_builder import Town, new_id

LOG = "/v1/regions/setagaya/notices"


@pytest.fixture
def office(app_client: httpx.AsyncClient, token: Any) -> Office:
    return Office(app_client, token)


async def made(office: Office, words: dict[str, Any] = WORDS, kind: str = "public_service") -> str:
    template_id = str(new_id())
    body = {"name": "見本", "kind": kind, "texts": words}
    answer = await office.put("campaigns", f"notice-templates/{template_id}", body)
    assert answer.status_code == 201, answer.text
    return template_id


async def drafted(office: Office, template_id: str, segment: dict[str, Any], **more: Any) -> UUID:
    notice_id = new_id()
    body = {"template_id": template_id, "purpose": "見本", "segment": segment, **more}
    answer = await office.put("campaigns", f"notices/{notice_id}", body)
    assert answer.status_code == 201, answer.text
    return notice_id


async def asked(office: Office, notice_id: UUID) -> tuple[httpx.Response, UUID]:
    request_id = new_id()
    path = f"notices/{notice_id}/approvals/{request_id}"
    return await office.put("campaigns", path, {"reason": "wanted"}), request_id


async def outbox(town: Town, notice_id: UUID) -> set[Any]:
    rows = await town.rows(
        f"SELECT person_id, channel FROM notifications.outbox WHERE item_id = '{notice_id}'"
    )
    assert {row[1] for row in rows} <= {"inbox"}
    return {UUID(int=row[0].int) for row in rows}


async def send(town: Town) -> int:
    return await send_due_notices(town.database, town.region, lambda: None)


async def test_a_notice_by_payments_goes_to_who_paid_there_and_agreed_to_it(
    office: Office, town: Town, app_client: httpx.AsyncClient
):
    plan = await hold_plan(town)
    await go_to(town, plan.lists.first_week)
    food, harbour = await town.open_store(), await town.open_store()
    async with town.database.transaction(town.region.region_id) as db:
        details = StoreDetails(district="harbour")  # which lies in the south
        await change_details(db, town.region.region_id, harbour.store_id, details, DRAFTER)
    wallets = [await town.open_wallet() for _ in range(4)]
    both: tuple[Purpose, ...] = ("news_of_city", "city_news_by_payments")
    who = await agree(town, wallets[0], *both)
    await agree(town, wallets[1], "news_of_city")  # not to be chosen by payments
    await agree(town, wallets[2], *both)  # pays elsewhere
    await agree(town, wallets[3], "news_of_campaigns", "campaign_news_by_payments")
    for nth, wallet in enumerate(wallets):
        await town.top_up(wallet, 1_000)
        await town.pay(wallet, harbour if nth == 2 else food, 500)
    await go_to(town, plan.lists.first_week + WEEK)
    await release_week(town, plan, plan.lists.first_week, payers=300)

    notice_id = await drafted(office, await made(office), BY_PAYMENTS)
    preview = (await office.get("city", f"notices/{notice_id}/preview")).json()
    size = preview["size"]
    assert (size["needed"], size["passes"]) == (smallest_estimate("area_category"), True)
    assert size["low"] < size["estimate"] < size["high"]
    near = round(size["estimate"], -1)
    assert preview["texts"]["en"] == {
        "title": "To North",
        "body": f"About {near:,} people paid there.",
    }  # fmt: skip
    answer, request_id = await asked(office, notice_id)
    assert answer.status_code == 201, answer.text
    assert await send(town) == 0, "nobody has approved it"
    assert (await decided(office, request_id)).status_code == 200
    assert (await app_client.get(LOG)).json()["items"] == []
    assert await send(town) == 1
    assert await send(town) == 0
    assert await outbox(town, notice_id) == {who}
    [told] = (await app_client.get(LOG)).json()["items"]
    assert (told["segment"], told["state"]) == (BY_PAYMENTS, "done")
    assert told["texts"] == preview["texts"]
    assert str(who) not in (await app_client.get(LOG)).text
    page = await app_client.get("/notices/setagaya")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert preview["texts"]["en"]["body"] in page.text
    is_problem(await app_client.get("/notices/setagaya?cursor=x"), 422, "malformed-cursor")
    is_problem(await app_client.get("/notices/nowhere"), 404, "region-unknown")
    again = await drafted(office, await made(office), BY_PAYMENTS)
    is_problem((await asked(office, again))[0], 409, "segment-attempted")
    ended = await office.post("approver", f"notices/{notice_id}/end", {"reason": "wrong day"})
    assert ended.json()["state"] == "stopped"
    [message] = await town.rows("SELECT state FROM notifications.message")
    assert message[0] == "stopped"


async def test_a_small_segment_is_not_written_to_and_is_measured_once_a_month(
    office: Office, town: Town
):
    plan = await released_week(town, payers=10)
    notice_id = await drafted(office, await made(office, PLAIN), BY_PAYMENTS)
    answer = await office.get("campaigns", f"notices/{notice_id}/preview")
    assert answer.status_code == 200, answer.text
    first = answer.json()["size"]
    assert first["passes"] is False
    is_problem((await asked(office, notice_id))[0], 409, "segment-too-small")
    await go_to(town, plan.lists.first_week + 2 * WEEK)
    await release_week(town, plan, plan.lists.first_week + WEEK, payers=900)
    again = (await office.get("campaigns", f"notices/{notice_id}/preview")).json()["size"]
    assert again == first, "a lucky week does not help in the same month"
    await go_to(town, (await town.today()).replace(day=28) + timedelta(days=5))
    later = (await office.get("campaigns", f"notices/{notice_id}/preview")).json()["size"]
    assert later["passes"] is True
    assert (later["month"], later["release_no"]) != (first["month"], first["release_no"])


async def test_declared_people_are_told_in_hundreds(office: Office, town: Town):
    await hold_plan(town)
    for _ in range(3):
        await agree(town, await town.open_wallet(), "news_of_city", interests=["events"])
    segment = {"by": "declared", "interest": "events"}
    notice_id = await drafted(office, await made(office, PLAIN), segment)
    size = (await office.get("city", f"notices/{notice_id}/preview")).json()["size"]
    assert (size["estimate"], size["high"], size["passes"]) == (0, 198, False)
    is_problem((await asked(office, notice_id))[0], 409, "segment-too-small")


async def test_what_cannot_be_said_is_refused(office: Office, town: Town):
    await released_week(town)
    template_id = await made(office)
    for segment in (
        {"by": "payments"},
        {"by": "payments", "store_id": str(new_id())},
        {"by": "payments", "area": "north", "not": "food"},
        {"by": "payments", "area": ["north", "south"]},
        {"by": "ids", "ids": []},
        {"by": "declared", "age_band": "75+"},
    ):
        body = {"template_id": template_id, "purpose": "-", "segment": segment}
        answer = await office.put("campaigns", f"notices/{new_id()}", body)
        is_problem(answer, 422, "malformed-request")
    for segment in ({"by": "payments", "area": "nowhere"}, {"by": "declared", "interest": "x"}):
        body = {"template_id": template_id, "purpose": "-", "segment": segment}
        answer = await office.put("campaigns", f"notices/{new_id()}", body)
        is_problem(answer, 422, "segment-attribute-unknown")
        assert answer.json()["member"] in segment
        assert "north" in answer.json()["known"] or "events" in answer.json()["known"]
    everybody = await drafted(office, template_id, {"by": "declared"})
    answer = await office.get("campaigns", f"notices/{everybody}/preview")
    is_problem(answer, 409, "notice-variable-empty")
    past = {"send_at": (await town.now() - timedelta(minutes=1)).isoformat()}
    body = {"template_id": template_id, "purpose": "-", "segment": BY_PAYMENTS, **past}
    is_problem(await office.put("campaigns", f"notices/{new_id()}", body), 422, "notice-time-wrong")
    for words in (
        {**WORDS, "en": {"title": "{payer}", "body": "-"}},
        {**WORDS, "en": {"title": "{", "body": "-"}},
    ):
        body = {"name": "-", "kind": "campaign", "texts": words}
        answer = await office.put("campaigns", f"notice-templates/{new_id()}", body)
        is_problem(answer, 422, "notice-variable-unknown")
    body = {"name": "-", "kind": "campaign", "texts": {k: WORDS[k] for k in ("ja", "en")}}
    answer = await office.put("campaigns", f"notice-templates/{new_id()}", body)
    is_problem(answer, 422, "malformed-request")
    for query, many in (({}, 1), ({"kind": "campaign"}, 0), ({"kind": "public_service"}, 1)):
        found = await office.get("city", "notice-templates", **query)
        assert len(found.json()["items"]) == many, query
    gone = await office.post("campaigns", f"notice-templates/{template_id}/retirement", {})
    assert gone.json()["retired_at"] is not None
    body = {"template_id": template_id, "purpose": "-", "segment": BY_PAYMENTS}
    answer = await office.put("campaigns", f"notices/{new_id()}", body)
    is_problem(answer, 409, "notice-template-retired")


async def test_a_notice_waits_for_its_time_and_a_refused_one_is_a_draft_again(
    office: Office, town: Town
):
    await released_week(town)
    at = await town.now() + timedelta(days=1)
    notice_id = await drafted(office, await made(office), BY_PAYMENTS, send_at=at.isoformat())
    _, request_id = await asked(office, notice_id)
    assert (await decided(office, request_id, "refused")).status_code == 200
    assert (await office.get("city", f"notices/{notice_id}")).json()["state"] == "draft"
    _, request_id = await asked(office, notice_id)
    assert (await decided(office, request_id)).status_code == 200
    assert await send(town) == 0
    await town.set_clock(at)
    assert await send(town) == 1
    listed = (await office.get("auditor", "notices", state="done")).json()["items"]
    assert [each["notice_id"] for each in listed] == [str(notice_id)]
    assert (await office.get("auditor", "notices", kind="campaign")).json()["items"] == []
