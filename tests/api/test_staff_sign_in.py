"""Staff and administrators come in by invitation, password and authenticator, and nobody else."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from access.logins import change_login_state
from access.posts import Reach
from access.sessions import Home
from api.session_tokens import OPERATORS
from core.database import Database
from ledger.regions import Region
from tests.api.probe import is_problem
from tests.api.staff_office import PASSWORD, Office, Person, is_refused
from tests.town_builder import new_id

DESK = Reach("admin", "desk")
REFUSED = "staff-sign-in-refused"


@pytest.fixture
def office(
    app: FastAPI, app_client: httpx.AsyncClient, database: Database, region: Region
) -> Office:
    return Office(app_client, database, Home(region.region_id, region.code))


@pytest.fixture
def operators(app: FastAPI, app_client: httpx.AsyncClient, database: Database) -> Office:
    return Office(app_client, database, OPERATORS)


async def test_somebody_is_invited_and_signs_in(office: Office):
    desk = await office.hire(DESK)
    assert len(set(desk.recovery_codes)) == 10
    again = await desk.sign_in()
    assert again.status_code == 200, again.text
    tokens = again.json()["tokens"]
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    seen = await office.client.get("/v1/admin/settings", headers=headers)
    assert seen.status_code != 401, seen.text
    renewed = await office.client.post(
        "/v1/sessions/renewals", json={"refresh_token": tokens["refresh_token"]}
    )
    assert renewed.status_code == 200


async def test_an_operator_signs_in_without_a_region(operators: Office):
    operator = await operators.hire(Reach("admin", "operator"))
    opened = await operators.client.put(
        "/v1/admin/regions/tsubame",
        json={"name": "燕市", "zone": "Asia/Tokyo"},
        headers=operator.headers,
    )
    assert opened.status_code == 201, opened.text
    assert (await operator.sign_in()).status_code == 200


async def refusals(office: Office, desk: Person) -> dict[str, httpx.Response]:
    """Every way of being wrong."""
    stranger = Person(office, f"{uuid4().hex}@example.jp", secret=desk.secret)
    suspended = await office.hire(DESK)
    async with office.database.transaction(1) as db:
        login_id = await db.scalar(
            text("SELECT login_id FROM access.login WHERE email = :email"),
            {"email": suspended.email},
        )
        await change_login_state(
            db, 1, login_id, "suspended", actor="admin:test", role="finance", reason="fraud"
        )
    return {
        "unknown": await stranger.sign_in(),
        "wrong password": await desk.sign_in(password="another password"),
        "wrong code": await desk.sign_in(totp="000000"),
        "wrong recovery code": await desk.sign_in(recovery_code="AAAA-AAAA-AAAA-AAAA"),
        "suspended": await suspended.sign_in(),
        "no such challenge": await desk.second_step(str(new_id())),
    }


async def test_all_that_is_wrong_is_refused_in_the_same_words(office: Office):
    told = await refusals(office, await office.hire(DESK))
    for answer in told.values():
        is_problem(answer, 401, REFUSED)
    words = {
        name: {key: value for key, value in answer.json().items() if key != "instance"}
        for name, answer in told.items()
    }
    assert len({str(said) for said in words.values()}) == 1, words


async def test_a_code_signs_in_once_also_at_once(office: Office):
    desk = await office.hire(DESK)
    await office.forget_steps()
    challenges = [(await desk.first_step()).json()["challenge_id"] for _ in range(4)]
    code = desk.code()  # asked for again, it may be that of the next half minute
    told = await asyncio.gather(
        *(desk.second_step(challenge, totp=code) for challenge in challenges)
    )
    assert sorted(answer.status_code for answer in told) == [200, 401, 401, 401]
    assert is_refused(await desk.sign_in(totp=code), REFUSED), "replayed"


@pytest.mark.parametrize(("steps", "is_right"), [(-2, False), (-1, True), (1, True), (3, False)])
async def test_a_clock_may_be_one_step_off(office: Office, steps: int, *, is_right: bool):
    desk = await office.hire(DESK)
    await office.forget_steps()
    answer = await desk.sign_in(totp=desk.code(steps))
    # The step may turn between here and there; then -2 is further away still and 1 is 0.
    assert (answer.status_code == 200) is is_right or steps == -1


async def test_a_recovery_code_signs_in_once_and_is_told(office: Office):
    desk = await office.hire(DESK)
    code = desk.recovery_codes[3].lower().replace("-", " ")
    assert (await desk.sign_in(recovery_code=code)).status_code == 200
    assert is_refused(await desk.sign_in(recovery_code=code), REFUSED)
    assert len(await office.texts("recovery code used")) == 1


async def test_who_guesses_waits_and_a_stranger_waits_alike(office: Office):
    desk = await office.hire(DESK)
    for person in (desk, Person(office, f"{uuid4().hex}@example.jp")):
        told = [await person.first_step(password="a wrong guess") for _ in range(12)]
        assert [answer.status_code for answer in told[:9]] == [200] * 9
        waits = [answer for answer in told if answer.status_code == 429]
        assert waits
        for answer in waits:
            assert is_refused(answer, "too-many-tries")
            assert int(answer.headers["retry-after"]) >= 1


async def test_a_hundred_guesses_at_once_are_no_hundred_guesses(office: Office):
    desk = await office.hire(DESK)
    told = await asyncio.gather(*(desk.first_step(password=f"guess {n}") for n in range(30)))
    assert sum(answer.status_code == 200 for answer in told) <= 11


async def test_a_stranger_locks_nobody_out_of_a_known_device(office: Office):
    desk = await office.hire(DESK)
    desk.device_token = desk.signed_in["device_token"]
    attacker = Person(office, desk.email)
    for n in range(14):
        await attacker.first_step(password=f"guess {n}")
    assert (await desk.sign_in()).status_code == 200


async def test_a_sign_in_at_a_new_device_is_told_by_e_mail(office: Office):
    desk = await office.hire(DESK)
    assert await office.texts("new device") == []
    desk.device_token = desk.signed_in["device_token"]
    await desk.sign_in()
    assert await office.texts("new device") == []
    desk.device_token = None
    await desk.sign_in()
    assert len(await office.texts("new device")) == 1


async def test_with_several_posts_one_is_chosen_once(office: Office):
    shop = uuid4()
    person = await office.hire(Reach("merchant", "owner", shop))
    _, name, secret = await office.invited(Reach("merchant", "clerk", uuid4()), person.email)
    shown = {"invitation": {"invitation_id": str(name), "secret": secret}}
    await office.forget_steps()
    entered = await person.sign_in(totp=person.code(), **shown)
    assert entered.status_code == 200, entered.text
    assert entered.json()["tokens"] is not None, "the post of the invitation"
    choice = (await person.sign_in()).json()["choice"]
    assert {post["role"] for post in choice["posts"]} == {"owner", "clerk"}
    path = f"posts/{choice['choice_id']}/answers"
    wrong = await office.post(path, {"secret": "w" * 43, "post_id": str(new_id())})
    assert is_refused(wrong, REFUSED)
    body = {"secret": choice["secret"], "post_id": choice["posts"][0]["post_id"]}
    told = await asyncio.gather(*(office.post(path, body) for _ in range(4)))
    assert sorted(answer.status_code for answer in told) == [200, 401, 401, 401]


async def test_of_a_post_that_is_another_ones_there_is_none(office: Office):
    desk, other = await office.hire(DESK), await office.hire(DESK)
    answer = await desk.sign_in(totp=desk.code(1), post_id=str(new_id()))
    assert is_refused(answer, "post-unknown"), answer.text
    assert other.signed_in["tokens"] is not None


@pytest.mark.parametrize(
    ("name", "password", "slug"),
    [
        ("花" * 81, PASSWORD, "malformed-request"),
        ("花" * 10_000, PASSWORD, "malformed-request"),
        ("世田谷\u202e子花", PASSWORD, "malformed-request"),
        (" ", PASSWORD, "malformed-request"),
        ("👩‍👩‍👧 花子", "short", "malformed-request"),
        ("花子", "a" * 129, "malformed-request"),
        ("花子", "ﬃ" * 43, "malformed-request"),
        ("花子", "qwertyuiop123", "password-easily-guessed"),
        ("花子", "passwordpassword", "password-easily-guessed"),
        ("花子", "ＰＡＳＳＷＯＲＤ２０２６!!", "password-easily-guessed"),
        ("花子", "i love MeGuRi so much", "password-easily-guessed"),
        ("花子", "hanako.setagaya is me", "password-easily-guessed"),
    ],
)
async def test_a_name_or_password_that_will_not_do(
    office: Office, name: str, password: str, slug: str
):
    _, invitation, secret = await office.invited(DESK, "hanako.setagaya@example.jp")
    body = {"secret": secret, "name": name, "password": password}
    answer = await office.post(f"invitations/{invitation}/acceptances", body)
    assert answer.status_code == 422
    assert is_refused(answer, slug)
    assert password not in answer.text


async def test_an_invitation_is_good_once_and_for_its_secret(office: Office, operators: Office):
    email, name, secret = await office.invited(DESK)
    body = {"secret": secret, "name": "👩‍👩‍👧 花子", "password": PASSWORD}
    path = f"invitations/{name}/acceptances"
    assert is_refused(await office.post(path, body | {"secret": "x" * 43}), "invitation-invalid")
    assert is_refused(await operators.post(path, body), "invitation-invalid")
    begun = [(await office.post(path, body)).json() for _ in range(3)]
    told = []
    for one in begun:
        person = Person(office, email, secret=one["totp_secret"])
        wrong = await office.post(
            f"enrolments/{one['enrolment_id']}/confirmations", {"totp": "000000"}
        )
        assert is_refused(wrong, "authenticator-code-wrong")
        told.append(
            office.post(f"enrolments/{one['enrolment_id']}/confirmations", {"totp": person.code()})
        )
    answers = await asyncio.gather(*told)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert is_refused(await office.post(path, body), "invitation-invalid")


async def test_an_invitation_that_ran_out_lets_nobody_in(office: Office):
    _, name, secret = await office.invited(DESK)
    async with office.database.transaction(1) as db:
        await db.execute(text("UPDATE access.invitation SET expires_at = clock_timestamp()"))
    body = {"secret": secret, "name": "花子", "password": PASSWORD}
    answer = await office.post(f"invitations/{name}/acceptances", body)
    assert is_refused(answer, "invitation-invalid")


async def test_an_invitation_is_for_its_e_mail(office: Office):
    thief = await office.hire(DESK)
    _, name, secret = await office.invited(Reach("admin", "finance"))
    shown = {"invitation": {"invitation_id": str(name), "secret": secret}}
    await office.forget_steps()
    answer = await thief.sign_in(totp=thief.code(), **shown)
    assert is_refused(answer, "invitation-invalid")


@pytest.mark.parametrize(
    "spelt", ["HaNaKo@Example.JP", "ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", "hanako@example.jp."]
)
async def test_another_spelling_is_the_same_login(office: Office, spelt: str):
    await office.hire(DESK, "hanako@example.jp")
    _, name, secret = await office.invited(Reach("admin", "finance"), spelt)
    body = {"secret": secret, "name": "花子", "password": PASSWORD}
    answer = await office.post(f"invitations/{name}/acceptances", body)
    assert is_refused(answer, "login-exists")


async def test_no_secret_stands_in_the_database(office: Office):
    desk = await office.hire(DESK)
    async with office.database.transaction(1) as db:
        for table in ("login", "challenge", "recovery_code", "login_device", "invitation", "act"):
            rows = " ".join(await db.scalars(text(f"SELECT t::text FROM access.{table} t")))
            for secret in (desk.secret, PASSWORD, desk.signed_in["device_token"]):
                assert secret not in rows
            for code in desk.recovery_codes:
                assert code not in rows
                assert code.replace("-", "") not in rows
