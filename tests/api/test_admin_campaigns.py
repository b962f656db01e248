"""Administrators draft, fund, start and stop campaigns, and see what is left of the budget."""

from datetime import timedelta

import pytest
from sqlalchemy.dialects.postgresql import insert

from campaigns.gauge_tables import gauge
from campaigns.terms import Terms, terms_hash
from tests.api.admin_office import Office, is_refused_for_good
from tests.api.campaign_steps import approved, drafted, form, started
from tests.api.probe import is_problem
from tests.town_builder import Town, new_id
from worker.marks import Marks


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def test_a_campaign_is_drafted_once(office: Office, town: Town):
    path = f"campaigns/{new_id()}"
    terms, others = await form(town), await form(town, name="Winter")
    told = await office.puts_once("campaigns", path, {"terms": terms}, {"terms": others})
    assert told["state"] == "draft"
    assert told["name"] == "Autumn"
    assert told["terms"] == terms
    assert told["terms_hash"] == terms_hash(Terms.model_validate(terms)).hex()
    assert [told[name] for name in told if name.endswith("_yen")] == [0, None, *[0] * 5]
    assert (await office.get("auditor", path)).json() == told


async def test_who_drafts_is_warned_of_shops_that_are_not_there(office: Office, town: Town):
    store, nobody = await town.open_store("small"), str(new_id())
    [known] = await town.rows(
        "SELECT facts ->> 'area' AS area, facts ->> 'category' AS category FROM ledger.holder"
        " WHERE holder_id = :id",
        id=store.merchant_id,
    )
    terms = await form(
        town,
        where={
            "areas": [known.area, "kitazwa"],
            "categories": [known.category],
            "streets": ["見本通り"],
            "except_merchants": [str(store.merchant_id), nobody],
        },
        usable_where={"areas": ["daita"]},
    )
    path = f"campaigns/{new_id()}"
    told = (await office.put("campaigns", path, {"terms": terms})).json()
    assert [(each["code"], each["field"], each["value"]) for each in told["warnings"]] == [
        ("no-such-shop", "where.areas", "kitazwa"),
        ("no-such-shop", "where.streets", "見本通り"),
        ("no-such-shop", "where.except_merchants", nobody),
        ("no-such-shop", "usable_where.areas", "daita"),
    ]
    assert (await office.get("approver", path)).json()["warnings"] == told["warnings"]
    assert (await office.get("campaigns", path)).json()["warnings"] == told["warnings"]


async def test_the_answer_to_a_draft_stays_when_the_campaign_goes_on(office: Office, town: Town):
    body = {"terms": await form(town)}
    campaign_id = await started(office, town, 1_000)
    again = await office.put("campaigns", f"campaigns/{campaign_id}", body)
    assert (again.status_code, again.json()["state"]) == (201, "draft")
    assert (await office.get("finance", f"campaigns/{campaign_id}")).json()["state"] == "live"


async def test_campaigns_are_found_by_their_state_and_requests_by_their_kind(
    office: Office, town: Town
):
    live, draft = await started(office, town, 1_000), await drafted(office, town)
    for state, there in (("live", [live]), ("draft", [draft]), ("ended", [])):
        rows = (await office.get("auditor", "campaigns", state=state)).json()["items"]
        assert [row["campaign_id"] for row in rows] == list(map(str, there))
    is_problem(await office.get("auditor", "campaigns", state="paused"), 422, "malformed-request")
    for kind, there in (("campaign.approval", [live]), ("recovery", [])):
        rows = (await office.get("approver", "requests", kind=kind)).json()["items"]
        assert [row["object_id"] for row in rows] == list(map(str, there))


async def test_spent_and_left_follow_payments_and_refunds(office: Office, town: Town):
    campaign_id = await started(office, town, 100_000, rebate_bp=3000, cashback_bp=500)
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 10_000)
    paid = await town.pay(wallet, store, 4_000)  # 1,200 points, 200 cashback
    await town.pay(wallet, store, 1_200)  # all points: nothing left to take back
    await town.refund(paid.entry_id, store, 2_000)  # 600 points and 100 cashback back
    path = f"campaigns/{campaign_id}"
    for role in ("finance", "approver", "auditor"):
        told = (await office.get(role, path)).json()
        assert (told["funded_yen"], told["step_yen"], told["as_of"]) == (100_000, None, None)
        assert (told["spent_yen"], told["owed_back_yen"]) == (700, 600)
        assert told["budget_left_yen"] == 100_000 - 700 - 600
    sums = {"funded_yen": 100_000, "step_yen": 100_000, "as_of": None, "spent_yen": 0}
    unknown = dict.fromkeys(("owed_back_yen", "kept_yen", "returned_yen"))
    rounded = {**sums, "budget_left_yen": 100_000, **unknown}
    assert (await office.get("campaigns", path)).json().items() >= rounded.items()
    [listed] = (await office.get("campaigns", "campaigns")).json()["items"]
    assert listed.items() >= rounded.items(), "nothing was told before a Sunday is over"


