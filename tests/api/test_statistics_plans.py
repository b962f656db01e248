"""A plan of statistics is drafted by one person, approved by another, and read by everybody."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.api.admin_office import Office
from tests.api.campaign_steps import decided
from tests.api.probe import is_problem
from tests.insights.statistics_builder import furnish_statistics, lists_of, monday_after
from tests.town_builder import Town, new_id


@pytest.fixture
def office(app_client: httpx.AsyncClient, token: Any) -> Office:
    return Office(app_client, token)


async def test_a_plan_holds_once_another_person_approved_it(
    office: Office, town: Town, app_client: httpx.AsyncClient
):
    nobody = await app_client.get("/v1/regions/setagaya/statistics-plan")
    is_problem(nobody, 404, "statistics-plan-none")
    lists = lists_of(monday_after(await town.today()))
    plan_id = new_id()
    body = {"plan": lists.model_dump(mode="json", exclude_none=True), "reason": "next year"}
    path = f"statistics/plans/{plan_id}"
    for _ in range(2):
        asked = await office.put("campaigns", path, body)
        assert asked.status_code == 201, asked.text
        assert asked.json()["facts"]["digest"] == lists.digest.hex()
    is_problem(await office.put("campaigns", path, body | {"reason": "-"}), 409, "id-in-use")
    is_problem(
        await office.put("approver", f"statistics/plans/{new_id()}", body), 403, "role-missing"
    )
    draft = (await office.get("city", path)).json()
    assert (draft["version"], draft["approved_by"]) == (1, None)
    assert (await office.get("city", "statistics/plans", approved="true")).json()["items"] == []
    assert (await decided(office, plan_id)).status_code == 200
    held = (await office.get("city", "statistics/plans", approved="true")).json()["items"]
    assert [each["digest"] for each in held] == [lists.digest.hex()]
    public = await app_client.get("/v1/regions/setagaya/statistics-plan")
    assert public.json()["digest"] == lists.digest.hex()
    acts = text("SELECT act FROM access.act WHERE act ~ 'plan|request' ORDER BY at, act_id")
    async with town.database.snapshot(town.region.region_id) as db:
        assert (await db.scalars(acts)).all() == [
            "statistics_plan.drafted", "request.made", "request.approved",
        ]  # fmt: skip


async def test_a_week_that_has_begun_is_too_late_to_draft_and_to_approve(
    office: Office, town: Town
):
    monday = monday_after(await town.today())
    lists = lists_of(monday)
    late = lists.model_copy(update={"first_week": monday - timedelta(days=7)})
    plan_id = new_id()
    for plan, status in ((late, 409), (lists, 201)):
        body = {"plan": plan.model_dump(mode="json", exclude_none=True), "reason": "-"}
        asked = await office.put("campaigns", f"statistics/plans/{plan_id}", body)
        assert asked.status_code == status, asked.text
    await town.set_clock(await town.now() + timedelta(days=8))
    is_problem(await decided(office, plan_id), 409, "statistics-plan-too-late")


async def test_releases_are_read_byte_for_byte_by_those_who_see_nobody(office: Office, town: Town):
    await furnish_statistics(town)
    for role in ("campaigns", "approver", "finance", "auditor"):
        assert (await office.get(role, "statistics/releases/1")).status_code == 200
    [line] = (await office.get("city", "statistics/releases", table="district")).json()["items"]
    stored = await office.get("city", f"statistics/releases/{line['release_no']}")
    [row] = await town.rows(
        "SELECT output, encode(output_sha256, 'hex') FROM insights.release WHERE release_no = 1"
    )
    assert (stored.content, line["output_sha256"]) == tuple(row)
    assert (await office.get("city", "statistics/releases", table="hour_weekday")).json() == {
        "items": [], "next_cursor": None,
    }  # fmt: skip
    [year] = (await office.get("city", "statistics/budgets")).json()["items"]
    assert (year["cap_nano_rho"], year["used_nano_rho"]) == (520_000_000, 6_750_000)
    assert year["left_nano_rho"] == 513_250_000
    is_problem(await office.get("city", "statistics/releases/7"), 404, "statistics-release-unknown")
    assert (await office.get("desk", "statistics/releases")).status_code == 403
    await _figures_of_deliveries(office)


async def _figures_of_deliveries(office: Office) -> None:
    """Of one notice, as it stands there; filtered, and of no other one."""
    [told] = (await office.get("city", "statistics/deliveries")).json()["items"]
    assert (told["title"], told["sigma_people_milli"]) == ("夏祭り", 45_000)
    assert told["read"] == {"value": 1_800, "low": 1_711, "high": 1_889}
    assert told["unread"] == {"value": -12, "low": -101, "high": 77}
    assert told["got"] == {"value": 1_788, "low": 1_663, "high": 1_913}
    path = f"statistics/deliveries/{told['message_id']}"
    assert (await office.get("campaigns", path)).json() == told
    campaigns = await office.get("city", "statistics/deliveries", kind="campaign")
    assert campaigns.json() == {"items": [], "next_cursor": None}
    other = await office.get("city", f"statistics/deliveries/{new_id()}")
    is_problem(other, 404, "delivery-figures-unknown")
    assert (await office.get("desk", path)).status_code == 403


async def test_a_store_lies_in_a_listed_district(office: Office, town: Town):
    store = await town.open_store()
    path = f"merchants/{store.merchant_id}/stores/{store.store_id}/details"
    assert (await office.post("finance", path, {"district": "anywhere"})).status_code == 200
    await furnish_statistics(town)
    is_problem(
        await office.post("finance", path, {"district": "anywhere"}), 422, "district-unknown"
    )
    told = await office.post("finance", path, {"district": "station"})
    assert told.json()["district"] == "station"
