"""A code goes to a number and comes back once, from whoever has the number and a key."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from access.devices import device_text
from api.claims import SCOPES
from api.state import State
from core.database import Database
from core.senders import SmsProvider
from core.settings import Settings
from ledger.regions import Region
from tests.access.device_key import DeviceKey
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp, let_time_pass, messages_to

PHONE, OTHER = "+819012345678", "+818087654321"


@pytest.fixture
def phone_app(app_client: httpx.AsyncClient, database: Database) -> ResidentApp:
    """An app that nobody has signed in with yet."""
    return ResidentApp(app_client, database)


def another(of: ResidentApp) -> ResidentApp:
    return ResidentApp(of.client, of.database)


async def count(database: Database, table: str) -> Any:
    async with database.transaction(1) as db:
        return (await db.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()


async def test_a_new_number_makes_a_person_whose_first_device_may_everything(
    phone_app: ResidentApp,
):
    told = await phone_app.sign_in(PHONE)
    assert told["is_usable"] is True
    assert told["scope"] == " ".join(SCOPES["resident"])
    listed = (await phone_app.call("GET", "me/devices")).json()["items"]
    assert [item["device_id"] for item in listed] == [told["device_id"]]
    assert await messages_to(phone_app.database, PHONE) == [
        message
        for message in await messages_to(phone_app.database, PHONE)
        if "確認コード" in message
    ]
    renewed = dict(await phone_app.renew())
    assert renewed["scope"] == told["scope"]


async def test_the_same_number_is_the_same_person_in_every_spelling(phone_app: ResidentApp):
    first = dict(await phone_app.sign_in(PHONE))
    for spelling in ("０９０－１２３４－５６７８", "0081 (0)90 1234 5678"):
        await let_time_pass(phone_app.database, "2 minutes")
        asked = (await phone_app.ask(spelling)).json()
        code = await phone_app.read_code(PHONE)
        wide = code.translate({ord("0") + n: chr(ord("０") + n) for n in range(10)})
        again = phone_app.keep(await phone_app.answer(asked["challenge_id"], wide))
        assert again["person_id"] == first["person_id"]
        assert again["device_id"] == first["device_id"], "the same key is the same device"
        assert again["is_usable"] is True


async def test_a_code_counts_once_also_for_many_at_once(phone_app: ResidentApp):
    asked = (await phone_app.ask(PHONE)).json()
    code = await phone_app.read_code(PHONE)
    tries = [another(phone_app).answer(asked["challenge_id"], code) for _ in range(10)]
    told = await asyncio.gather(*tries)
    assert sorted(one.status_code for one in told) == [200] + [401] * 9
    assert await count(phone_app.database, "residents.person") == 1
    assert await count(phone_app.database, "access.device") == 1


async def test_two_that_are_new_at_once_are_one_person(phone_app: ResidentApp):
    apps = [another(phone_app) for _ in range(2)]
    asked = [(await apps[0].ask(PHONE)).json()["challenge_id"]]
    codes = [await apps[0].read_code(PHONE)]
    await let_time_pass(phone_app.database, "2 minutes")
    asked.append((await apps[1].ask(PHONE)).json()["challenge_id"])
    codes.append(await apps[1].read_code(PHONE))
    told = await asyncio.gather(*map(ResidentApp.answer, apps, asked, codes))
    said = [one.json() for one in told]
    assert said[0]["person_id"] == said[1]["person_id"]
    assert sorted(one["is_usable"] for one in said) == [False, True], "one of them was first"


async def test_after_five_guesses_the_code_is_worth_nothing_and_the_text_is_the_same(
    phone_app: ResidentApp,
):
    asked = (await phone_app.ask(PHONE)).json()["challenge_id"]
    code = await phone_app.read_code(PHONE)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    told = [await phone_app.answer(asked, wrong) for _ in range(5)]
    told.append(await phone_app.answer(asked, code))
    told.append(await phone_app.answer(str(uuid4()), code))
    assert {is_problem(one, 401, "code-wrong")["title"] for one in told} == {
        "This code is wrong, or its time is over."
    }
    assert await count(phone_app.database, "residents.person") == 0


async def test_a_number_can_be_guessed_at_twenty_times_a_day(phone_app: ResidentApp):
    for turn in range(4):
        asked = (await phone_app.ask(PHONE)).json()["challenge_id"]
        code = await phone_app.read_code(PHONE)
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        for _ in range(5):
            assert is_problem(await phone_app.answer(asked, wrong), 401, "code-wrong"), turn
        async with phone_app.database.transaction(1) as db:
            await db.execute(text("DELETE FROM access.allowance WHERE name LIKE 'codes%'"))
    asked = (await phone_app.ask(PHONE)).json()["challenge_id"]
    refused = await phone_app.answer(asked, await phone_app.read_code(PHONE))
    assert is_problem(refused, 429, "too-many-guesses")
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    other = (await phone_app.ask(OTHER)).json()["challenge_id"]
    phone_app.keep(await phone_app.answer(other, await phone_app.read_code(OTHER)))


async def test_a_device_guesses_thirty_times_a_day_at_whatever_numbers(phone_app: ResidentApp):
    told = [await phone_app.answer(str(uuid4()), "123456") for _ in range(31)]
    assert [one.status_code for one in told] == [401] * 30 + [429]
    other = await another(phone_app).answer(str(uuid4()), "123456")
    assert is_problem(other, 401, "code-wrong")


async def test_a_code_is_over_after_ten_minutes(phone_app: ResidentApp):
    asked = (await phone_app.ask(PHONE)).json()["challenge_id"]
    code = await phone_app.read_code(PHONE)
    await let_time_pass(phone_app.database, "601 seconds")
    assert is_problem(await phone_app.answer(asked, code), 401, "code-wrong")


async def test_another_region_knows_nothing_of_a_code(
    phone_app: ResidentApp, second_region: Region
):
    asked = (await phone_app.ask(PHONE)).json()["challenge_id"]
    code = await phone_app.read_code(PHONE)
    elsewhere = ResidentApp(phone_app.client, phone_app.database, second_region.code, 2)
    assert is_problem(await elsewhere.answer(asked, code), 401, "code-wrong")
    nowhere = ResidentApp(phone_app.client, phone_app.database, "nowhere")
    assert is_problem(await nowhere.ask(PHONE), 404, "region-unknown")
    phone_app.keep(await phone_app.answer(asked, code))
    assert is_problem(await elsewhere.answer(asked, code), 401, "code-wrong")


async def test_a_key_that_did_not_sign_costs_no_try_and_gets_nothing(phone_app: ResidentApp):
    asked = (await phone_app.ask(PHONE)).json()["challenge_id"]
    code = await phone_app.read_code(PHONE)
    stolen = DeviceKey().jwk
    texts = [
        device_text("setagaya", uuid4()),
        device_text("tsubame", UUID(asked)),
        b"anything",
    ]
    for told in [await phone_app.answer(asked, code, signed) for signed in texts] + [
        await phone_app.answer(asked, code, public_key=stolen)
    ] * 5:
        assert is_problem(told, 401, "device-signature-wrong")
    phone_app.keep(await phone_app.answer(asked, code))


async def test_the_answer_is_the_same_whether_a_number_is_known(phone_app: ResidentApp):
    await phone_app.sign_in(PHONE)
    await let_time_pass(phone_app.database, "2 minutes")
    known, unknown = await phone_app.ask(PHONE), await phone_app.ask(OTHER)
    assert known.status_code == unknown.status_code == 200
    assert known.json().keys() == unknown.json().keys()
    assert known.json()["resend_after"] == unknown.json()["resend_after"] == 60
    assert known.headers.keys() == unknown.headers.keys()
    again = [await phone_app.ask(PHONE), await phone_app.ask(OTHER)]
    assert [is_problem(one, 429, "too-many-codes")["title"] for one in again] == [
        "Too many codes were asked for."
    ] * 2
    assert all(0 < int(one.headers["retry-after"]) <= 60 for one in again)


async def test_of_twenty_that_ask_at_once_one_message_goes_out(phone_app: ResidentApp):
    told = await asyncio.gather(*(phone_app.ask(PHONE) for _ in range(20)))
    assert sorted(one.status_code for one in told) == [200] + [429] * 19
    assert len(await messages_to(phone_app.database, PHONE)) == 1


async def test_a_number_has_five_codes_an_hour(phone_app: ResidentApp):
    asked = 0
    for _ in range(7):
        answered = await phone_app.ask(PHONE)
        asked += answered.status_code == 200
        async with phone_app.database.transaction(1) as db:
            await db.execute(text("DELETE FROM access.allowance WHERE name = 'codes: pause'"))
    assert asked in {5, 6, 7}, "an hour may end meanwhile"
    assert asked == len(await messages_to(phone_app.database, PHONE))


async def test_production_without_a_provider_sends_no_code_and_says_so(
    settings: Settings, phone_app: ResidentApp, app: FastAPI
):
    state: State = app.state.meguri
    real = settings.model_copy(update={"environment": "production"})
    app.state.meguri = replace(state, settings=real)
    told = await phone_app.ask(PHONE)
    assert is_problem(told, 503, "sms-unavailable")
    assert told.headers["retry-after"]
    named = SmsProvider(url="https://sms.example.jp/messages")
    app.state.meguri = replace(state, settings=real.model_copy(update={"sms_provider": named}))
    assert (await phone_app.ask(PHONE)).status_code == 200


async def test_a_network_and_a_region_have_so_many_codes(
    settings: Settings, phone_app: ResidentApp, app: FastAPI
):
    state: State = app.state.meguri
    few = settings.model_copy(update={"sms_codes_per_network": 3, "sms_codes_per_day": 5})
    app.state.meguri = replace(state, settings=few)
    numbers = [f"0901234{n:04}" for n in range(8)]
    told = await asyncio.gather(*(phone_app.ask(number) for number in numbers))
    assert sorted(one.status_code for one in told) == [200] * 3 + [429] * 5
    wide = few.model_copy(update={"sms_codes_per_network": 300})
    app.state.meguri = replace(state, settings=wide)
    told = await asyncio.gather(*(phone_app.ask(f"0801234{n:04}") for n in range(6)))
    assert sorted(one.status_code for one in told) == [200] * 2 + [503] * 4
    assert {one.json()["type"] for one in told if one.status_code == 503} == {
        "/problems/codes-used-up"
    }
    assert await count(phone_app.database, "access.message") == 5
