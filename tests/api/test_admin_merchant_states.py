"""Finance closes merchants and stores, once each; everybody sees which take payments."""

import pytest

from tests.api.admin_office import Office, is_refused_for_good
from tests.api.probe import is_problem
from tests.town_builder import Store, Town, new_id

AWAY = {"state": "closed", "reason": "moved away"}
BACK = {"state": "open", "reason": "came back"}


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


def paths(store: Store) -> tuple[str, str]:
    merchant = f"merchants/{store.merchant_id}"
    return merchant, f"{merchant}/stores/{store.store_id}"


async def test_a_merchant_is_closed_once_and_its_stores_say_so(office: Office, town: Town):
    store = await town.open_store()
    merchant, its_store = paths(store)
    change = f"{merchant}/state-changes/{new_id()}"
    told = await office.puts_once("finance", change, AWAY, BACK)
    assert (told["before"], told["state"], told["reason"]) == ("open", "closed", "moved away")
    assert told["merchant_id"] == str(store.merchant_id)
    assert (await office.get("finance", change)).json() == told
    assert (await office.get("finance", merchant)).json()["state"] == "closed"
    seen = (await office.get("finance", its_store)).json()
    assert (seen["state"], seen["takes_payments"]) == ("open", False)
    again = f"{merchant}/state-changes/{new_id()}"
    await is_refused_for_good(office, "finance", again, AWAY, "merchant-state-same")
    new_store = await office.put("finance", f"{merchant}/stores/{new_id()}", {"name": "a second"})
    is_problem(new_store, 409, "merchant-closed")


async def test_a_store_is_closed_once_and_its_staff_see_it(
    office: Office, town: Town, app_client, token
):
    store = await town.open_store()
    _, its_store = paths(store)
    change = f"{its_store}/state-changes/{new_id()}"
    told = await office.puts_once("finance", change, AWAY, BACK)
    assert told["store_id"] == str(store.store_id)
    assert (await office.get("finance", change)).json() == told
    bearer = token("merchant", merchant=store.merchant_id, role="clerk")
    listed = await app_client.get("/v1/stores", headers={"Authorization": f"Bearer {bearer}"})
    [own] = listed.json()["items"]
    assert (own["state"], own["takes_payments"]) == ("closed", False)
    again = f"{its_store}/state-changes/{new_id()}"
    await is_refused_for_good(office, "finance", again, AWAY, "store-state-same")
    opened = await office.put("finance", f"{its_store}/state-changes/{new_id()}", BACK)
    assert opened.json()["before"] == "closed"
    assert (await office.get("finance", its_store)).json()["takes_payments"] is True


async def test_changes_stand_in_the_journal_with_who_made_them(office: Office, town: Town):
    store = await town.open_store()
    for path in paths(store):
        await office.put("finance", f"{path}/state-changes/{new_id()}", AWAY)
    for kind in ("merchant.changed", "store.changed"):
        [item] = (await office.get("finance", "journal", kind=kind)).json()["items"]
        assert item["actor"] == f"admin:{office.people['finance']}"


async def test_a_change_is_found_under_its_own_holder_only(
    office: Office, town: Town, second_town: Town
):
    store, other = await town.open_store(), await town.open_store()
    abroad = await second_town.open_store()
    merchant, its_store = paths(store)
    for path, elsewhere in zip((merchant, its_store), paths(other), strict=True):
        change_id = new_id()
        assert (
            await office.put("finance", f"{path}/state-changes/{change_id}", AWAY)
        ).status_code == 201
        answer = await office.get("finance", f"{elsewhere}/state-changes/{change_id}")
        is_problem(answer, 404, "entry-unknown")
    swapped = f"merchants/{other.merchant_id}/stores/{store.store_id}/state-changes/{new_id()}"
    is_problem(await office.put("finance", swapped, BACK), 404, "store-unknown")
    is_problem(await office.get("finance", swapped), 404, "entry-unknown")
    for path, slug in zip(paths(abroad), ("merchant-unknown", "store-unknown"), strict=True):
        answer = await office.put("finance", f"{path}/state-changes/{new_id()}", AWAY)
        is_problem(answer, 404, slug)


async def test_only_finance_closes_and_what_is_malformed_changes_nothing(
    office: Office, town: Town
):
    store = await town.open_store()
    for path in paths(store):
        change = f"{path}/state-changes/{new_id()}"
        await office.allows(change, ["finance"], {})
        await office.allows(change, ["finance"], None)
        for body in ({"state": "frozen", "reason": "x"}, {"state": "closed"}, AWAY | {"more": 1}):
            is_problem(await office.put("finance", change, body), 422, "malformed-request")
