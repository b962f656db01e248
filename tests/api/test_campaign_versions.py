"""Versions of a campaign through the API: drafted, approved, announced, withdrawn; its history."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from simulations.work import work
from tests.api.admin_office import Office, is_refused_for_good
from tests.api.campaign_steps import ASKED, asked, decided, drafted, form, started
from tests.api.probe import is_problem
from tests.campaigns.versions_builder import approved, rates, step
from tests.simulations.lived_weeks import live_weeks, question
from tests.town_builder import Town, new_id
from worker.carry_out_plans import carry_out_plans

BOARD = "/v1/regions/setagaya/campaigns"


@pytest.fixture
def office(app: FastAPI, app_client, token) -> Office:
    app.state.meguri.boards.fresh_s = 0.0
    return Office(app_client, token)


async def tomorrow(town: Town) -> datetime:
    day = await town.today() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=town.region.zone)


async def body_of(town: Town, applies_from: datetime, **given: Any) -> dict[str, Any]:
    return {
        "terms": await form(town, **given),
        "applies_from": applies_from.isoformat(),
        "reason": "the council decided",
    }


async def submitted(office: Office, campaign_id: UUID, version_id: UUID) -> UUID:
    request_id = new_id()
    path = f"campaigns/{campaign_id}/approvals/{request_id}"
    answer = await office.put("campaigns", path, {**ASKED, "version_id": str(version_id)})
    assert answer.status_code == 201, answer.text
    assert answer.json()["facts"]["version_id"] == str(version_id)
    return request_id


async def test_a_version_is_drafted_approved_by_another_and_announced(office: Office, town: Town):
    campaign_id, version_id = await started(office, town, 90_000), new_id()
    at = await tomorrow(town)
    path = f"campaigns/{campaign_id}/versions/{version_id}"
    body = await body_of(town, at, rebate=rates(1000), priority=7)
    told = await office.puts_once("campaigns", path, body, await body_of(town, at, priority=1))
    assert (told["state"], told["changes"]) == ("draft", ["rebate", "priority"])
    assert told["applies_from"] == at.isoformat()
    exact = (await office.get("auditor", path)).json()
    assert exact | {"seq": told["seq"]} == told
    request_id = await submitted(office, campaign_id, version_id)
    asked = (await office.get("approver", f"requests/{request_id}")).json()
    assert asked["facts"]["applies_from"] == at.isoformat(), "on the clocks of the region"
    assert (await office.get("campaigns", path)).json()["state"] == "submitted"
    answer = await decided(office, request_id, sub=office.people["campaigns"])
    is_problem(answer, 409, "second-person-needed")
    assert (await decided(office, request_id, "refused")).status_code == 200
    assert (await office.get("campaigns", path)).json()["state"] == "draft"
    assert (await decided(office, await submitted(office, campaign_id, version_id))).is_success
    stands = (await office.get("campaigns", f"campaigns/{campaign_id}")).json()
    assert stands["next_version"]["version_id"] == str(version_id)
    [shown] = (await office.client.get(BOARD)).json()["campaigns"]
    assert shown["rebate"] == stands["terms"]["rebate"]
    coming = shown["next_version"]
    assert (coming["changes"], coming["rebate"]["rates_bp"]["small"]) == (["rebate"], 1000)
    assert coming["applies_from"] == told["applies_from"]
    await town.set_clock(at)
    [shown] = (await office.client.get(BOARD)).json()["campaigns"]
    assert (shown["next_version"], shown["rebate"]["rates_bp"]["small"]) == (None, 1000)
    stands = (await office.get("campaigns", f"campaigns/{campaign_id}")).json()
    assert (stands["terms_hash"], stands["next_version"]) == (told["terms_hash"], None)
    assert (await office.get("campaigns", path)).json()["state"] == "applied"


async def test_an_explanation_tells_the_version_that_granted_and_the_next_one(
    office: Office, town: Town, token
):
    campaign_id, at = await town.live_campaign(), await tomorrow(town)
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 1_000)
    paid = await town.pay(wallet, store, 1_000)
    version_id = await approved(town, campaign_id, at, rebate=rates(1000))
    headers = {"Authorization": f"Bearer {token('resident', sub=wallet.person_id)}"}
    path = f"/v1/payments/{paid.entry_id}/explanation"
    for coming in ([{"campaign_id": str(campaign_id), "applies_from": at.isoformat(),
                     "changes": ["rebate"]}], []):  # fmt: skip
        told = (await office.client.get(path, headers=headers)).json()
        assert told["coming"] == coming
        assert told["campaigns"][0]["terms_hash"] == paid.facts["grants"][0]["hash"]
        if coming:
            await step(town, campaign_id, version_id, "withdrawn")


async def test_a_version_is_withdrawn_once_and_for_good(office: Office, town: Town):
    campaign_id, version_id = await started(office, town, 90_000), new_id()
    path = f"campaigns/{campaign_id}/versions/{version_id}"
    body = await body_of(town, await tomorrow(town), rebate=rates(1000))
    assert (await office.put("campaigns", path, body)).status_code == 201
    away, other = {"reason": "a mistake"}, {"reason": "another"}
    withdrawal = f"{path}/withdrawals/{new_id()}"
    told = await office.puts_once("approver", withdrawal, away, other)
    assert (await office.get("auditor", withdrawal)).json() == told
    second = f"{path}/withdrawals/{new_id()}"
    await is_refused_for_good(office, "approver", second, away, "campaign-version-state-wrong")
    told = (await office.put("approver", second, away)).json()
    assert (told["state"], told["possible"]) == ("withdrawn", [])
    elsewhere = f"campaigns/{campaign_id}/versions/{new_id()}/withdrawals/{new_id()}"
    answer = await office.put("campaigns", elsewhere, away)
    is_problem(answer, 404, "campaign-version-unknown")
    await office.allows(path, ["campaigns"], {})
    await office.allows(withdrawal, ["campaigns", "approver"], {})
    for listed in (path, withdrawal, f"campaigns/{campaign_id}/history"):
        await office.allows(listed, ["campaigns", "approver", "finance", "auditor"], None)


async def test_what_no_version_may_change_is_named_with_what_to_do(office: Office, town: Town):
    campaign_id, at = await started(office, town, 90_000), await tomorrow(town)
    today = await town.today()
    body = await body_of(
        town, at, on_return="keep", starts_on=today, ends_on=today, rebate=rates(1)
    )
    answer = await office.put("campaigns", f"campaigns/{campaign_id}/versions/{new_id()}", body)
    is_problem(answer, 422, "malformed-request")
    told = {error["pointer"]: error["says"] for error in answer.json()["errors"]}
    assert list(told) == ["/terms/starts_on", "/terms/ends_on", "/terms/on_return"]
    assert told["/terms/ends_on"].endswith("to stop earlier, end the campaign")
    assert await town.rows("SELECT 1 FROM ledger.entry WHERE kind LIKE 'campaign.version%'") == []
    for wrong in (
        {**body, "applies_from": "tomorrow"},
        {**body, "applies_from": "2026-12-01T00:00:00"},
        {**body, "terms": {**body["terms"], "rebate": None, "cashback": None}},
        {**body, "from": at.isoformat()},
    ):
        answer = await office.put(
            "campaigns", f"campaigns/{campaign_id}/versions/{new_id()}", wrong
        )
        is_problem(answer, 422, "malformed-request")
        if wrong["applies_from"] == "2026-12-01T00:00:00":
            assert "with its offset, as in" in answer.json()["errors"][0]["says"]
    late = f"campaigns/{campaign_id}/versions/{new_id()}"
    body = await body_of(town, await town.now(), rebate=rates(1))
    await is_refused_for_good(office, "campaigns", late, body, "campaign-time-wrong")
    told = (await office.put("campaigns", late, body)).json()
    assert all(told[name].endswith("+09:00") for name in ("earliest", "latest")), told


async def test_a_simulation_is_attached_or_it_is_said_that_there_is_none(
    office: Office, town: Town
):
    await live_weeks(town, 98)
    campaign_id, simulation_id = await drafted(office, town), str(new_id())
    for wrong in (
        {"reason": "-"},
        {"reason": "-", "without_simulation": True, "simulation_id": simulation_id},
        {"reason": "-", "without_simulation": "yes"},
    ):
        path = f"campaigns/{campaign_id}/approvals/{new_id()}"
        is_problem(await office.put("campaigns", path, wrong), 422, "malformed-request")
    path, request_id = f"campaigns/{campaign_id}", new_id()
    terms = (await office.get("campaigns", path)).json()["terms"]
    asks = {"question": question(terms, budget_yen=20_000)}
    assert (await office.put("finance", f"simulations/{simulation_id}", asks)).status_code == 201
    with_it = {"reason": "the council decided", "simulation_id": simulation_id}
    approval = f"{path}/approvals/{request_id}"
    answer = await office.put("campaigns", approval, with_it)
    is_problem(answer, 409, "simulation-not-of-this")
    assert (await office.get("campaigns", path)).json()["state"] == "draft"
    await work(town.database, town.region, lambda: None)
    other = f"campaigns/{await drafted(office, town, priority=9)}/approvals/{new_id()}"
    is_problem(await office.put("campaigns", other, with_it), 409, "simulation-not-of-this")
    told = await office.put("campaigns", approval, with_it)
    assert (told.status_code, told.json()["facts"]["simulation_id"]) == (201, simulation_id)
    assert (await office.put("campaigns", approval, with_it)).json() == told.json()
    steps = (await office.get("campaigns", f"{path}/history")).json()["items"]
    assert [step["step"] for step in steps] == ["submitted", "simulated", "drafted"]
    assert steps[1]["simulation_id"] == simulation_id


async def test_the_history_tells_each_step_with_who_when_and_why(office: Office, town: Town):
    campaign_id = await drafted(office, town)
    path = f"campaigns/{campaign_id}"
    await decided(office, await asked(office, campaign_id), "refused")
    await decided(office, await asked(office, campaign_id))
    await town.fund(campaign_id, 5_000)
    at = await tomorrow(town)
    start = {"state": "scheduled", "reason": "opening day", "starts_at": at.isoformat()}
    answer = await office.put("campaigns", f"{path}/state-changes/{new_id()}", start)
    assert answer.json()["starts_at"] == at.isoformat()
    for wrong in ({**start, "state": "live"}, {"state": "scheduled", "reason": "-"}):
        answer = await office.put("campaigns", f"{path}/state-changes/{new_id()}", wrong)
        is_problem(answer, 422, "malformed-request")
    assert (await office.get("campaigns", path)).json()["state"] == "scheduled"
    [shown] = (await office.client.get(BOARD)).json()["campaigns"]
    assert (shown["phase"], shown["starts_at"][:19]) == ("scheduled", at.isoformat()[:19])
    version_id = new_id()
    body = await body_of(town, at + timedelta(days=1), rebate=rates(1000))
    assert (await office.put("campaigns", f"{path}/versions/{version_id}", body)).is_success
    await decided(office, await submitted(office, campaign_id, version_id))
    await town.set_clock(at)
    assert (await office.get("campaigns", path)).json()["state"] == "live"
    await carry_out_plans(town.database, town.region)
    end = {"state": "ended", "reason": "it rains"}
    assert (await office.put("approver", f"{path}/state-changes/{new_id()}", end)).is_success
    told: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next_cursor": None}
    while not told or page["next_cursor"]:
        more = {"cursor": page["next_cursor"]} if told else {}
        page = (await office.get("auditor", f"{path}/history", limit=4, **more)).json()
        told += page["items"]
    assert [step["step"] for step in reversed(told)] == [
        "drafted", "submitted", "draft", "submitted", "approved", "funded", "scheduled",
        "version-drafted", "version-submitted", "version-approved", "live", "ended",
    ]  # fmt: skip
    last, began = told[0], told[1]
    assert (last["actor"], last["reason"]) == (f"admin:{office.people['approver']}", "it rains")
    assert last["version_id"] == str(version_id), "that never applied"
    assert (began["actor"], began["reason"]) == ("job:campaigns", "as scheduled")
    assert began["at"][:16] == at.isoformat()[:16]
    is_problem(
        await office.get("auditor", f"campaigns/{new_id()}/history"), 404, "campaign-unknown"
    )


async def test_where_one_can_go_from_a_state_is_said(office: Office, town: Town):
    campaign_id = await drafted(office, town)
    change = f"campaigns/{campaign_id}/state-changes/{new_id()}"
    answer = await office.put("campaigns", change, {"state": "live", "reason": "-"})
    is_problem(answer, 409, "campaign-state-wrong")
    told = answer.json()
    assert (told["state"], told["possible"]) == ("draft", ["simulated", "submitted", "ended"])
