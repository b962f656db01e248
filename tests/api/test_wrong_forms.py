"""Whatever is wrong with a campaign's form: 422, the field, what to do about it; nothing stored."""

import json
import re
from typing import Any

import pytest

from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.campaigns.test_parts_of_terms import FALLING, OVERLAPPING, RATES, TIER
from tests.campaigns.test_terms import REFUSED, changed
from tests.town_builder import Town, new_id

KINDS = {"street_member": 2000, "small": 1500, "convenience": 1000, "large": 0}


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


def form_with(path: str, value: object) -> dict[str, Any]:
    form = changed("caps.cashback_per_payment_yen", 1)  # a copy
    *parents, last = path.split("/")
    part = form
    for parent in parents:
        part = part.setdefault(parent, {})
    part[last] = value
    return form


WRONG: list[tuple[str, object, str, str]] = [
    ("colour", "red", "colour", "is no field here: leave it out, or use form_version, name,"),
    ("caps/per_week", 1, "caps/per_week", "is no field here: leave it out, or use per_payment"),
    ("rebate/rates_bp/small", 15.5, "rebate/rates_bp/small", "without a decimal point; rates are"),
    ("rebate/rates_bp/small", "1500", "rebate/rates_bp/small", "without quotes"),
    ("rebate/rates_bp/small", 10_001, "rebate/rates_bp/small", "must be at most 10000; rates are"),
    ("ends_on", "2020-01-01", "ends_on", "must not be before starts_on"),
    ("ends_on", "1 Nov", "ends_on", "must be a day, as in 2026-11-01"),
    ("caps/per_payment_points", 0, "caps/per_payment_points", "must be at least 1"),
    ("budget_per_day_yen", 0, "budget_per_day_yen", "must be at least 1"),
    ("rebate", {"tiers": [TIER | {"above_yen": 9}]}, "rebate/tiers", "must begin at 0"),
    ("rebate", {"tiers": [TIER, TIER]}, "rebate/tiers", "must begin above the one before"),
    ("rebate", {"steps": FALLING}, "rebate/steps", "a higher step must not give less"),
    ("rebate", {"steps": OVERLAPPING}, "rebate/steps", "must begin above the one before"),
    ("rebate", {"rates_bp": KINDS | {"kiosk": 1}}, "rebate/rates_bp/kiosk", "use street_member,"),
    ("rebate", {"rates_bp": RATES, "fixed": RATES}, "rebate", "must say exactly one of: rates_bp"),
    ("where", {"classes": ["kiosk"]}, "where/classes/0", "must be one of: street_member, small"),
    ("where", {"only_merchants": ["x"]}, "where/only_merchants/0", "must be an id, as in"),
    ("where", {"streets": []}, "where/streets", "must list at least one, or be left out"),
    ("where", "everywhere", "where", "must be an object with named fields"),
    ("when", {"from_time": "22:00", "until_time": "02:00"}, "when/until_time", "two campaigns"),
    ("together", {"how": "best"}, "together/group", "must name the group of best"),
    ("funders", [{"name": "ward", "share_bp": 9000}], "funders", "must add up to 10000 basis"),
    ("usable_where", {}, "usable_where", "must name the shops, or be left out"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "pointer", "says"), WRONG)
async def test_the_field_and_what_to_do_are_told(
    office: Office, town: Town, path: str, value: object, pointer: str, says: str
):
    campaign = f"campaigns/{new_id()}"
    answer = await office.put("campaigns", campaign, {"terms": form_with(path, value)})
    [error] = is_problem(answer, 422, "malformed-request")["errors"]
    assert error["pointer"] == f"/terms/{pointer}"
    assert says in error["says"]
    is_problem(await office.get("campaigns", campaign), 404, "campaign-unknown")
    assert (await town.rows("SELECT count(*) AS n FROM campaigns.terms"))[0].n == 0


async def test_nothing_is_refused_without_a_sentence(office: Office, town: Town):
    for path, value in REFUSED:
        form = json.loads(json.dumps(changed(path, value)))
        answer = await office.put("campaigns", f"campaigns/{new_id()}", {"terms": form})
        for error in is_problem(answer, 422, "malformed-request")["errors"]:
            assert error["pointer"] == "/terms/" + path.replace(".", "/"), path
            assert re.match(r"(must|is|a|each|the) ", error["says"]), (path, error)


async def test_a_budget_of_nothing_is_told_in_the_same_way(office: Office, town: Town):
    campaign = await town.draft_campaign()
    path = f"campaigns/{campaign}/fundings/{new_id()}"
    answer = await office.put("finance", path, {"amount_yen": 0, "funder": "city"})
    [error] = is_problem(answer, 422, "malformed-request")["errors"]
    assert (error["pointer"], error["says"]) == ("/amount_yen", "must be at least 1")


async def test_a_question_to_a_simulation_is_told_in_the_same_way(office: Office):
    days = {"from_day": "2026-08-03", "to_day": "2026-09-27"}
    question = {"terms": form_with("priority", 0), **days, "multiplier_bp": 1.2}
    path = f"simulations/{new_id()}"
    answer = await office.put("finance", path, {"question": question})
    [error] = is_problem(answer, 422, "malformed-request")["errors"]
    assert error["pointer"] == "/question/multiplier_bp"
    assert "without a decimal point; rates are" in error["says"]
    bare = await office.put("finance", path, question)
    for error in is_problem(bare, 422, "malformed-request")["errors"]:
        assert error["says"] == "must be said" or "or use question" in error["says"]


async def test_a_name_that_nobody_would_give_a_field_is_not_said_back(office: Office, town: Town):
    form = changed("<script>", 1)
    answer = await office.put("campaigns", f"campaigns/{new_id()}", {"terms": form})
    [error] = is_problem(answer, 422, "malformed-request")["errors"]
    assert error["pointer"] == "/terms/*"
