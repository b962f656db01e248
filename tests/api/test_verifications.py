"""Verify a person at the desk: once, with a record, an act and a tier behind it."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from tests.api.admin_office import Office
from tests.api.phone import Phone, Token, phone_of
from tests.api.probe import is_problem
from tests.residents.people import enrol
from tests.town_builder import Town, new_id

TAKEN_BACK = {
    "tier": "unverified",
    "evidence": None,
    "expires_on": None,
    "reason": "the licence was another's",
}


@pytest.fixture
def office(app_client: httpx.AsyncClient, token: Token) -> Office:
    """The administrators."""
    return Office(app_client, token)


@pytest.fixture
async def phone(town: Town, app_client: httpx.AsyncClient, token: Token) -> Phone:
    """The app of a person whom nobody has verified."""
    wallet = await town.open_wallet()
    await enrol(town.database, town.region.region_id, wallet.person_id)
    return phone_of(app_client, token, wallet)


async def seen(town: Town, **more: Any) -> dict[str, Any]:
    until = await town.today() + timedelta(days=365)
    said = {"tier": "verified_resident", "evidence": "passport", "expires_on": until.isoformat()}
    return said | {"reason": "came to the counter"} | more


def path_of(phone: Phone) -> str:
    return f"people/{phone.wallet.person_id}/verifications"


async def standing(phone: Phone) -> dict[str, Any]:
    told: dict[str, Any] = (await phone.get("me/standing")).json()
    return told


async def acts(town: Town) -> list[tuple[str, str | None]]:
    rows = await town.rows("SELECT act, reason FROM access.act ORDER BY act_id")
    return [(row.act, row.reason) for row in rows]


async def test_the_desk_verifies_once(office: Office, phone: Phone, town: Town):
    body = await seen(town, area="kitazawa", age_band="30-44")
    path = f"{path_of(phone)}/{new_id()}"
    told = await office.puts_once("desk", path, body, body | {"evidence": "residence_card"})
    assert (told["tier"], told["expires_on"]) == (body["tier"], body["expires_on"])
    assert await acts(town) == [("person.verified", "came to the counter")]
    stands = await standing(phone)
    assert stands["limits"]["balance_yen"] == 2_000_000
    assert stands | {"limits": {}} == {
        "tier": "verified_resident",
        "tier_until": body["expires_on"],
        "limits": {},
        "confirm_above_yen": 20_000,
        "unconfirmed_per_day_yen": 30_000,
        "area": "kitazawa",
        "is_area_verified": True,
        "age_band": "30-44",
        "is_age_band_verified": True,
    }
    is_problem(
        await office.put("desk", path, body | {"reason": "another reason"}), 409, "id-in-use"
    )


async def test_a_verification_is_renewed_and_taken_back_and_each_look_says_why(
    office: Office, phone: Phone, town: Town
):
    today = (await town.today()).isoformat()
    first, second = await seen(town), await seen(town, tier="verified_visitor", expires_on=today)
    for body, tier in ((first, first["tier"]), (second, "verified_visitor")):
        answer = await office.put("desk", f"{path_of(phone)}/{new_id()}", body)
        assert answer.status_code == 201, answer.text
        assert (await standing(phone))["tier"] == tier
    assert (await office.put("desk", f"{path_of(phone)}/{new_id()}", TAKEN_BACK)).status_code == 201
    stands = await standing(phone)
    assert (stands["tier"], stands["tier_until"]) == ("unverified", None)
    assert stands["limits"]["balance_yen"] == 100_000
    listed = (await office.look(path_of(phone), "asks why", limit=2)).json()
    assert [row["tier"] for row in listed["items"]] == ["verified_resident", "verified_visitor"]
    cursor = listed["next_cursor"]
    rest = (await office.look(path_of(phone), "asks", cursor=cursor)).json()
    # The person sees the same without a reason, and nobody else's.
    mine = (await phone.get("me/verifications")).json()["items"]
    assert mine == listed["items"] + rest["items"]
    [row] = rest["items"]
    assert (row["tier"], row["evidence"], row["expires_on"]) == ("unverified", "taken_back", None)
    looks = [("person.looked_at", "asks why"), ("person.looked_at", "asks")]
    assert (await acts(town))[-2:] == looks


async def test_many_at_once_under_one_id_verify_once(office: Office, phone: Phone, town: Town):
    body, path = await seen(town), f"{path_of(phone)}/{new_id()}"
    told = await asyncio.gather(*(office.put("desk", path, body) for _ in range(8)))
    assert [answer.status_code for answer in told] == [201] * 8
    assert len({answer.text for answer in told}) == 1
    assert len(await acts(town)) == 1


async def test_a_crash_between_record_and_command_is_repaired_by_the_same_request(
    office: Office, phone: Phone, town: Town
):
    body, verification_id = await seen(town), new_id()
    # The record alone, as it stands where the process died before the command.
    async with town.database.transaction(town.region.region_id) as db:
        await db.execute(
            text(
                "INSERT INTO residents.verification (region_id, verification_id, person_id, tier,"
                " method, evidence, verified_by, expires_on) VALUES (:region, :id, :person,"
                " 'verified_resident', 'document', 'passport', :by, :until)"
            ),
            {
                "region": town.region.region_id,
                "id": verification_id,
                "person": phone.wallet.person_id,
                "by": f"admin:{office.people['desk']}",
                "until": date.fromisoformat(body["expires_on"]),
            },
        )
    assert (await standing(phone))["tier"] == "unverified"
    answer = await office.put("desk", f"{path_of(phone)}/{verification_id}", body)
    assert answer.status_code == 201, answer.text
    assert (await standing(phone))["tier"] == "verified_resident"


async def test_what_cannot_be_is_refused_and_leaves_no_record(
    office: Office, phone: Phone, town: Town
):
    today = await town.today()
    refused: list[tuple[dict[str, Any], str]] = [
        ({"expires_on": (today - timedelta(days=1)).isoformat()}, "verification-lasts-wrongly"),
        ({"expires_on": (today + timedelta(days=3654)).isoformat()}, "verification-lasts-wrongly"),
        ({"reason": "number 6214 9832 0257"}, "my-number-refused"),
        ({"evidence": None}, "malformed-request"),
        ({"expires_on": None}, "malformed-request"),
        ({"tier": "unverified"}, "malformed-request"),
        ({"tier": "vip"}, "malformed-request"),
        ({"age_band": "30"}, "malformed-request"),
        ({"area": "x" * 41}, "malformed-request"),
        ({"my_number": "621498320257"}, "malformed-request"),
    ]
    for change, slug in refused:
        path = f"{path_of(phone)}/{new_id()}"
        is_problem(await office.put("desk", path, await seen(town, **change)), 422, slug)
    nobody = f"people/{uuid4()}/verifications/{new_id()}"
    is_problem(await office.put("desk", nobody, await seen(town)), 404, "person-unknown")
    assert await town.rows("SELECT 1 FROM residents.verification") == []
    assert await acts(town) == []


async def test_it_is_the_desks_work_alone(office: Office, phone: Phone, town: Town):
    await office.allows(f"{path_of(phone)}/{new_id()}", ["desk"], await seen(town))
    await office.shows_the_desk(path_of(phone))


async def test_a_person_of_another_region_is_unknown(
    office: Office, phone: Phone, town: Town, second_town: Town, token: Token
):
    other = Office(office.client, token, region=second_town.region.code)
    answer = await other.put("desk", f"{path_of(phone)}/{new_id()}", await seen(town))
    is_problem(answer, 404, "person-unknown")
    assert (await other.look(path_of(phone), "asks")).json()["items"] == []
