"""My own view: what is known about me, corrected by me, and my consents."""

import pytest

from core.database import Database
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp

PHONE = "+819012345678"


@pytest.fixture
async def hanako(app_client, database: Database) -> ResidentApp:
    app = ResidentApp(app_client, database)
    await app.sign_in(PHONE)
    return app


async def test_i_see_my_number_whole_and_what_i_declared(hanako: ResidentApp):
    me = (await hanako.call("GET", "me")).json()
    assert (me["phone"], me["name"], me["tier"]) == (PHONE, None, "unverified")
    assert (me["area"], me["age_band"]) == (None, None)
    declared = await hanako.call("PATCH", "me/attributes", area="kitazawa")
    assert declared.status_code == 200, declared.text
    me = (await hanako.call("GET", "me")).json()
    assert (me["area"], me["is_area_verified"]) == ("kitazawa", False)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("ﾊﾅｺ", "ハナコ"),
        (" 花子 ", "花子"),
        ("Ｈａｎａ", "Hana"),
        ("花子😀", "花子😀"),
        (None, None),
    ],
)
async def test_a_name_has_one_spelling(hanako: ResidentApp, sent, kept):
    assert (await hanako.call("PATCH", "me", name=sent)).json()["name"] == kept
    assert (await hanako.call("GET", "me")).json()["name"] == kept


async def test_a_name_that_nobody_can_read_is_malformed(hanako: ResidentApp):
    for name in ("", " ", "x" * 81, "a\u202eb", "a\x00", "ﷺ" * 10, "x" * 10_000, 7):
        is_problem(await hanako.call("PATCH", "me", name=name), 422, "malformed-request")


async def test_consents_are_given_and_withdrawn_and_kept(hanako: ResidentApp):
    listed = (await hanako.call("GET", "me/consents")).json()["items"]
    assert {(one["is_given"], one["since"]) for one in listed} == {(False, None)}
    path = f"me/consents/{listed[0]['purpose']}"
    for is_given in (True, True, False, True):
        answer = await hanako.call("PUT", path, is_given=is_given)
        assert answer.json()["is_given"] is is_given
    changes = (await hanako.call("GET", "me/consent-changes")).json()["items"]
    assert [one["is_given"] for one in changes] == [True, False, True]
    standing = (await hanako.call("GET", "me/consents")).json()["items"]
    assert [one["is_given"] for one in standing] == [True, False, False, False, False]
    assert (await hanako.call("PUT", "me/consents/everything", is_given=True)).status_code == 422
    is_problem(await hanako.call("PUT", path, is_given="yes"), 422, "malformed-request")
