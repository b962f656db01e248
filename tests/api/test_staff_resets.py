"""What was forgotten or lost is set anew by its owner, and by nobody who only reads the e-mail."""

import asyncio
import re
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from access.logins import login_of_email
from access.password_resets import reset_second_factor
from access.posts import Reach
from access.sessions import Home
from core.database import Database
from ledger.regions import Region
from tests.api.staff_office import PASSWORD, SERVER, Office, Person, is_refused
from tests.town_builder import new_id

DESK = Reach("admin", "desk")
FINANCE = Reach("admin", "finance")
ANOTHER = "三輪車で坂道を登る朝焼け"


@pytest.fixture
def office(
    app: FastAPI, app_client: httpx.AsyncClient, database: Database, region: Region
) -> Office:
    return Office(app_client, database, Home(region.region_id, region.code))


async def letter(office: Office, purpose: str) -> tuple[str, str]:
    """The id and the secret in the last letter."""
    found = re.search(r"setagaya\.([0-9a-f-]{36})\.([\w-]{43})", (await office.texts(purpose))[0])
    assert found is not None
    return found[1], found[2]


async def id_of(office: Office, person: Person) -> str:
    async with office.database.snapshot(office.home.region_id) as db:
        found = await login_of_email(db, office.home.region_id, person.email)
        assert found is not None
        return str(found.login_id)


async def is_out(person: Person) -> None:
    """Returns once the person's access token is revoked: within five seconds."""
    async with asyncio.timeout(5):
        while True:
            answer = await person.office.client.get("/v1/sessions", headers=person.headers)
            if is_refused(answer, "token-revoked"):
                return
            await asyncio.sleep(0.1)


async def act(person: Person, path: str, **body: object) -> httpx.Response:
    return await person.office.client.post(f"/v1{path}", json=body, headers=person.headers)


async def test_a_forgotten_password_is_set_anew_with_the_authenticator(office: Office):
    desk = await office.hire(DESK)
    for email in (desk.email, "nobody@example.jp"):
        asked = await office.post("password-resets", {"email": email})
        assert (asked.status_code, asked.json()) == (200, {})
    assert len(await office.texts("staff password reset")) == 1, "nobody is written to"
    reset_id, secret = await letter(office, "staff password reset")
    path = f"password-resets/{reset_id}/answers"
    await office.forget_steps()
    body = {"secret": secret, "password": ANOTHER}
    wrong = [
        await office.post(path, body | {"totp": "000000"}),
        await office.post(path, body | {"totp": desk.code(), "secret": "x" * 43}),
        await office.post(f"password-resets/{new_id()}/answers", body | {"totp": desk.code()}),
    ]
    assert all(is_refused(answer, "reset-invalid") for answer in wrong)
    await office.forget_steps()
    done = await office.post(path, body | {"totp": desk.code()})
    assert done.status_code == 200, done.text
    await is_out(desk)
    assert len(await office.texts("password changed")) == 1
    assert is_refused(await desk.sign_in(), "staff-sign-in-refused")
    assert (await desk.sign_in(password=ANOTHER)).status_code == 200
    await office.forget_steps()
    again = await office.post(path, body | {"totp": desk.code()})
    assert is_refused(again, "reset-invalid"), "once"


async def test_nobody_is_flooded_with_letters(office: Office):
    desk = await office.hire(DESK)
    for _ in range(5):
        assert (await office.post("password-resets", {"email": desk.email})).status_code == 200
    assert len(await office.texts("staff password reset")) == 3


async def test_a_password_is_changed_by_who_knows_it_and_has_the_authenticator(office: Office):
    desk = await office.hire(DESK)
    other = (await desk.sign_in()).json()["tokens"]["access_token"]
    body = {"password": PASSWORD, "new_password": ANOTHER}
    await office.forget_steps()
    for bad in ({"totp": "000000"}, {"totp": desk.code(), "password": "not that one"}):
        answer = await act(desk, "/password-changes", **body | bad)
        assert is_refused(answer, "password-wrong")
    weak = body | {"new_password": desk.email + "!", "totp": desk.code()}
    assert is_refused(await act(desk, "/password-changes", **weak), "password-easily-guessed")
    done = await act(desk, "/password-changes", **body | {"totp": desk.code()})
    assert done.json() == {"ended_sessions": 1}
    twin = Person(office, desk.email, signed_in={"tokens": {"access_token": other}})
    await is_out(twin)
    assert (await desk.sign_in(password=ANOTHER)).status_code == 200


async def test_who_guesses_at_a_change_waits(office: Office):
    desk = await office.hire(DESK)
    body = {"password": "a guess of mine", "new_password": ANOTHER, "totp": "000000"}
    told = [await act(desk, "/password-changes", **body) for _ in range(8)]
    assert is_refused(told[0], "password-wrong")
    assert is_refused(told[-1], "too-many-tries")


