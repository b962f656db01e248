"""A login has a password with an authenticator, passkeys, or both; each is changed by its owner."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from access.password_resets import reset_second_factor
from access.posts import Reach
from tests.access.authenticator import Authenticator
from tests.api.staff_office import PASSWORD, SERVER, Office, Person, is_refused
from tests.api.staff_world import World
from tests.api.test_staff_passkeys import add, signs
from tests.api.test_staff_resets import is_out, letter

DESK = Reach("admin", "desk")
REFUSED = "staff-sign-in-refused"


@pytest.fixture
def office(world: World) -> Office:
    return world.office


async def asked(office: Office, name: UUID, secret: str) -> httpx.Response:
    return await office.post(f"invitations/{name}/passkey-challenges", {"secret": secret})


async def accepts(
    office: Office, name: UUID, secret: str, passkey: Authenticator, ceremony: dict[str, Any]
) -> httpx.Response:
    said = {
        "secret": secret, "name": "世田谷 花子", "passkey_name": "鍵",
        "challenge_id": ceremony["challenge_id"], "credential": passkey.make(ceremony["options"]),
    }  # fmt: skip
    return await office.post(f"invitations/{name}/passkey-acceptances", said)


async def enrol(office: Office, passkey: Authenticator, reach: Reach = DESK) -> Person:
    """Somebody who was invited, and has a passkey and nothing else."""
    email, name, secret = await office.invited(reach)
    ceremony = (await asked(office, name, secret)).json()
    told = await accepts(office, name, secret, passkey, ceremony)
    assert told.status_code == 200, told.text
    return Person(office, email, signed_in=told.json())


async def signature(office: Office, passkey: Authenticator) -> dict[str, Any]:
    """The passkey, shown anew."""
    ceremony = (await office.post("staff-passkeys/challenges", {})).json()
    return {
        "passkey": {
            "challenge_id": ceremony["challenge_id"],
            "credential": passkey.sign(ceremony["options"]),
        }
    }


async def act(person: Person, path: str, **body: Any) -> httpx.Response:
    return await person.office.client.post(f"/v1/{path}", json=body, headers=person.headers)


async def confirms(person: Person, begun: httpx.Response) -> httpx.Response:
    """Show a code of the authenticator that was told, which is the person's from then on."""
    assert begun.status_code == 200, begun.text
    person.secret = begun.json()["totp_secret"]
    path = f"authenticator-changes/{begun.json()['enrolment_id']}/confirmations"
    return await act(person, path, totp=person.code())


@pytest.mark.parametrize("who", ["office", "operators"])
async def test_an_invitation_is_accepted_by_a_passkey_which_signs_in_alone(world: World, who: str):
    place: Office = getattr(world, who)
    passkey = Authenticator()
    person = await enrol(place, passkey, DESK if who == "office" else Reach("admin", "operator"))
    again = await signs(place, passkey)
    assert again.status_code == 200, again.text
    mine = (await place.client.get("/v1/sessions", headers=person.headers)).json()["items"]
    assert [item["method"] for item in mine] == ["passkey", "passkey"]
    assert is_refused(await person.sign_in(totp="000000"), REFUSED), "there is no password"
    async with world.database.snapshot(place.home.region_id) as db:
        login_id = await world.id_of(person)
        rows = await db.execute(
            text("SELECT act, role FROM access.act WHERE actor = :actor ORDER BY act_id"),
            {"actor": f"admin:{login_id}"},
        )
        role = "desk" if who == "office" else "operator"
        assert [tuple(row) for row in rows] == [
            ("invitation.accepted", role), ("passkey.added", role),
        ]  # fmt: skip


