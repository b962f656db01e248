"""Operators open regions, once a code; finance changes the settings of its own."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from core.database import Database
from ledger.regions import load_regions
from payments.settings import RegionSettings
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.limits_builder import limits
from tests.town_builder import Town, new_id, open_region

HINODE = {"name": "ひので町", "zone": "Asia/Tokyo", "settings": {"void_minutes": 240}}
SETTINGS = RegionSettings().model_dump()


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def test_a_region_is_opened_once_and_serves_at_once(office: Office, token):
    told = await office.puts_once(
        "operator",
        "regions/hinode",
        HINODE,
        HINODE | {"settings": {"void_minutes": 10}},
        taken="region-open-already",
    )
    assert (told["code"], told["name"], told["zone"]) == ("hinode", "ひので町", "Asia/Tokyo")
    assert told["settings"] == SETTINGS | {"void_minutes": 240}
    assert (await office.get("operator", "regions/hinode")).json() == told
    own = Office(office.client, token, region="hinode")
    assert (await own.get("finance", "region")).json() == told


@pytest.mark.parametrize("change", [{"name": "Other"}, {"zone": "Asia/Seoul"}])
async def test_a_code_stands_for_one_region(office: Office, change: dict[str, Any]):
    assert (await office.put("operator", "regions/hinode", HINODE)).status_code == 201
    answer = await office.put("operator", "regions/hinode", HINODE | change)
    is_problem(answer, 409, "region-open-already")
    assert (await office.get("operator", "regions/hinode")).json()["name"] == "ひので町"


async def test_regions_are_listed_by_code(office: Office, second_town: Town):
    for code in ("aoba", "hinode"):
        assert (await office.put("operator", f"regions/{code}", HINODE)).status_code == 201
    first = (await office.get("operator", "regions", limit=3)).json()
    rest = (await office.get("operator", "regions", cursor=first["next_cursor"])).json()
    listed = first["items"] + rest["items"]
    assert [region["code"] for region in listed] == ["aoba", "hinode", "setagaya", "tsubame"]
    assert listed[1] == {"code": "hinode", "name": "ひので町", "zone": "Asia/Tokyo"}
    assert rest["next_cursor"] is None


async def test_two_at_a_time_open_one_region(office: Office, town: Town):
    answers = await asyncio.gather(
        *(office.put("operator", "regions/hinode", HINODE) for _ in range(5))
    )
    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.text for answer in answers}) == 1
    assert sorted(await load_regions(town.database)) == ["hinode", "setagaya"]


async def test_a_region_that_was_opened_by_hand_stays_as_it_is(office: Office):
    body = {"name": "Setagaya", "zone": "Asia/Tokyo", "settings": {}}
    for _ in range(2):
        answer = await office.put("operator", "regions/setagaya", body)
        is_problem(answer, 409, "region-open-already")


@pytest.mark.parametrize("code", ["a", "Hinode", "9town", "hinode-", "x" * 33, "h_n", "*"])
async def test_a_malformed_code_is_refused(office: Office, town: Town, code: str):
    answer = await office.put("operator", f"regions/{code}", HINODE)
    is_problem(answer, 422, "malformed-request")
    assert len(await load_regions(town.database)) == 1


@pytest.mark.parametrize("zone", ["Asia/Nowhere", "", "JST-9", "localtime", "../etc/passwd"])
async def test_an_unknown_zone_is_refused(office: Office, town: Town, zone: str):
    answer = await office.put("operator", "regions/hinode", HINODE | {"zone": zone})
    is_problem(answer, 422, "zone-unknown")
    assert len(await load_regions(town.database)) == 1


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"colour": "red"}, "/settings"),
        ({"void_minutes": "10"}, "/settings/void_minutes"),
        ({"coin_months": 0}, "/settings/coin_months"),
        ({"issuer_kind": "bank"}, "/settings/issuer_kind"),
    ],
)
async def test_malformed_settings_name_the_field(office: Office, given, pointer):
    answer = await office.put("operator", "regions/hinode", HINODE | {"settings": given})
    told = is_problem(answer, 422, "malformed-request")
    assert told["errors"][0]["pointer"] == pointer


async def test_a_region_that_is_not_there_is_not_found(office: Office):
    is_problem(await office.get("operator", "regions/nowhere"), 404, "region-unknown")


async def test_settings_are_replaced_whole_and_hold_from_then_on(office: Office, town: Town):
    path = f"region/settings/{new_id()}"
    body = {"settings": SETTINGS | {"limits": limits(payment_yen=500)}}
    told = await office.puts_once("finance", path, body, {"settings": SETTINGS})
    assert told["settings"]["limits"]["unverified"]["payment_yen"] == 500
    assert (await office.get("finance", path)).json() == told
    assert (await office.get("desk", "region")).json()["settings"] == body["settings"]
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 1_000)
    refused = await town.submit(town.payment(wallet, store, 501))
    assert refused.entry.refusal == "payment-over-limit"


@pytest.mark.parametrize("missing", ["limits", "issuer_kind"])
async def test_no_setting_may_be_left_out_of_a_change(office: Office, missing: str):
    before = (await office.get("finance", "region")).json()["settings"]
    settings = {name: value for name, value in SETTINGS.items() if name != missing}
    answer = await office.put("finance", f"region/settings/{new_id()}", {"settings": settings})
    told = is_problem(answer, 422, "malformed-request")
    [error] = told["errors"]
    assert (error["pointer"], error["reason"]) == ("/settings", "settings-missing")
    assert (await office.get("finance", "region")).json()["settings"] == before


async def test_a_change_of_another_region_is_not_there(
    office: Office, town: Town, second_town: Town
):
    before = (await office.get("finance", "region")).json()["settings"]
    change = await second_town.change_settings(void_minutes=5)
    is_problem(
        await office.get("finance", f"region/settings/{change.entry_id}"), 404, "entry-unknown"
    )
    assert (await office.get("finance", "region")).json()["settings"] == before


async def test_each_act_belongs_to_its_roles(office: Office):
    await office.allows("regions/hinode", [], HINODE)
    await office.allows("regions/setagaya", [], None)
    await office.allows("regions", [], None)
    seeing = ["campaigns", "approver", "finance", "desk", "auditor"]
    await office.allows("region", seeing, None)
    await office.allows(f"region/settings/{uuid4()}", ["finance"], None)
    await office.allows(f"region/settings/{new_id()}", ["finance"], {})
    is_problem(await office.get("operator", "region"), 403, "role-missing")


async def test_a_region_that_another_process_opened_is_known_at_once(
    app_client: httpx.AsyncClient, token: Callable[..., str], database: Database
):
    await open_region(database, "kamome", "Asia/Tokyo")
    await asyncio.sleep(0.3)
    headers = {"Authorization": f"Bearer {token('admin', region='kamome', role='finance')}"}
    answer = await app_client.get("/v1/admin/region", headers=headers)
    assert answer.status_code == 200, answer.text
