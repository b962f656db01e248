"""A resident sees the benefits that are for them, and says yes or no; nobody else's."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from core.database import Database
from payments.verify import verify_books
from tests.api.admin_office import Office
from tests.api.benefit_steps import offered, person, turned
from tests.api.phone import Phone, phone_of
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp, let_time_pass
from tests.residents.people import verify
from tests.town_builder import Town, Wallet, new_id

NUMBER = "+819012340001"


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def somebody(town: Town, client, token, number: str | None) -> Phone:
    """A person with this number, and a wallet."""
    wallet = await town.open_wallet()
    row = "INSERT INTO residents.person (region_id, person_id, phone) VALUES (1, :person, :phone)"
    async with town.database.transaction(1) as db:
        await db.execute(text(row), {"person": wallet.person_id, "phone": number})
    return phone_of(client, token, wallet)


@pytest.fixture
async def hanako(town: Town, app_client, token) -> Phone:
    return await somebody(town, app_client, token, NUMBER)


async def offers(phone: Phone) -> list[tuple[int, str]]:
    """What is offered: how much, and how it stands."""
    answer = await phone.get("offers")
    assert answer.status_code == 200, answer.text
    return [(each["points"], each["state"]) for each in answer.json()["items"]]


async def offer_id(phone: Phone) -> str:
    [offer] = (await phone.get("offers")).json()["items"]
    return str(offer["offer_id"])


async def says(phone: Phone, offer: str, answer: str, **more):
    body = {"answer": answer} | (
        {"wallet_id": str(phone.wallet.wallet_id)} if answer == "use" else {}
    )
    return await phone.put(f"offers/{offer}/answer", body | more)


async def test_yes_brings_the_points_and_is_said_once(office: Office, town: Town, hanako: Phone):
    made = await offered(office, town, [person(1), person(2)], 20_000)
    assert await offers(hanako) == [(10_000, "open")]
    offer = await offer_id(hanako)
    first = await says(hanako, offer, "use")
    assert (first.status_code, first.json()["state"]) == (201, "used")
    again = await says(hanako, offer, "use")
    assert (again.json(), again.headers["idempotent-replay"]) == (first.json(), "true")
    is_problem(await says(hanako, offer, "decline"), 409, "offer-used")
    assert await town.balances(hanako.wallet.wallet_id) == {"points": 10_000}
    [lot] = (await hanako.get(f"wallets/{hanako.wallet.wallet_id}")).json()["lots"]
    assert lot["campaign_name"] == first.json()["name"]
    assert lot["expires_on"] == first.json()["points_expire_on"]
    history = (await hanako.get(f"wallets/{hanako.wallet.wallet_id}/entries")).json()["items"]
    assert (history[0]["kind"], history[0]["points_change"]) == ("benefit.used", 10_000)
    assert (history[0]["benefit_name"], history[0]["store_id"]) == (first.json()["name"], None)
    await turned(office, made, "closed")
    assert await offers(hanako) == []
    is_problem(await says(hanako, offer, "use"), 404, "offer-unknown")
    verdict = await verify_books(town.database, town.region)
    assert verdict.is_sound, verdict.faults


async def test_no_can_become_yes_until_the_last_day(office: Office, town: Town, hanako: Phone):
    until = await town.today() + timedelta(days=1)
    await offered(office, town, [person(1)], 10_000, offer_until=until)
    offer = await offer_id(hanako)
    for _ in range(2):
        assert (await says(hanako, offer, "decline")).json()["state"] == "declined"
    assert await offers(hanako) == [(10_000, "declined")]
    assert (await says(hanako, offer, "use")).json()["state"] == "used"


async def test_after_its_last_day_an_offer_is_over(
    office: Office, town: Town, hanako: Phone, app: FastAPI
):
    until = await town.today()
    made = await offered(office, town, [person(1)], 10_000, offer_until=until)
    offer = await offer_id(hanako)
    await turned(office, made, "stopped")
    assert await offers(hanako) == [(10_000, "stopped")]
    for answer in ("use", "decline"):
        is_problem(await says(hanako, offer, answer), 409, "offer-stopped")
    await town.set_clock(await town.now() + timedelta(days=1))
    is_problem(await says(hanako, offer, "use"), 409, "offer-stopped")
    app.state.meguri = replace(app.state.meguri, clock=await town.database.clock())
    assert await offers(hanako) == [(10_000, "over")]
    for answer in ("use", "decline"):
        is_problem(await says(hanako, offer, answer), 409, "offer-over")


async def test_two_devices_at_once_take_it_once_and_both_hear_yes(
    office: Office, town: Town, hanako: Phone
):
    await offered(office, town, [person(1)], 10_000)
    offer = await offer_id(hanako)
    answers = await asyncio.gather(*(says(hanako, offer, "use") for _ in range(8)))
    assert {(each.status_code, each.json()["state"]) for each in answers} == {(201, "used")}
    assert await town.balances(hanako.wallet.wallet_id) == {"points": 10_000}


async def test_yes_and_no_at_once_leave_one_of_the_two(office: Office, town: Town, hanako: Phone):
    await offered(office, town, [person(1)], 10_000)
    offer = await offer_id(hanako)
    await asyncio.gather(*(says(hanako, offer, each) for each in ("use", "decline") * 3))
    assert await offers(hanako) == [(10_000, "used")]
    assert await town.balances(hanako.wallet.wallet_id) == {"points": 10_000}


async def test_nobody_elses_offer_is_there(
    office: Office, town: Town, hanako: Phone, app_client, token
):
    await offered(office, town, [person(1), person(2)], 20_000)
    offer = await offer_id(hanako)
    for number in ("+819012340002", "+819012340003", None):
        other = await somebody(town, app_client, token, number)
        is_problem(await says(other, offer, "use"), 404, "offer-unknown")
        is_problem(await says(other, offer, "decline"), 404, "offer-unknown")
    is_problem(await says(hanako, str(new_id()), "use"), 404, "offer-unknown")
    foreign = Wallet((await town.open_wallet()).wallet_id, hanako.wallet.person_id)
    answer = await says(hanako, offer, "use", wallet_id=str(foreign.wallet_id))
    is_problem(answer, 404, "wallet-unknown")
    assert await offers(hanako) == [(10_000, "open")]


async def test_it_is_there_for_who_comes_later_and_for_a_new_number_but_once(
    office: Office, town: Town, app_client, token, database: Database
):
    await offered(office, town, [person(1), person(2)], 20_000)
    taro = await somebody(town, app_client, token, "+819012340009")
    assert await offers(taro) == []
    move = "UPDATE residents.person SET phone = :phone WHERE person_id = :person"

    async def moves(phone: Phone, number: str | None) -> None:
        async with database.transaction(1) as db:
            await db.execute(text(move), {"phone": number, "person": phone.wallet.person_id})

    await moves(taro, NUMBER)
    assert (await says(taro, await offer_id(taro), "use")).status_code == 201
    await moves(taro, "+819012340002")
    assert await offers(taro) == [], "a person has a benefit once"
    await moves(taro, None)
    late = await somebody(town, app_client, token, NUMBER)
    assert await offers(late) == [], "a line is used once"
    await moves(late, "+819012340002")
    assert (await says(late, await offer_id(late), "use")).status_code == 201


async def test_groups_tiers_and_a_frozen_wallet(office: Office, town: Town, hanako: Phone):
    lines = [person(1, group="family"), person(2, group="single")]
    groups = {"single": 10_000, "family": 25_000}
    await offered(office, town, lines, 35_000, amounts_points=groups, tiers=["verified_resident"])
    offer = await offer_id(hanako)
    is_problem(await says(hanako, offer, "use"), 409, "offer-needs-tier")
    await verify(town, hanako.wallet.person_id)
    await town.change_wallet(hanako.wallet, "frozen")
    is_problem(await says(hanako, offer, "use"), 409, "wallet-frozen")
    await town.change_wallet(hanako.wallet, "open")
    assert (await says(hanako, offer, "use")).json()["points"] == 25_000


async def test_an_id_may_stand_in_the_place_of_a_number(
    office: Office, town: Town, hanako: Phone, app_client, token
):
    by_id = {"reference": "B-1", "person_id": str(hanako.wallet.person_id)}
    await offered(office, town, [person(1), by_id], 20_000)
    offer = await offer_id(hanako)
    assert (await says(hanako, offer, "use")).status_code == 201
    assert await offers(hanako) == [(10_000, "used")]
    assert await town.balances(hanako.wallet.wallet_id) == {"points": 10_000}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"answer": "perhaps"},
        {"answer": "use"},
        {"answer": "use", "wallet_id": "x"},
        {"answer": "decline", "wallet_id": "019a0000-0000-7000-8000-00000000beef"},
        {"answer": "decline", "reason": "?"},
        {"answer": True},
        [],
    ],
    ids=str,
)
async def test_a_malformed_answer_is_refused(hanako: Phone, body):
    is_problem(await hanako.put(f"offers/{new_id()}/answer", body), 422, "malformed-request")
    is_problem(await hanako.put("offers/x/answer", {"answer": "decline"}), 422, "malformed-request")


async def test_offers_come_in_pages(office: Office, town: Town, hanako: Phone):
    for _ in range(3):
        await offered(office, town, [person(1)], 10_000)
    seen, cursor = [], None
    while True:
        more: dict[str, str] = {} if cursor is None else {"cursor": cursor}
        page = (await hanako.get("offers", limit=2, **more)).json()
        seen += [each["benefit_id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 3
    assert seen == sorted(seen, reverse=True)
    is_problem(await hanako.get("offers", cursor="x"), 422, "malformed-cursor")


async def test_it_is_known_to_its_person_and_forgotten_with_the_account(
    office: Office, town: Town, app_client, database: Database
):
    app = ResidentApp(app_client, database)
    await app.sign_in(NUMBER)
    person_id = UUID(app.tokens["person_id"])
    await offered(office, town, [person(1), person(2)], 20_000)
    [offer] = (await app.call("GET", "offers")).json()["items"]
    said = await app.call("PUT", f"offers/{offer['offer_id']}/answer", answer="decline")
    assert said.json()["state"] == "declined", said.text
    told = (await app.change("me/exports", "export", {})).json()
    assert [each["offer_id"] for each in told["declined_offers"]] == [offer["offer_id"]]
    assert (await app.change("me/closing", "closing", {})).status_code == 200
    kept = await town.rows("SELECT line, mac FROM campaigns.benefit_line ORDER BY line")
    assert [(row.line, row.mac is None) for row in kept] == [(1, True), (2, False)]
    await let_time_pass(database, "1 day")
    again = ResidentApp(app_client, database)
    await again.sign_in(NUMBER)
    assert UUID(again.tokens["person_id"]) != person_id
    assert (await again.call("GET", "offers")).json()["items"] == []