async def test_an_invitation_is_accepted_once_in_whatever_way(office: Office):
    _, name, secret = await office.invited(DESK)
    _, other, others = await office.invited(DESK)
    assert is_refused(await asked(office, name, "x" * 43), "invitation-invalid")
    ceremonies = [(await asked(office, name, secret)).json() for _ in range(3)]
    strange = await accepts(office, other, others, Authenticator(), ceremonies[2])
    assert is_refused(strange, "passkey-not-added"), "it was asked for another invitation"
    wrong = Authenticator(origin="https://evil.example")
    bad = await accepts(office, name, secret, wrong, ceremonies[2])
    assert is_refused(bad, "passkey-not-added")
    used = await accepts(office, name, secret, Authenticator(), ceremonies[2])
    assert is_refused(used, "passkey-not-added"), "a challenge is answered once"
    told = await asyncio.gather(
        *(accepts(office, name, secret, Authenticator(), one) for one in ceremonies[:2])
    )
    assert sorted(answer.status_code for answer in told) == [200, 401]
    assert is_refused(await asked(office, name, secret), "invitation-invalid")


async def test_who_accepts_in_both_ways_at_once_comes_in_by_one(world: World, office: Office):
    """Neither holds what the other waits for."""
    email, name, secret = await office.invited(DESK)
    said = {"secret": secret, "name": "世田谷 花子", "password": PASSWORD}
    begun = (await office.post(f"invitations/{name}/acceptances", said)).json()
    ceremony = (await asked(office, name, secret)).json()
    person = Person(office, email, secret=begun["totp_secret"])
    path = f"enrolments/{begun['enrolment_id']}/confirmations"
    lock = f"hashtextextended('login {email}', {office.home.region_id})"
    async with world.superuser.transaction():
        await world.superuser.execute(f"SELECT pg_advisory_xact_lock({lock})")
        first = asyncio.create_task(office.post(path, {"totp": person.code()}))
        await world.somebody_waits()
        second = asyncio.create_task(accepts(office, name, secret, Authenticator(), ceremony))
        await world.somebody_waits(2)
    told = await asyncio.gather(first, second)
    assert [answer.status_code for answer in told] == [200, 401], [a.text for a in told]


async def test_an_authenticator_is_replaced_by_a_factor_shown_anew(office: Office):
    desk = await office.hire(DESK)
    twin = Person(office, desk.email, secret=desk.secret)
    twin.signed_in = (await desk.sign_in()).json()
    await office.forget_steps()
    for bad in ({"totp": "000000"}, {"recovery_code": "AAAA-AAAA-AAAA-AAAA"}):
        assert is_refused(await act(desk, "authenticator-changes", **bad), "factor-wrong")
    assert (await act(desk, "authenticator-changes")).status_code == 422
    before = len(await office.texts("second factor changed"))
    begun = await act(desk, "authenticator-changes", totp=desk.code())
    assert (await desk.sign_in()).status_code == 200, "the old one counts still"
    path = f"authenticator-changes/{begun.json()['enrolment_id']}/confirmations"
    assert is_refused(await act(desk, path, totp="000000"), "authenticator-code-wrong")
    anonymous = await office.post(
        f"enrolments/{begun.json()['enrolment_id']}/confirmations", {"totp": "000000"}
    )
    assert is_refused(anonymous, "authenticator-code-wrong")
    old = desk.recovery_codes[0]
    done = await confirms(desk, begun)
    assert done.json()["ended_sessions"] == 2, done.text
    await is_out(twin)
    assert len(await office.texts("second factor changed")) == before + 1
    await office.forget_steps()
    assert is_refused(await twin.sign_in(totp=twin.code()), REFUSED)
    assert is_refused(await desk.sign_in(recovery_code=old), REFUSED)
    assert (await desk.sign_in()).status_code == 200
    fresh = done.json()["recovery_codes"][0]
    assert (await desk.sign_in(recovery_code=fresh)).status_code == 200


async def test_another_ones_factor_changes_nothing_and_who_guesses_waits(office: Office):
    desk, other, theirs = await office.hire(DESK), await office.hire(DESK), Authenticator()
    await add(other, theirs)
    shown = await signature(office, theirs)
    assert is_refused(await act(desk, "authenticator-changes", **shown), "factor-wrong")
    assert is_refused(await act(desk, "password-removals", **shown), "factor-wrong")
    told = [await act(desk, "authenticator-changes", totp="000000") for _ in range(5)]
    assert is_refused(told[-1], "too-many-tries")


