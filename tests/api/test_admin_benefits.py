"""Benefits in the hands of administrators: drafted, approved, offered, closed; by whom."""

import pytest

from access.emails import read_email
from access.login_devices import note_device
from access.logins import make_login
from core.database import Database
from tests.api.admin_office import Office, is_refused_for_good
from tests.api.benefit_steps import WHY, Listed, asked, brings, drafted, listed, person, turned
from tests.api.campaign_steps import decided
from tests.api.campaign_steps import drafted as campaign_drafted
from tests.api.probe import is_problem
from tests.town_builder import Town, new_id

FORM = {"form_version": 1, "name": "給付", "amount_points": 100, "offer_until": "2199-01-31"}


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def test_each_step_is_for_its_roles_and_happens_once(office: Office, town: Town):
    benefit_id = new_id()
    path = f"benefits/{benefit_id}"
    told = await office.puts_once(
        "campaigns", path, {"terms": FORM}, {"terms": FORM | {"name": "other"}}
    )
    assert (told["state"], told["lines"], told["needed_yen"]) == ("draft", 0, 0)
    assert (await office.get("campaigns", path)).json() == told
    funding = {"amount_yen": 200, "funder": "city"}
    body = funding | {"amount_yen": 201}
    funded = f"{path}/fundings/{new_id()}"
    made = await office.puts_once("finance", funded, funding, body)
    assert (await office.get("finance", funded)).json() == made
    list_id = new_id()
    where = f"{path}/lists/{list_id}"
    for _ in range(2):
        answer = await brings(office, where, 1, person(1), person(2))
        assert (answer.status_code, answer.json()["lines_so_far"]) == (200, 2)
    said = await office.puts_once("desk", where, {"lines": 2, **WHY}, {"lines": 3, **WHY})
    assert (said["is_in_force"], said["needed_yen"]) == (True, 200)
    request_id = await asked(office, Listed(benefit_id, list_id))
    facts = (await office.get("campaigns", f"{path}/approvals/{request_id}")).json()["facts"]
    assert (facts["lines"], facts["needed_yen"], facts["list_id"]) == (2, 200, str(list_id))
    assert (await decided(office, request_id)).json()["state"] == "approved"
    change = f"{path}/state-changes/{new_id()}"
    on, off = {"state": "offered", **WHY}, {"state": "stopped", **WHY}
    changed = await office.puts_once("approver", change, on, off)
    assert (changed["before"], changed["state"]) == ("approved", "offered")
    seen = (await office.get("campaigns", change)).json()
    assert seen | {"seq": changed["seq"]} == changed
    assert seen["seq"] < changed["seq"], "which is the number among the benefit's own steps"
    await turned(office, Listed(benefit_id, list_id), "closed")
    back = f"{path}/budget-returns/{new_id()}"
    returned = await office.puts_once("finance", back, WHY, {"reason": "other"})
    assert returned["returned_to"] == [{"funder": "city", "amount_yen": 200}]
    assert (await office.get("finance", back)).json() == returned
    [row] = (await office.get("auditor", "benefits")).json()["items"]
    assert (row["state"], row["funded_yen"], row["returned_yen"]) == ("closed", 200, 200)
    [seen] = (await office.get("campaigns", "benefits")).json()["items"]
    assert seen == row | {"returned_yen": None}, "it would tell how many took theirs"
    for state, there in (("closed", [row]), ("offered", [])):
        assert (await office.get("auditor", "benefits", state=state)).json()["items"] == there


async def test_who_may_what(office: Office, town: Town):
    path = f"benefits/{await drafted(office, town)}"
    readers = {"campaigns", "approver", "finance", "desk", "auditor"}
    no_city = readers - {"campaigns"}
    for address, roles, body in (
        (f"benefits/{new_id()}", {"campaigns"}, {"terms": FORM}),
        (f"{path}/lists/{new_id()}", {"desk"}, {"lines": 1, **WHY}),
        (f"{path}/fundings/{new_id()}", {"finance"}, {"amount_yen": 1, "funder": "city"}),
        (f"{path}/budget-returns/{new_id()}", {"finance"}, WHY),
        (f"{path}/approvals/{new_id()}", {"campaigns"}, WHY),
        (f"{path}/state-changes/{new_id()}", {"campaigns", "approver"}, {"state": "closed", **WHY}),
        ("benefits", readers, None),
        (path, readers, None),
        (f"{path}/state-changes/{new_id()}", readers, None),
        (f"{path}/fundings/{new_id()}", readers, None),
        (f"{path}/budget-returns/{new_id()}", no_city, None),
        (f"{path}/approvals/{new_id()}", {"campaigns"}, None),
        (f"{path}/lists/{new_id()}", no_city, None),
        (f"{path}/figures", no_city, None),
    ):
        await office.allows(address, roles, body)
    for role in (*no_city - {"desk"}, "campaigns", "city"):
        for what in ("unclaimed-lines", f"lists/{new_id()}/parts"):
            is_problem(await office.post(role, f"{path}/{what}", WHY), 403, "role-missing")


