"""All that is known about me, in one document: mine, whole, and for nobody with a token alone."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from api.my_export import PIECE
from core.database import Database
from notifications.fill_inboxes import fill_inboxes
from notifications.messages import Message
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp
from tests.notifications.alerts_builder import put_for, put_let_out
from tests.notifications.message_rows import TEXTS, made_message
from tests.town_builder import Town, new_id

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
    await hanako.call("PUT", "me/consents/news_of_city", is_given=True)
    for is_given in (True, False, True):
        await hanako.call("PUT", "me/consents/surveys", is_given=is_given)
    many = (
        "INSERT INTO access.act (region_id, act_id, actor, act, person_id) SELECT 1,"
        " gen_random_uuid(), 'job:test', 'test.done', :person FROM generate_series(1, :many)"
    )
    async with database.transaction(1) as db:
        await db.execute(text(many), {"person": person_id, "many": 2 * PIECE})
    in_inbox = await _told(town, person_id)
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
    assert [one["is_given"] for one in told["consents"]] == [True, True, False, True]
    assert [one["reason"] for one in told["looks"]] == ["third", "second", "first"]
    listed = [(one["item_id"], one["kind"], one["read_at"]) for one in told["inbox"]]
    assert sorted(listed) == in_inbox
    assert {one["texts"]["en"]["title"] for one in told["inbox"]} == {"Summer fair"}
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


async def _told(town: Town, person_id: UUID) -> list[tuple[str, str, None]]:
    """A notice for this person, and an emergency for everybody; their ids, kinds and when read."""
    now, region_id = await town.now(), town.region.region_id
    storm = Message(new_id(), "emergency", "everybody", TEXTS, {}, now, now + timedelta(days=1))
    fair = made_message(new_id(), now)
    async with town.database.transaction(region_id) as db:
        await put_let_out(db, region_id, storm)
        await put_for(db, region_id, fair, person_id)
    await fill_inboxes(town.database, town.region, lambda: None)
    return sorted((str(each.message_id), each.kind, None) for each in (storm, fair))


async def test_a_token_alone_exports_nothing(hanako: ResidentApp, token):
    is_problem(await hanako.call("POST", "me/exports"), 422, "malformed-request")
    is_problem(await hanako.change("me/exports", "closing", {}), 403, "confirmation-wrong")
    stranger = {"Authorization": f"Bearer {token('resident', uuid4())}"}
    is_problem(await hanako.client.get("/v1/me", headers=stranger), 404, "person-unknown")
