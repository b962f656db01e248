"""A number changes after the old one could object, for one person, and is told to nobody before."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from core.database import Database
from ledger.regions import Region
from residents.number_changes import settle_due
from tests.access.device_key import DeviceKey
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp, let_time_pass, messages_to
from tests.town_builder import new_id

OLD, NEW, THIRD = "+819012345678", "+818087654321", "+817011112222"


@pytest.fixture
async def mine(app_client: httpx.AsyncClient, database: Database) -> ResidentApp:
    """An app that is signed in by the old number."""
    made = ResidentApp(app_client, database)
    await made.sign_in(OLD)
    return made


async def another(mine: ResidentApp, phone: str) -> ResidentApp:
    made = ResidentApp(mine.client, mine.database)
    await made.sign_in(phone)
    return made


async def rest(mine: ResidentApp) -> None:
    """Let it be possible to ask for codes again."""
    async with mine.database.transaction(1) as db:
        await db.execute(text("DELETE FROM access.allowance"))


async def numbers(database: Database) -> dict[str, str]:
    async with database.transaction(1) as db:
        rows = await db.execute(text("SELECT person_id::text, phone FROM residents.person"))
        return {row[0]: row[1] for row in rows}


async def states(database: Database) -> list[Any]:
    async with database.transaction(1) as db:
        rows = await db.execute(text("SELECT state, new_phone FROM residents.number_change"))
        return [tuple(row) for row in rows]


async def listed(mine: ResidentApp) -> Any:
    return (await mine.call("GET", "me/number-changes")).json()["items"]


async def test_the_old_number_is_told_and_holds_until_the_time_has_come(mine: ResidentApp):
    change = (await mine.begin_change(NEW)).json()
    assert change["new_number"] == "…4321"
    assert "心当たり" in (await messages_to(mine.database, OLD))[-1]
    assert await listed(mine) == [change]
    person = mine.tokens["person_id"]
    assert (await numbers(mine.database))[person] == OLD
    await let_time_pass(mine.database, "24 hours")
    assert await listed(mine) == [], "it holds from the first look"
    assert (await numbers(mine.database))[person] == NEW
    assert "変わりました" in (await messages_to(mine.database, NEW))[-1]
    assert await states(mine.database) == [("made", "")]
    await rest(mine)
    again = await another(mine, NEW)
    assert again.tokens["person_id"] == person
    assert (await another(mine, OLD)).tokens["person_id"] != person


@pytest.mark.parametrize("by", ["old", "new"])
async def test_it_holds_for_whoever_signs_in_by_either_number(mine: ResidentApp, by: str):
    await mine.begin_change(NEW)
    await let_time_pass(mine.database, "24 hours")
    await rest(mine)
    signed_in = await another(mine, OLD if by == "old" else NEW)
    is_same = signed_in.tokens["person_id"] == mine.tokens["person_id"]
    assert is_same == (by == "new")


async def test_any_device_cancels_it_before_its_time_and_not_after(mine: ResidentApp):
    change_id = (await mine.begin_change(NEW)).json()["change_id"]
    await rest(mine)
    other = await another(mine, OLD)
    path = f"me/number-changes/{change_id}/cancellations"
    assert is_problem(await other.call("POST", path), 403, "scope-missing")
    await mine.approve(other.tokens["device_id"])
    await other.renew()
    stranger = await another(mine, THIRD)
    assert is_problem(await stranger.call("POST", path), 404, "number-change-unknown")
    assert (await other.call("POST", path)).json() == {"change_id": change_id}
    assert is_problem(await other.call("POST", path), 404, "number-change-unknown")
    assert await states(mine.database) == [("cancelled", "")]
    await rest(mine)
    change_id = (await mine.begin_change(NEW)).json()["change_id"]
    await let_time_pass(mine.database, "24 hours")
    path = f"me/number-changes/{change_id}/cancellations"
    assert is_problem(await other.call("POST", path), 404, "number-change-unknown")
    assert await listed(mine) == []
    assert (await numbers(mine.database))[mine.tokens["person_id"]] == NEW


async def test_a_number_of_somebody_else_is_refused_only_at_the_end(mine: ResidentApp):
    theirs = await another(mine, NEW)
    await rest(mine)
    asked = await mine.ask_for_number(NEW)
    free = await mine.ask_for_number(THIRD)
    assert asked.status_code == free.status_code == 200
    assert asked.json().keys() == free.json().keys()
    path = f"me/number-changes/{asked.json()['challenge_id']}/answers"
    begun = await mine.call("POST", path, code=await mine.read_code(NEW))
    assert begun.status_code == 200
    await let_time_pass(mine.database, "24 hours")
    assert await listed(mine) == []
    assert await states(mine.database) == [("refused", "")]
    assert "変えられません" in (await messages_to(mine.database, OLD))[-1]
    held = await numbers(mine.database)
    assert held[mine.tokens["person_id"]] == OLD
    assert held[theirs.tokens["person_id"]] == NEW


async def test_of_two_people_who_take_one_number_at_once_one_has_it(
    mine: ResidentApp, region: Region
):
    other = await another(mine, THIRD)
    for app in (mine, other):
        await rest(mine)
        assert (await app.begin_change(NEW)).status_code == 200
    await let_time_pass(mine.database, "24 hours")
    await rest(mine)

    async def look() -> None:
        async with mine.database.transaction(1) as db:
            await settle_due(db, region, 1)

    late = ResidentApp(mine.client, mine.database)
    await asyncio.gather(
        *(look() for _ in range(6)), listed(mine), listed(other), late.sign_in(NEW)
    )
    assert sorted(await states(mine.database)) == [("made", ""), ("refused", "")]
    held = list((await numbers(mine.database)).values())
    assert held.count(NEW) == 1
    assert len(set(held)) == len(held) == 2, "nobody was made for a number that is somebody's"


async def test_what_a_revoked_device_asked_for_is_cancelled(mine: ResidentApp):
    await rest(mine)
    other = await another(mine, OLD)
    await mine.approve(other.tokens["device_id"])
    await other.renew()
    assert (await other.begin_change(NEW)).status_code == 200
    assert (await mine.revoke(other.tokens["device_id"])).status_code == 200
    assert await states(mine.database) == [("cancelled", "")]


async def test_only_what_is_confirmed_is_asked_for(mine: ResidentApp):
    path = "me/number-changes"
    for said, key in (({"phone": THIRD}, mine.key), ({"phone": NEW}, DeviceKey())):
        thief = ResidentApp(mine.client, mine.database, key=key, tokens=mine.tokens)
        answered = await thief.change(path, "number change", said, phone=NEW)
        assert is_problem(answered, 403, "confirmation-wrong")
    asked = await mine.call("POST", path, phone=NEW, change_id=str(new_id()))
    assert is_problem(asked, 422, "malformed-request")
    assert await messages_to(mine.database, NEW) == []


async def test_what_is_the_same_or_waits_already_is_refused(mine: ResidentApp):
    await rest(mine)
    assert is_problem(await mine.ask_for_number("０９０-1234-5678"), 409, "number-same")
    assert is_problem(await mine.ask_for_number("03-3210-1234"), 422, "phone-not-usable")
    said = {"change_id": str(new_id()), "confirmation": {"pin": "4071"}}
    broken = await mine.call("POST", "me/number-changes", phone="090\n1234\n5678", **said)
    assert is_problem(broken, 422, "malformed-request")
    await mine.begin_change(NEW)
    assert is_problem(await mine.ask_for_number(THIRD), 409, "number-change-waits")


async def test_a_code_is_for_the_person_and_the_purpose_that_asked(mine: ResidentApp):
    other = await another(mine, THIRD)
    await rest(mine)
    asked = (await mine.ask_for_number(NEW)).json()["challenge_id"]
    code = await mine.read_code(NEW)
    path = f"me/number-changes/{asked}/answers"
    assert is_problem(await mine.answer(asked, code), 401, "code-wrong")
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert is_problem(await mine.call("POST", path, code=wrong), 401, "code-wrong")
    told = await asyncio.gather(*(mine.call("POST", path, code=code) for _ in range(5)))
    assert sorted(one.status_code for one in told) == [200] + [401] * 4
    await rest(mine)
    asked = (await other.ask_for_number("070-3333-4444")).json()["challenge_id"]
    code = await mine.read_code("+817033334444")
    path = f"me/number-changes/{asked}/answers"
    assert is_problem(await mine.call("POST", path, code=code), 401, "code-wrong")