async def test_a_malformed_form_is_refused_by_its_field(office: Office):
    form = FORM | {"amount_points": 0}
    answer = await office.put("campaigns", f"benefits/{new_id()}", {"terms": form})
    is_problem(answer, 422, "malformed-request")
    assert answer.json()["errors"][0]["pointer"] == "/terms/amount_points"


async def test_neither_its_maker_nor_who_brought_the_list_approves_it(
    office: Office, town: Town, database: Database
):
    made, twin, browser = await listed(office, town, [person(1)]), new_id(), new_id()
    async with database.transaction(town.region.region_id) as db:
        for who in (office.people["desk"], twin):
            email = read_email(f"{who.hex}@example.jp")
            await make_login(db, town.region.region_id, email, "世田谷 花子", who)
            await note_device(db, town.region.region_id, who, browser)
    third = new_id()
    request_id = await asked(office, made, third)
    for who in (third, office.people["campaigns"], office.people["desk"], twin):
        is_problem(await decided(office, request_id, sub=who), 409, "second-person-needed")
    assert (await decided(office, request_id)).status_code == 200


async def test_what_was_asked_for_is_the_list_of_that_moment(office: Office, town: Town):
    made = await listed(office, town, [person(1)])
    request_id = await asked(office, made)
    path = f"{made.path}/lists/{new_id()}"
    await brings(office, path, 1, person(2))
    assert (await office.put("desk", path, {"lines": 1, **WHY})).status_code == 201
    is_problem(await decided(office, request_id), 409, "benefit-list-differs")
    assert (await office.get("campaigns", made.path)).json()["state"] == "listed"
    withdrawn = f"/v1/admin/{made.path}/approvals/{request_id}/withdrawals"
    headers = office.headers("campaigns")
    answer = await office.client.post(withdrawn, json={}, headers=headers)
    assert answer.json()["state"] == "withdrawn"
    campaign_id = await campaign_drafted(office, town)
    other = f"campaigns/{campaign_id}/approvals/{request_id}"
    is_problem(await office.get("campaigns", other), 404, "request-unknown")
    other = f"campaigns/{made.benefit_id}/approvals/{request_id}"
    is_problem(await office.get("campaigns", other), 404, "request-unknown")
    assert (await decided(office, await asked(office, made))).status_code == 200
    answer = await brings(office, path, 2, person(3))
    is_problem(answer, 409, "benefit-state-wrong")
    late = f"{made.path}/approvals/{new_id()}"
    is_problem(await office.put("campaigns", late, WHY), 409, "benefit-state-wrong")


async def test_a_refused_change_stays_refused(office: Office, town: Town):
    made = await listed(office, town, [person(1)])
    path = f"{made.path}/state-changes"
    on = {"state": "offered", **WHY}
    await is_refused_for_good(office, "approver", f"{path}/{new_id()}", on, "benefit-state-wrong")
    await decided(office, await asked(office, made))
    await is_refused_for_good(office, "approver", f"{path}/{new_id()}", on, "benefit-not-funded")
    back = f"{made.path}/budget-returns/{new_id()}"
    await is_refused_for_good(office, "finance", back, WHY, "benefit-state-wrong")
    path = f"benefits/{new_id()}"
    is_problem(await office.get("finance", path), 404, "benefit-unknown")
    is_problem(await office.get("finance", f"{path}/figures"), 404, "benefit-unknown")
    is_problem(
        await office.put("approver", f"{path}/state-changes/{new_id()}", on), 404, "benefit-unknown"
    )