async def test_marks_are_exact_for_finance_and_of_the_rounded_sum_for_campaigns(
    office: Office, town: Town
):
    ends = {"scheduled_end": {"at_used_bp": 8000, "notice_days": 7}}
    campaign_id = await started(office, town, 1_000, near_end=ends)
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 10_000)
    path, today = f"campaigns/{campaign_id}", await town.today()
    told = (await office.get("finance", path)).json()
    assert (told["marks"], told["last_day"]) == ([], None)
    await town.pay(wallet, store, 2_700)
    await Marks().record(town.database, town.region, today)
    told = (await office.get("finance", path)).json()
    assert [(mark["used_bp"], mark["used_yen"]) for mark in told["marks"]] == [(8000, 945)]
    assert told["last_day"] == str(today + timedelta(days=7))
    [listed] = (await office.get("auditor", "campaigns")).json()["items"]
    assert listed | {"warnings": []} == told
    rounded = (await office.get("campaigns", path)).json()
    assert (rounded["marks"], rounded["last_day"]) == ([], told["last_day"])
    history = (await office.get("campaigns", f"{path}/history")).json()["items"]
    steps = [step["step"] for step in history]
    assert "budget-mark" not in steps
    assert "end-announced" in steps, "as the public page does"
    sunday = today + timedelta(days=7 - today.isoweekday())
    async with town.database.transaction(town.region.region_id) as db:
        known = {"region_id": town.region.region_id, "campaign_id": campaign_id, "as_of": sunday}
        sums = {"funded_yen": 1_000, "step_yen": 100_000, "offset_yen": 99_999, "spent_yen": 1_000}
        await db.execute(insert(gauge).values(known | sums))
    rounded = (await office.get("campaigns", path)).json()
    reached = [(mark["used_bp"], mark["used_yen"]) for mark in rounded["marks"]]
    assert reached == [(8000, 1000), (9500, 1000), (10_000, 1000)]
    assert (rounded["as_of"], rounded["spent_yen"]) == (str(sunday), 1_000)
    assert rounded["marks"][0]["reached_at"] == f"{sunday + timedelta(days=1)}T00:00:00+09:00"
    funding = {"amount_yen": 1_000, "funder": "city"}
    await office.put("finance", f"{path}/fundings/{new_id()}", funding)
    for role in ("finance", "campaigns"):
        assert (await office.get(role, path)).json()["marks"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"form_version": 2}, "/terms/form_version"),
        ({"colour": "red"}, "/terms/colour"),
        ({"ends_on": "2020-01-01"}, "/terms/ends_on"),
        ({"starts_on": "tomorrow"}, "/terms/starts_on"),
        ({"caps": {"per_payment_points": 1.0}}, "/terms/caps/per_payment_points"),
        ({"name": ""}, "/terms/name"),
        (
            {"rebate": {"rates_bp": {"small": 3000}}},
            "/terms/rebate/rates_bp/street_member",
        ),
    ],
)
async def test_malformed_terms_name_the_field(office: Office, town: Town, change, pointer):
    body = {"terms": await form(town) | change}
    told = is_problem(
        await office.put("campaigns", f"campaigns/{new_id()}", body), 422, "malformed-request"
    )
    assert told["errors"][0]["pointer"] == pointer


async def test_an_id_that_is_taken_makes_no_campaign(office: Office, town: Town):
    store = await town.open_store()
    path = f"campaigns/{store.store_id}"
    answer = await office.put("campaigns", path, {"terms": await form(town)})
    is_problem(answer, 409, "id-in-use")
    is_problem(await office.get("campaigns", path), 404, "campaign-unknown")


async def test_a_funding_is_counted_once(office: Office, town: Town):
    campaign_id = await drafted(office, town)
    path = f"campaigns/{campaign_id}/fundings/{new_id()}"
    body = {"amount_yen": 50_000_000, "funder": "city"}
    told = await office.puts_once("finance", path, body, body | {"funder": "shops"})
    assert (told["amount_yen"], told["funder"]) == (50_000_000, "city")
    assert told["campaign_id"] == str(campaign_id)
    assert told["funded_at"].endswith("+09:00")
    assert (await office.get("auditor", path)).json() == told
    stands = (await office.get("approver", f"campaigns/{campaign_id}")).json()
    assert stands["funded_yen"] == stands["budget_left_yen"] == 50_000_000


@pytest.mark.parametrize("amount_yen", [0, -1, 1.0, "100", True, 2**53, None])
async def test_a_malformed_amount_funds_nothing(office: Office, town: Town, amount_yen):
    campaign_id = await drafted(office, town)
    path = f"campaigns/{campaign_id}/fundings/{new_id()}"
    answer = await office.put("finance", path, {"amount_yen": amount_yen, "funder": "city"})
    told = is_problem(answer, 422, "malformed-request")
    assert told["errors"][0]["pointer"] == "/amount_yen"


