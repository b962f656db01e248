"""An app or browser is known again by what it shows at each sign-in, whoever comes."""

from uuid import UUID

import pytest
from sqlalchemy import text

from access.login_devices import device_id_of
from access.posts import Reach
from access.sessions import Home
from core.database import Database
from tests.api.admin_office import Office as Admins
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp
from tests.api.staff_office import Office
from tests.town_builder import Town

ONE, OTHER = "+819012345678", "+819087654321"


async def installations(database: Database) -> list[tuple[str, UUID | None]]:
    """Face and installation of each session, in their order."""
    async with database.snapshot(1) as db:
        rows = await db.execute(
            text("SELECT face, installation_id FROM access.session ORDER BY session_id")
        )
        return [(face, None if no is None else UUID(int=no.int)) for face, no in rows]


async def test_two_residents_and_a_clerk_with_one_app_are_known_by_it(
    app, app_client, database: Database, town: Town
):
    first = ResidentApp(app_client, database)
    token = (await first.sign_in(ONE))["device_token"]
    second = ResidentApp(app_client, database, tokens={"device_token": token})
    assert (await second.sign_in(OTHER))["device_token"] == token
    assert (await second.sign_in_by_device()).json()["device_token"] == token
    store = await town.open_store()
    shop = Office(app_client, database, Home(1, "setagaya"))
    clerk = await shop.hire(Reach("merchant", "clerk", store.merchant_id))
    clerk.device_token = token
    assert (await clerk.sign_in()).status_code == 200
    stranger = ResidentApp(app_client, database)
    assert (await stranger.sign_in("+819011112222"))["device_token"] != token
    known = device_id_of(app.state.meguri.vault, token)
    seen = await installations(database)
    assert [face for face, no in seen if no == known] == [*["resident"] * 3, "merchant"]
    assert len({no for _, no in seen}) == 3  # the clerk was let in with another browser


async def test_what_is_known_is_told_to_whom_it_is_about_and_to_nobody_else(
    app_client, database: Database, token
):
    app = ResidentApp(app_client, database)
    await app.sign_in(ONE)
    [(_, known)] = await installations(database)
    exported = (await app.change("me/exports", "export", {})).json()
    assert [each["installation_id"] for each in exported["sessions"]] == [str(known)]
    sessions = (await app.call("GET", "sessions")).json()
    assert "installation" not in str(sessions)
    admins = Admins(app_client, token)
    looked = await admins.look(f"people/{app.tokens['person_id']}", "asked at the counter")
    assert str(known) not in looked.text


@pytest.mark.parametrize("shown", ["short", "b" * 44, "b" * 42 + "!", 7, ["b" * 43]])
async def test_a_device_token_has_one_shape(app_client, database: Database, shown):
    app = ResidentApp(app_client, database, tokens={"device_token": shown})
    asked = (await app.ask(ONE)).json()
    answer = await app.answer(asked["challenge_id"], await app.read_code(ONE))
    assert is_problem(answer, 422, "malformed-request")
    assert await installations(database) == []
