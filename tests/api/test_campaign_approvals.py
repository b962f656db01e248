"""A campaign begins only after another person than its makers approved it."""

from datetime import date, timedelta

import pytest

from access.emails import read_email
from access.login_devices import note_device
from access.logins import make_login
from core.database import Database
from tests.api.admin_office import Office, is_refused_for_good
from tests.api.campaign_steps import ASKED, approved, asked, decided, drafted, form, started
from tests.api.probe import is_problem
from tests.town_builder import Town, new_id


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def test_a_campaign_starts_once_another_person_approved_it(office: Office, town: Town):
    campaign_id = await drafted(office, town)
    path = f"campaigns/{campaign_id}"
    request_id = await asked(office, campaign_id)
    told = (await office.get("campaigns", f"{path}/approvals/{request_id}")).json()
    assert (told["kind"], told["object_id"]) == ("campaign.approval", str(campaign_id))
    stands = (await office.get("campaigns", path)).json()
    assert (stands["state"], told["facts"]) == (
        "submitted",
        {"terms_hash": stands["terms_hash"]},
    )
    again = ASKED
    second = await office.put("campaigns", f"{path}/approvals/{new_id()}", again)
    is_problem(second, 409, "request-pending")
    assert (await decided(office, request_id)).json()["state"] == "approved"
    assert (await office.get("campaigns", path)).json()["state"] == "approved"
    is_problem(await decided(office, request_id), 409, "request-over")
    late = await office.put("campaigns", f"{path}/approvals/{new_id()}", again)
    is_problem(late, 409, "campaign-state-wrong")


async def test_neither_who_asked_nor_who_made_a_campaign_approves_it(office: Office, town: Town):
    maker, helper = office.people["campaigns"], new_id()
    campaign_id = await drafted(office, town)
    request_id = await asked(office, campaign_id, helper)
    for who in (helper, maker):
        answer = await decided(office, request_id, sub=who)
        is_problem(answer, 409, "second-person-needed")
    stands = (await office.get("campaigns", f"campaigns/{campaign_id}")).json()
    assert stands["state"] == "submitted"
    assert (await decided(office, request_id)).status_code == 200


async def test_nor_does_its_maker_under_another_name_when_a_third_one_asked(
    office: Office, town: Town, database: Database
):
    """The approver has a login of their own, which signed in at a browser of the maker's."""
    campaign_id, twin, browser = await drafted(office, town), new_id(), new_id()
    async with database.transaction(town.region.region_id) as db:
        for who in (office.people["campaigns"], twin):
            email = read_email(f"{who.hex}@example.jp")
            await make_login(db, town.region.region_id, email, "世田谷 花子", who)
            await note_device(db, town.region.region_id, who, browser)
    request_id = await asked(office, campaign_id, new_id())
    answer = await decided(office, request_id, sub=twin)
    is_problem(answer, 409, "second-person-needed")
    assert (await decided(office, request_id)).status_code == 200


async def test_an_approval_may_be_refused_or_withdrawn_and_asked_for_again(
    office: Office, town: Town
):
    campaign_id = await drafted(office, town)
    refused = await asked(office, campaign_id)
    assert (await decided(office, refused, "refused")).json()["state"] == "refused"
    withdrawn = await asked(office, campaign_id)
    path = f"/v1/admin/campaigns/{campaign_id}/approvals/{withdrawn}/withdrawals"
    headers = office.headers("campaigns", new_id())
    answer = await office.client.post(path, json={}, headers=headers)
    is_problem(answer, 409, "not-your-request")
    answer = await office.client.post(path, json={}, headers=office.headers("campaigns"))
    assert answer.json()["state"] == "withdrawn"
    is_problem(await decided(office, withdrawn), 409, "request-over")
    await approved(office, campaign_id)


async def test_nobody_stands_in_the_way_of_an_approval_by_taking_its_id(office: Office, town: Town):
    campaign_id = await drafted(office, town)
    request_id = await asked(office, campaign_id)
    other = {"terms": await form(town)}
    taken = await office.put("campaigns", f"campaigns/{request_id}", other)
    assert taken.status_code == 201, taken.text
    answer = await decided(office, request_id)
    assert answer.status_code == 200, answer.text
    stands = (await office.get("campaigns", f"campaigns/{campaign_id}")).json()
    assert stands["state"] == "approved"


