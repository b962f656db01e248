"""Finance opens merchants and stores, and sees what is due to them."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.closing import turn_merchant
from tests.town_builder import Store, Town, new_id

SHOKUDO = {
    "name": "見本食堂",
    "merchant_class": "small",
    "category": "food",
    "area": "kitazawa",
    "street": "しもきた商店街",
}


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def opened(office: Office, **given: Any) -> str:
    path = f"merchants/{new_id()}"
    answer = await office.put("finance", path, SHOKUDO | given)
    assert answer.status_code == 201, answer.text
    return path


async def test_a_merchant_is_opened_once(office: Office, town: Town):
    path = f"merchants/{new_id()}"
    told = await office.puts_once("finance", path, SHOKUDO, SHOKUDO | {"name": "Other"})
    assert told == SHOKUDO | {
        "merchant_id": path.rpartition("/")[2],
        "state": "open",
        "opened_at": told["opened_at"],
    }
    assert told["opened_at"].endswith("+09:00")
    seen = (await office.get("finance", path)).json()
    due = {"payable_yen": 0, "cashback_yen": 0, "owed_yen": 0}
    assert seen == told | due
    assert (await town.rows("SELECT count(*) AS n FROM merchants.merchant"))[0].n == 1


async def test_a_store_is_opened_once_and_takes_payments(office: Office, town: Town):
    merchant = await opened(office)
    path = f"{merchant}/stores/{new_id()}"
    told = await office.puts_once("finance", path, {"name": "下北沢店"}, {"name": "Other"})
    assert (told["name"], told["state"]) == ("下北沢店", "open")
    assert (await office.get("finance", path)).json() == told
    await town.live_campaign(cashback_bp=500)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 10_000)
    store = Store(UUID(path.rpartition("/")[2]), UUID(merchant.rpartition("/")[2]))
    await town.pay(wallet, store, 2_000)
    seen = (await office.get("finance", merchant)).json()
    assert (seen["payable_yen"], seen["cashback_yen"], seen["owed_yen"]) == (2_000, 100, 0)


async def test_an_id_that_a_wallet_has_stays_refused(office: Office, town: Town):
    wallet = await town.open_wallet()
    path = f"merchants/{wallet.wallet_id}"
    is_problem(await office.put("finance", path, SHOKUDO), 409, "id-in-use")
    is_problem(await office.get("finance", path), 404, "merchant-unknown")
    assert await town.rows("SELECT 1 FROM merchants.merchant") == []


async def test_a_store_needs_its_merchant(office: Office, town: Town, second_town: Town):
    abroad = (await second_town.open_store()).merchant_id
    for merchant_id in (uuid4(), abroad):
        path = f"merchants/{merchant_id}/stores/{new_id()}"
        answer = await office.put("finance", path, {"name": "下北沢店"})
        is_problem(answer, 404, "merchant-unknown")
        is_problem(await office.get("finance", path), 404, "store-unknown")


async def test_a_store_is_found_under_its_own_merchant_only(office: Office, town: Town):
    store, other = await town.open_store(), await town.open_store()
    found = await office.get("finance", f"merchants/{store.merchant_id}/stores/{store.store_id}")
    assert found.status_code == 200
    path = f"merchants/{other.merchant_id}/stores/{store.store_id}"
    is_problem(await office.get("finance", path), 404, "store-unknown")


async def test_a_merchants_stores_are_listed_oldest_first(office: Office, town: Town):
    merchant = await opened(office)
    made = [f"{merchant}/stores/{new_id()}" for _ in range(3)]
    told = [(await office.put("finance", path, {"name": path[-5:]})).json() for path in made]
    await town.open_store()
    first = (await office.get("finance", f"{merchant}/stores", limit=2)).json()
    cursor = first["next_cursor"]
    rest = (await office.get("finance", f"{merchant}/stores", cursor=cursor)).json()
    assert first["items"] + rest["items"] == sorted(told, key=lambda store: store["store_id"])
    assert rest["next_cursor"] is None
    answer = await office.get("finance", f"merchants/{uuid4()}/stores")
    is_problem(answer, 404, "merchant-unknown")


async def test_merchants_are_listed_by_what_is_looked_for(office: Office, town: Town):
    cafe = await opened(office, name="ｶﾌｪ見本", area="ogawa")
    shop = await opened(office, merchant_class="large")
    await turn_merchant(town, UUID(shop.rpartition("/")[2]), "suspended")

    async def found(**which: str) -> set[str]:
        answer = await office.get("finance", "merchants", **which)
        return {f"merchants/{each['merchant_id']}" for each in answer.json()["items"]}

    assert await found() == {cafe, shop}
    assert await found(state="suspended") == await found(merchant_class="large") == {shop}
    assert await found(area="ogawa") == await found(text="かふぇ") == {cafe}
    assert await found(text="見本", category="food") == {cafe, shop}
    assert await found(text="%") == await found(state="leaving") == set()
    is_problem(await office.get("finance", "merchants", text="a\x00b"), 422, "malformed-request")


async def test_another_regions_merchant_is_not_there(office: Office, town: Town, second_town: Town):
    abroad = (await second_town.open_store()).merchant_id
    is_problem(await office.get("finance", f"merchants/{abroad}"), 404, "merchant-unknown")
    assert (await office.get("finance", "merchants")).json()["items"] == []


async def test_merchants_are_listed_newest_first(office: Office, town: Town):
    made = [(await opened(office, name=f"No. {n}")).rpartition("/")[2] for n in range(3)]
    first = (await office.get("finance", "merchants", limit=2)).json()
    rest = (await office.get("finance", "merchants", cursor=first["next_cursor"])).json()
    items = first["items"] + rest["items"]
    assert [item["merchant_id"] for item in items] == made[::-1]
    assert [item["name"] for item in items] == ["No. 2", "No. 1", "No. 0"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"merchant_class": "huge"}, "/merchant_class"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 81}, "/name"),
        ({"category": "x" * 41}, "/category"),
        ({"area": "a\x00b"}, "/area"),
        ({"area": 5}, "/area"),
        ({"fee": 1}, ""),
    ],
)
async def test_a_malformed_merchant_is_refused(office: Office, change, pointer):
    answer = await office.put("finance", f"merchants/{new_id()}", SHOKUDO | change)
    told = is_problem(answer, 422, "malformed-request")
    assert told["errors"][0]["pointer"] == pointer


async def test_an_old_id_is_malformed(office: Office):
    answer = await office.put("finance", f"merchants/{uuid4()}", SHOKUDO)
    is_problem(answer, 422, "malformed-id")


async def test_a_store_under_a_taken_id_stays_refused(office: Office, town: Town):
    merchant = await opened(office)
    taken = (await town.open_store()).store_id
    answer = await office.put("finance", f"{merchant}/stores/{taken}", {"name": "下北沢店"})
    is_problem(answer, 409, "id-in-use")


async def test_merchants_are_for_finance(office: Office):
    merchant = f"merchants/{new_id()}"
    await office.allows(merchant, ["finance"], {})
    await office.allows(merchant, ["finance"], None)
    await office.allows("merchants", ["finance"], None)
    await office.allows(f"{merchant}/stores", ["finance"], None)
    await office.allows(f"{merchant}/stores/{new_id()}", ["finance"], {})
    await office.allows(f"{merchant}/stores/{new_id()}", ["finance"], None)