async def test_a_lost_authenticator_needs_two_administrators(office: Office):
    clerk, maker, other = [await office.hire(FINANCE) for _ in range(3)]
    name = new_id()
    path = f"/v1/admin/logins/{await id_of(office, clerk)}/second-factor-resets/{name}"
    asked = await office.client.put(path, json={"reason": "lost at sea"}, headers=maker.headers)
    assert asked.status_code == 201, asked.text
    decisions = f"/admin/requests/{name}/decisions"
    for one in (maker, clerk):
        own = await act(one, decisions, decision="approved")
        assert is_refused(own, "second-person-needed")
    assert (await clerk.sign_in()).status_code == 200, "nothing happened yet"
    done = await act(other, decisions, decision="approved")
    assert done.status_code == 200, done.text
    await is_out(clerk)
    assert is_refused(await clerk.sign_in(), "staff-sign-in-refused")
    code = clerk.recovery_codes[0]
    assert is_refused(await clerk.sign_in(recovery_code=code), "staff-sign-in-refused")
    reset_id, secret = await letter(office, "staff second factor reset")
    path = f"second-factor-resets/{reset_id}/answers"
    wrong = await office.post(path, {"secret": secret, "password": "not that one"})
    assert is_refused(wrong, "reset-invalid")
    begun = await office.post(path, {"secret": secret, "password": PASSWORD})
    assert begun.status_code == 200, begun.text
    clerk.secret = begun.json()["totp_secret"]
    confirmed = await office.post(
        f"enrolments/{begun.json()['enrolment_id']}/confirmations", {"totp": clerk.code()}
    )
    assert confirmed.status_code == 200, confirmed.text
    assert len(confirmed.json()["recovery_codes"]) == 10
    async with office.database.snapshot(office.home.region_id) as db:
        rows = await db.execute(text("SELECT act, role FROM access.act ORDER BY act_id"))
    told = [(row.act, row.role) for row in rows]
    acts = [done for done, _ in told]
    assert acts[-4:] == [
        "request.made", "request.approved", "login.second_factor_reset", "login.second_factor_set",
    ]  # fmt: skip
    assert all(role is not None for _, role in told), told
    assert (await clerk.sign_in()).status_code == 200


async def test_an_enrolment_that_is_refused_stays_open(office: Office, app: FastAPI):
    """What fails between the code and the new authenticator costs no second approval."""
    desk = await office.hire(DESK)
    async with office.database.transaction(1) as db:
        login_id = UUID(await id_of(office, desk))
        await reset_second_factor(db, office.home, app.state.meguri.vault, login_id, SERVER)
    reset_id, secret = await letter(office, "staff second factor reset")
    body = {"secret": secret, "password": PASSWORD}
    begun = (await office.post(f"second-factor-resets/{reset_id}/answers", body)).json()
    desk.secret, path = begun["totp_secret"], f"enrolments/{begun['enrolment_id']}/confirmations"
    for state, told in (("suspended", 401), ("active", 200)):
        async with office.database.transaction(1) as db:
            await db.execute(text("UPDATE access.login SET state = :state"), {"state": state})
        answer = await office.post(path, {"totp": desk.code()})
        assert answer.status_code == told, answer.text
    assert (await desk.sign_in()).status_code == 200


async def test_two_logins_of_one_person_approve_nothing(office: Office):
    """One person with two e-mails, who signs both in at one browser."""
    victim, maker, twin = [await office.hire(FINANCE) for _ in range(3)]
    twin.device_token = maker.signed_in["device_token"]
    assert (await twin.sign_in()).status_code == 200
    name = new_id()
    path = f"/v1/admin/logins/{await id_of(office, victim)}/second-factor-resets/{name}"
    await office.client.put(path, json={"reason": "said so"}, headers=maker.headers)
    answer = await act(twin, f"/admin/requests/{name}/decisions", decision="approved")
    assert is_refused(answer, "second-person-needed")
    withdrawn = await act(maker, f"/admin/requests/{name}/withdrawals")
    assert withdrawn.json()["state"] == "withdrawn"
    late = await act(victim, f"/admin/requests/{name}/decisions", decision="approved")
    assert is_refused(late, "request-over")


async def test_finance_suspends_who_works_for_shops_and_nobody_else(office: Office):
    finance, desk = await office.hire(FINANCE), await office.hire(DESK)
    clerk = await office.hire(Reach("merchant", "clerk", new_id()))
    path = f"/admin/logins/{await id_of(office, clerk)}"
    ended = await act(finance, f"{path}/session-endings", reason="lost phone")
    assert ended.json()["ended_sessions"] == 1
    await is_out(clerk)
    assert (await clerk.sign_in()).status_code == 200
    said = {"state": "suspended", "reason": "fraud"}
    assert (await act(finance, f"{path}/state-changes", **said)).status_code == 200
    assert is_refused(await clerk.sign_in(), "staff-sign-in-refused")
    twice = await act(finance, f"{path}/state-changes", **said)
    assert is_refused(twice, "login-state-same")
    back = await act(finance, f"{path}/state-changes", state="active", reason="mistake")
    assert back.status_code == 200
    above = await act(finance, f"/admin/logins/{await id_of(office, desk)}/state-changes", **said)
    assert is_refused(above, "post-beyond-own")
    own = await act(finance, f"/admin/logins/{await id_of(office, finance)}/state-changes", **said)
    assert is_refused(own, "own-login")
    nobody = await act(finance, f"/admin/logins/{new_id()}/state-changes", **said)
    assert is_refused(nobody, "login-unknown")