async def test_a_request_is_found_under_its_own_campaign_only(office: Office, town: Town):
    campaign_id, other = await drafted(office, town), await drafted(office, town)
    request_id = await asked(office, campaign_id)
    answer = await office.get("campaigns", f"campaigns/{other}/approvals/{request_id}")
    is_problem(answer, 404, "request-unknown")
    body = ASKED
    path = f"campaigns/{new_id()}/approvals/{new_id()}"
    is_problem(await office.put("campaigns", path, body), 404, "campaign-unknown")


async def test_what_ended_stays_ended(office: Office, town: Town):
    campaign_id = await started(office, town, 1_000)
    path = f"campaigns/{campaign_id}/state-changes"
    ended = {"state": "ended", "reason": "it did its work"}
    answer = await office.put("approver", f"{path}/{new_id()}", ended)
    assert (answer.status_code, answer.json()["before"]) == (201, "live")
    live = {"state": "live", "reason": "once more"}
    await is_refused_for_good(
        office, "campaigns", f"{path}/{new_id()}", live, "campaign-state-wrong"
    )


async def test_campaigns_of_one_group_choose_in_one_way(office: Office, town: Town):
    best, first = ({"how": how, "group": "autumn"} for how in ("best", "exclusive"))
    other_id, body = new_id(), {"terms": await form(town, together=first)}
    drafting = f"campaigns/{other_id}"
    made = await office.put("campaigns", drafting, body)
    live = await started(office, town, 1_000, together=best)
    again = await office.put("campaigns", drafting, body)
    assert (again.status_code, again.json()) == (201, made.json()), "what was drafted stays so"
    answer = await office.put("campaigns", f"{drafting}/approvals/{new_id()}", ASKED)
    is_problem(answer, 409, "campaign-group-differs")
    told = answer.json()
    assert (told["field"], told["campaign_id"]) == ("together.how", str(live))
    days_before = {"starts_on": date(2020, 1, 1), "ends_on": date(2020, 12, 31)}
    for beside in (
        {},
        {"together": best},
        {"together": first | {"group": "winter"}},
        {"together": first, **days_before},
    ):
        await approved(office, await drafted(office, town, **beside))


async def test_a_draft_that_chooses_in_another_way_names_the_field(office: Office, town: Town):
    best, first = ({"how": how, "group": "autumn"} for how in ("best", "exclusive"))
    live = await started(office, town, 1_000, together=best)
    campaign_id = new_id()
    path = f"campaigns/{campaign_id}"
    answer = await office.put("campaigns", path, {"terms": await form(town, together=first)})
    is_problem(answer, 422, "malformed-request")
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["reason"]) == ("/terms/together/how", "group-differs")
    assert str(live) in error["says"]
    assert (await office.get("campaigns", path)).status_code == 404, "nothing was stored"
    lone = await started(office, town, 1_000)
    version = {
        "terms": await form(town, together=first),
        "applies_from": (await town.now() + timedelta(days=2)).isoformat(),
        "reason": "another way",
    }
    answer = await office.put("campaigns", f"campaigns/{lone}/versions/{new_id()}", version)
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/terms/together/how"]


async def test_of_two_that_were_approved_at_once_the_second_does_not_start(
    office: Office, town: Town
):
    both = []
    for how in ("best", "exclusive"):
        together = {"how": how, "group": "autumn"}
        both.append(await drafted(office, town, together=together))
        await town.fund(both[-1], 1_000)
    for request_id in [await asked(office, campaign_id) for campaign_id in both]:
        assert (await decided(office, request_id)).status_code == 200
    live = {"state": "live", "reason": "opening day"}
    first, second = (f"campaigns/{each}/state-changes/{new_id()}" for each in both)
    assert (await office.put("campaigns", first, live)).status_code == 201
    await is_refused_for_good(office, "campaigns", second, live, "campaign-group-differs")