async def test_a_campaign_is_stopped_and_started_again(office: Office, town: Town):
    campaign_id = await started(office, town, 1_000)
    path = f"campaigns/{campaign_id}/state-changes/{new_id()}"
    body = {"state": "stopped", "reason": "a fault"}
    told = await office.puts_once("campaigns", path, body, body | {"reason": "none"})
    assert (told["before"], told["state"], told["reason"]) == ("live", "stopped", "a fault")
    exact = (await office.get("finance", path)).json()
    assert exact | {"seq": told["seq"]} == told
    assert exact["seq"] > told["seq"], "which is the number among the campaign's own steps"
    again = f"campaigns/{campaign_id}/state-changes/{new_id()}"
    answer = await office.put("approver", again, {"state": "live", "reason": "mended"})
    assert (answer.status_code, answer.json()["before"]) == (201, "stopped")


async def test_a_campaign_that_cannot_start_stays_refused(office: Office, town: Town):
    live = {"state": "live", "reason": "opening day"}
    fresh = f"campaigns/{await drafted(office, town)}/state-changes/{new_id()}"
    await is_refused_for_good(office, "campaigns", fresh, live, "campaign-state-wrong")
    without_money = await drafted(office, town)
    await approved(office, without_money)
    unfunded = f"campaigns/{without_money}/state-changes/{new_id()}"
    await is_refused_for_good(office, "campaigns", unfunded, live, "campaign-not-funded")
    running = f"campaigns/{await started(office, town, 1)}/state-changes/{new_id()}"
    await is_refused_for_good(office, "campaigns", running, live, "campaign-state-wrong")
    today = await town.today()
    campaign_id = await drafted(office, town, ends_on=today - timedelta(days=1))
    await town.fund(campaign_id, 1_000)
    await approved(office, campaign_id)
    over = f"campaigns/{campaign_id}/state-changes/{new_id()}"
    await is_refused_for_good(office, "campaigns", over, live, "campaign-over")


async def test_campaigns_are_listed_newest_first(office: Office, town: Town):
    made = [str(await drafted(office, town, name=f"No. {n}")) for n in range(3)]
    first = (await office.get("campaigns", "campaigns", limit=2)).json()
    rest = await office.get("campaigns", "campaigns", limit=2, cursor=first["next_cursor"])
    listed = [item["campaign_id"] for item in first["items"] + rest.json()["items"]]
    assert listed == made[::-1]
    assert rest.json()["next_cursor"] is None
    assert [item["name"] for item in first["items"]] == ["No. 2", "No. 1"]


async def test_each_act_belongs_to_its_roles(office: Office, town: Town):
    path = f"campaigns/{await drafted(office, town)}"
    await office.allows(f"campaigns/{new_id()}", ["campaigns"], {"terms": {}})
    await office.allows(f"{path}/fundings/{new_id()}", ["finance"], {})
    await office.allows(f"{path}/approvals/{new_id()}", ["campaigns"], {})
    await office.allows(f"{path}/approvals/{new_id()}", ["campaigns"], None)
    await office.allows(f"{path}/state-changes/{new_id()}", ["campaigns", "approver"], {})
    readers = ["campaigns", "approver", "finance", "auditor"]
    for address in ("campaigns", path, f"{path}/fundings/{new_id()}"):
        await office.allows(address, readers, None)


async def test_another_regions_campaign_is_not_there(office: Office, town: Town, second_town: Town):
    abroad = f"campaigns/{await second_town.live_campaign()}"
    is_problem(await office.get("campaigns", abroad), 404, "campaign-unknown")
    assert (await office.get("campaigns", "campaigns")).json()["items"] == []
    body = {"amount_yen": 1_000, "funder": "city"}
    path = f"{abroad}/fundings/{new_id()}"
    is_problem(await office.put("finance", path, body), 404, "campaign-unknown")
    is_problem(await office.get("finance", path), 404, "entry-unknown")
    change = {"state": "stopped", "reason": "envy"}
    path = f"{abroad}/state-changes/{new_id()}"
    is_problem(await office.put("campaigns", path, change), 404, "campaign-unknown")


async def test_a_funding_is_found_under_its_own_campaign_only(office: Office, town: Town):
    campaign_id, other = await drafted(office, town), await drafted(office, town)
    funding = await town.fund(campaign_id, 1_000)
    found = await office.get("finance", f"campaigns/{campaign_id}/fundings/{funding.entry_id}")
    assert found.status_code == 200
    answer = await office.get("finance", f"campaigns/{other}/fundings/{funding.entry_id}")
    is_problem(answer, 404, "entry-unknown")
    answer = await office.get("finance", f"campaigns/{other}/state-changes/{funding.entry_id}")
    is_problem(answer, 404, "entry-unknown")