async def test_what_was_begun_before_all_sessions_ended_changes_nothing(
    world: World, office: Office
):
    desk = await office.hire(DESK)
    await office.forget_steps()
    begun = await act(desk, "authenticator-changes", totp=desk.code())
    old, desk.secret = desk.secret, ""
    await office.client.delete("/v1/sessions", headers=desk.headers)  # this one goes on
    assert is_refused(await confirms(desk, begun), "authenticator-code-wrong")
    desk.secret = old
    assert (await desk.sign_in()).status_code == 200


async def test_a_password_is_added_and_removed_by_a_passkey(world: World, office: Office):
    passkey = Authenticator()
    person = await enrol(office, passkey)
    plain = await act(person, "authenticator-changes", **await signature(office, passkey))
    assert is_refused(plain, "password-missing")
    said = {"new_password": PASSWORD, **await signature(office, passkey)}
    weak = said | {"new_password": person.email + "!"}
    assert is_refused(await act(person, "authenticator-changes", **weak), "password-easily-guessed")
    assert (await confirms(person, await act(person, "authenticator-changes", **said))).is_success
    signed = await person.sign_in()
    assert signed.status_code == 200, signed.text
    twice = await act(
        person, "authenticator-changes", new_password=PASSWORD, **await signature(office, passkey)
    )
    assert is_refused(twice, "password-there")
    twin = Person(office, person.email, signed_in=signed.json())
    removed = await act(person, "password-removals", **await signature(office, passkey))
    assert removed.json() == {"ended_sessions": 1}, removed.text
    await is_out(twin)
    assert is_refused(await person.sign_in(totp=person.code()), REFUSED)
    assert (await signs(office, passkey)).status_code == 200
    assert (await office.texts("password removed")) != []
    before = len(await office.texts("staff password reset"))
    await office.post("password-resets", {"email": person.email})
    assert len(await office.texts("staff password reset")) == before, "there is none to reset"


async def test_the_last_way_in_is_not_revoked(world: World, office: Office):
    first, second = Authenticator(), Authenticator()
    person = await enrol(office, first)

    async def revoke(device_id: str) -> httpx.Response:
        return await act(person, f"staff-passkeys/{device_id}/revocations")

    [item] = (await office.client.get("/v1/staff-passkeys", headers=person.headers)).json()["items"]
    assert is_refused(await revoke(item["device_id"]), "last-way-in")
    assert (await signs(office, first)).status_code == 200
    added = (await add(person, second)).json()["device_id"]
    async with world.superuser.transaction():
        await world.superuser.execute("LOCK TABLE access.device IN SHARE MODE")
        both = [asyncio.create_task(revoke(each)) for each in (item["device_id"], added)]
        await world.somebody_waits(2)
    told = await asyncio.gather(*both)
    assert sorted(answer.status_code for answer in told) == [200, 409], "also at once"


async def test_who_lost_the_only_passkey_comes_in_again_with_a_password(
    world: World, office: Office
):
    passkey = Authenticator()
    person = await enrol(office, passkey)
    async with world.database.transaction(office.home.region_id) as db:
        login_id = await world.id_of(person)
        await reset_second_factor(db, office.home, world.app.state.meguri.vault, login_id, SERVER)
    assert is_refused(await signs(office, passkey), REFUSED)
    reset_id, secret = await letter(office, "staff second factor reset")
    path = f"second-factor-resets/{reset_id}/answers"
    for weak in ("short", "qwertyuiop123"):
        answer = await office.post(path, {"secret": secret, "password": weak})
        assert is_refused(answer, "password-easily-guessed")
    wrong = await office.post(path, {"secret": "x" * 43, "password": PASSWORD})
    assert is_refused(wrong, "reset-invalid")
    begun = await office.post(path, {"secret": secret, "password": PASSWORD})
    assert begun.status_code == 200, begun.text
    person.secret = begun.json()["totp_secret"]
    done = await office.post(
        f"enrolments/{begun.json()['enrolment_id']}/confirmations", {"totp": person.code()}
    )
    assert done.status_code == 200, done.text
    assert (await person.sign_in()).status_code == 200
