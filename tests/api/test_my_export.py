"""All that is known about me, in one document: mine, whole, and for nobody with a token alone."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from api.my_export import PIECE
from core.database import Database
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp
from tests.town_builder import Town

PHONE = "+819012345678"


@pytest.fixture
async def hanako(app_client, database: Database) -> ResidentApp:
    """A resident who signed in."""
    app = ResidentApp(app_client, database)
    await app.sign_in(PHONE)
    return app


async def test_the_export_is_whole_and_mine(
    hanako: ResidentApp, app_client, token, town: Town, database: Database
):
    taro = ResidentApp(app_client, database)
    await taro.sign_in("+819087654321")
    await taro.call("PATCH", "me", name="TARO-IS-ANOTHER")
    person_id = UUID(hanako.tokens["person_id"])
    wallet, store = await town.open_wallet(person_id), await town.open_store()
    await town.top_up(wallet, 5_000)
    await town.live_campaign(rebate_bp=0, cashback_bp=1, who={"tiers": ["unverified"]})
    for _ in range(5):
        await town.pay(wallet, store, 100)
    other = await town.open_wallet(UUID(taro.tokens["person_id"]))
    await town.top_up(other, 100)
    of_another = await town.pay(other, store, 100)
    await hanako.call("PATCH", "me", name="花子")
    for is_given in (True, False, True):
        await hanako.call("PUT", "me/consents/surveys", is_given=is_given)
    many = (
        "INSERT INTO access.act (region_id, act_id, actor, act, person_id) SELECT 1,"
        " gen_random_uuid(), 'job:test', 'test.done', :person FROM generate_series(1, :many)"
    )
    async with database.transaction(1) as db:
        await db.execute(text(many), {"person": person_id, "many": 2 * PIECE})
    office = Office(app_client, token)
    for reason in ("first", "second", "third"):
        await office.look(f"wallets/{wallet.wallet_id}", reason)
    answer = await hanako.change("me/exports", "export", {})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["me"]["name"], told["me"]["phone"]) == ("花子", PHONE)
    assert told["standing"] == (await hanako.call("GET", "me/standing")).json()
    assert [one["name"] for one in told["devices"]] == ["電話"]
    [listed] = (await hanako.call("GET", "me/devices")).json()["items"]
    assert told["devices"][0]["made_at"] == listed["made_at"]
    assert [one["method"] for one in told["sessions"]] == ["sms"]
    assert [one["is_given"] for one in told["consents"]] == [True, False, True]
    assert [one["reason"] for one in told["looks"]] == ["third", "second", "first"]
    assert "person.exported" in [one["act"] for one in told["acts"]]
    assert sum(one["act"] == "test.done" for one in told["acts"]) == 2 * PIECE
    [mine] = told["wallets"]
    assert mine["wallet"]["coin_yen"] == 4_500
    kinds = [entry["kind"] for entry in mine["entries"]]
    assert kinds == ["wallet.opened", "top_up", *["payment"] * 5]
    payments = [entry["entry_id"] for entry in mine["entries"] if entry["kind"] == "payment"]
    assert [one["entry_id"] for one in told["payment_facts"]] == payments
    assert {tuple(one["facts"].items()) for one in told["payment_facts"]} == {
        (("tier", "unverified"),)
    }
    assert str(of_another.entry_id) not in answer.text
    assert "TARO" not in answer.text
    assert taro.tokens["person_id"] not in answer.text
    assert hanako.tokens["refresh_token"] not in answer.text


async def test_a_token_alone_exports_nothing(hanako: ResidentApp, token):
    is_problem(await hanako.call("POST", "me/exports"), 422, "malformed-request")
    is_problem(await hanako.change("me/exports", "closing", {}), 403, "confirmation-wrong")
    stranger = {"Authorization": f"Bearer {token('resident', uuid4())}"}
    is_problem(await hanako.client.get("/v1/me", headers=stranger), 404, "person-unknown")
