"""The desk looks at one person with a reason, the person sees it, and the auditor sees it all."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.database import Database
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp, let_time_pass
from tests.town_builder import Town, new_id

PHONE = "+819012345678"
REASON = "asks at the counter"


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


@pytest.fixture
async def hanako(app_client, database: Database) -> ResidentApp:
    """A resident who signed in, with a name."""
    app = ResidentApp(app_client, database)
    await app.sign_in(PHONE)
    named = await app.call("PATCH", "me", name="世田谷　花子")
    assert named.status_code == 200, named.text
    return app


async def look(office: Office, role: str = "desk", sub: UUID | None = None, **body):
    return await office.client.post(
        "/v1/admin/people/looks",
        json={"reason": REASON} | body,
        headers=office.headers(role, sub),
    )


async def test_the_desk_finds_one_person_and_the_person_is_told(
    office: Office, hanako: ResidentApp, town: Town
):
    person_id = UUID(hanako.tokens["person_id"])
    wallet = await town.open_wallet(person_id)
    seen = await look(office, phone="090-1234-5678")
    assert seen.status_code == 200, seen.text
    told = seen.json()
    assert (told["person_id"], told["name"]) == (str(person_id), "世田谷 花子")
    assert (told["number"], told["tier"]) == ("…5678", "unverified")
    assert [one["wallet_id"] for one in told["wallets"]] == [str(wallet.wallet_id)]
    assert [one["name"] for one in told["devices"]] == ["電話"]
    assert PHONE not in seen.text
    assert "coin" not in seen.text
    assert (await look(office, person_id=str(person_id))).json()["person_id"] == str(person_id)
    await office.look(f"wallets/{wallet.wallet_id}", "a missing rebate")
    looks = (await hanako.call("GET", "me/looks")).json()["items"]
    assert [one["reason"] for one in looks] == ["a missing rebate", REASON, REASON]
    assert [one["wallet_id"] for one in looks] == [str(wallet.wallet_id), None, None]
    assert [one["role"] for one in looks] == [None, "desk", "desk"]
    assert {one["actor"] for one in looks} == {f"admin:{office.people['desk']}"}
    page = (await office.client.get("/v1/me/looks?limit=1", headers=bearer(hanako))).json()
    rest = f"/v1/me/looks?cursor={page['next_cursor']}"
    beyond = (await office.client.get(rest, headers=bearer(hanako))).json()["items"]
    assert [*page["items"], *beyond] == looks


def bearer(app: ResidentApp) -> dict[str, str]:
    return {"Authorization": f"Bearer {app.tokens['access_token']}"}


async def test_who_is_not_there_is_told_alike_and_entered(
    office: Office, hanako: ResidentApp, second_region, app_client, token, database: Database
):
    other = Office(app_client, token, region="tsubame")
    person_id = hanako.tokens["person_id"]
    for asker, body in (
        (office, {"phone": "080-9999-9999"}),
        (office, {"phone": "not a number"}),
        (office, {"person_id": str(uuid4())}),
        (other, {"person_id": person_id}),
        (other, {"phone": PHONE}),
    ):
        is_problem(await look(asker, **body), 404, "person-unknown")
    for body in ({}, {"phone": PHONE, "person_id": person_id}, {"name": "花子"}, {"reason": " "}):
        is_problem(await look(office, **body), 422, "malformed-request")
    async with database.transaction(1) as db:
        sought = "SELECT count(*) FROM access.act WHERE act = 'person.sought'"
        assert await db.scalar(text(sought)) == 3
        texts = await db.scalars(text("SELECT a::text FROM access.act a"))
        assert not any("9999" in line for line in texts)
    for role in ("campaigns", "approver", "finance", "city", "auditor"):
        answer = await look(office, role, phone=PHONE)
        assert answer.status_code == 403


async def test_one_administrator_looks_for_sixty_people_an_hour(
    office: Office, hanako: ResidentApp, database: Database
):
    tried = [(await look(office, person_id=str(uuid4()))).status_code for _ in range(60)]
    assert set(tried) == {404}
    refused = await look(office, phone=PHONE)
    is_problem(refused, 429, "too-many-looks")
    path = f"people/{hanako.tokens['person_id']}/verifications"
    is_problem(await office.look(path, "a way around"), 429, "too-many-looks")
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert (await look(office, sub=uuid4(), phone=PHONE)).status_code == 200
    await let_time_pass(database, "1 hour")
    assert (await look(office, phone=PHONE)).status_code == 200


async def test_the_auditor_sees_acts_and_entries_as_one_line_of_time(
    office: Office, hanako: ResidentApp, town: Town
):
    person_id = hanako.tokens["person_id"]
    wallet = await town.open_wallet(UUID(person_id))
    await look(office, phone=PHONE)
    await office.look(f"wallets/{wallet.wallet_id}", "a missing rebate")
    await look(office, phone=PHONE)
    actor = f"admin:{office.people['desk']}"
    found = (await office.get("auditor", "acts", actor=actor)).json()["items"]
    assert [(one["act"], one["source"]) for one in found] == [
        ("person.looked_at", "act"), ("wallet.looked_at", "journal"), ("person.looked_at", "act"),
    ]  # fmt: skip
    assert [one["reason"] for one in found] == [REASON, "a missing rebate", REASON]
    by_person = (await office.get("auditor", "acts", person_id=person_id)).json()["items"]
    assert [one["act_id"] for one in found] == [
        one["act_id"] for one in by_person if one["actor"] == actor
    ]
    one_act = (await office.get("auditor", "acts", act="wallet.looked_at")).json()["items"]
    assert [each["object_id"] for each in one_act] == [str(wallet.wallet_id)]
    assert [one["act_id"] for one in one_act] == [found[1]["act_id"]]
    of_object = (await office.get("auditor", "acts", object_id=str(wallet.wallet_id))).json()[
        "items"
    ]
    assert found[1]["act_id"] in [one["act_id"] for one in of_object]
    since = (await office.get("auditor", "acts", actor=actor, from_=found[0]["at"])).json()["items"]
    assert since == found[:1]
    until = (await office.get("auditor", "acts", actor=actor, to=found[2]["at"])).json()["items"]
    assert until == found[2:]
    first = (await office.get("auditor", "acts", actor=actor, limit=2)).json()
    rest = await office.get("auditor", "acts", actor=actor, limit=2, cursor=first["next_cursor"])
    assert [*first["items"], *rest.json()["items"]] == found
    await office.allows("acts", ["auditor"], None)


async def test_nobody_takes_an_act_away(database: Database, place, hanako: ResidentApp):
    import asyncpg

    owner = await asyncpg.connect(place.owner_url, server_settings={"role": "meguri_owner"})
    try:
        for statement in (
            "TRUNCATE access.act",
            "DELETE FROM access.act",
            "UPDATE access.act SET actor = 'nobody'",
        ):
            with pytest.raises(asyncpg.PostgresError) as refusal:
                await owner.execute(statement)
            assert refusal.value.sqlstate == "MG008"
    finally:
        await owner.close()
    for statement in ("DELETE FROM access.act", "UPDATE access.act SET reason = '-'"):
        with pytest.raises(Exception, match="permission denied"):
            async with database.transaction(1) as db:
                await db.execute(text(statement))


async def test_no_reason_of_the_desk_holds_a_my_number(
    office: Office, hanako: ResidentApp, town: Town
):
    """The card is shown at the counter; what the journal and the log have once, they keep."""
    person_id = hanako.tokens["person_id"]
    wallet = f"wallets/{(await town.open_wallet(UUID(person_id))).wallet_id}"
    why = {"reason": "card 6214 9832 0257"}
    recovery = {"person_id": person_id, "evidence": "my_number_card", **why}
    told = [
        await look(office, person_id=person_id, reason=why["reason"]),
        await office.look(wallet, why["reason"]),
        await office.put("desk", f"{wallet}/state-changes/{new_id()}", {"state": "frozen", **why}),
        await office.put("desk", f"recoveries/{new_id()}", recovery),
    ]
    for answer in told:
        is_problem(answer, 422, "my-number-refused")
