"""Finance says of which shopping street a merchant is; its staff see it."""

import pytest

from tests.api.admin_office import Office, is_refused_for_good
from tests.api.probe import is_problem
from tests.town_builder import Town, new_id

JOINED = {"street": "しもきた商店街", "reason": "joined"}
LEFT = {"street": None, "reason": "left"}


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def test_a_street_is_changed_once_and_everybody_who_may_sees_it(
    office: Office, town: Town, app_client, token
):
    store = await town.open_store()
    merchant = f"merchants/{store.merchant_id}"
    change = f"{merchant}/street-changes/{new_id()}"
    told = await office.puts_once("finance", change, JOINED, LEFT)
    assert (told["before"], told["street"], told["reason"]) == (None, "しもきた商店街", "joined")
    assert (await office.get("finance", change)).json() == told
    assert (await office.get("finance", merchant)).json()["street"] == "しもきた商店街"
    [listed] = (await office.get("finance", "merchants")).json()["items"]
    assert listed["street"] == "しもきた商店街"
    bearer = token("merchant", merchant=store.merchant_id, role="clerk")
    own = await app_client.get("/v1/merchant", headers={"Authorization": f"Bearer {bearer}"})
    assert own.json()["street"] == "しもきた商店街"
    again = f"{merchant}/street-changes/{new_id()}"
    await is_refused_for_good(office, "finance", again, JOINED, "merchant-street-same")
    left = await office.put("finance", f"{merchant}/street-changes/{new_id()}", LEFT)
    assert (left.json()["before"], left.json()["street"]) == ("しもきた商店街", None)


async def test_finance_alone_changes_streets(office: Office, town: Town):
    store = await town.open_store()
    path = f"merchants/{store.merchant_id}/street-changes/{new_id()}"
    await office.allows(path, {"finance"}, JOINED)
    await office.allows(path, {"finance"}, None)
    elsewhere = f"merchants/{new_id()}/street-changes/{new_id()}"
    is_problem(await office.put("finance", elsewhere, JOINED), 404, "merchant-unknown")
    other = f"merchants/{(await town.open_store()).merchant_id}/street-changes/"
    is_problem(await office.get("finance", other + path[-36:]), 404, "entry-unknown")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reason": "joined"}, "/street"),
        (JOINED | {"street": ""}, "/street"),
        (JOINED | {"street": "x" * 41}, "/street"),
        (JOINED | {"street": 7}, "/street"),
        ({"street": "x"}, "/reason"),
    ],
)
async def test_a_malformed_change_is_told_where(office: Office, town: Town, body, pointer):
    path = f"merchants/{new_id()}/street-changes/{new_id()}"
    told = is_problem(await office.put("finance", path, body), 422, "malformed-request")
    assert [error["pointer"] for error in told["errors"]] == [pointer]
