"""What a store tells of itself: who writes it down, and what is refused."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.api.probe import is_problem
from tests.api.shop import Token, staff
from tests.town_builder import Store, Town, new_id

HOURS = {"weekly": [[{"opens": "11:00", "closes": "14:00"}]] * 6 + [[]], "holidays": []}
TOLD: dict[str, Any] = {
    "postal_code": "1540017",
    "address": "東京都世田谷区世田谷4-21-27",
    "area": "setagaya",
    "district": "kitazawa",
    "latitude_e6": 35_646_572,
    "longitude_e6": 139_653_247,
    "website": "https://shop.example/menu?day=1",
    "telephone": "03-5432-1111",
    "about_ja": "手打ちそばの店です。",
    "about_en": "Hand-made soba.",
    "hours": HOURS,
    "tags": ["soba", "テラス席"],
}


def path_of(store: Store) -> str:
    return f"/v1/stores/{store.store_id}/details"


async def test_an_owner_a_manager_and_finance_write_it_down(
    app_client: httpx.AsyncClient, town: Town, token: Token, store: Store
):
    owner, own = staff(token, store), path_of(store)
    nothing = (await app_client.get(own, headers=owner)).json()
    assert nothing == dict.fromkeys(TOLD) | {"store_id": str(store.store_id), "tags": []}
    changed = await app_client.post(own, json=TOLD, headers=owner)
    assert changed.status_code == 200, changed.text
    assert changed.json() == (await app_client.get(own, headers=owner)).json()
    assert changed.json()["hours"] == HOURS | {"exceptions": []}
    here = staff(token, store, "manager", stores=[str(store.store_id)])
    again = await app_client.post(own, json={"tags": ["udon"]}, headers=here)
    assert (again.json()["tags"], again.json()["address"]) == (["udon"], None), "it is the whole"
    finance = {"Authorization": f"Bearer {token('admin', role='finance')}"}
    of_finance = f"/v1/admin/merchants/{store.merchant_id}/stores/{store.store_id}/details"
    assert (await app_client.post(of_finance, json=TOLD, headers=finance)).status_code == 200
    assert (await app_client.get(of_finance, headers=finance)).json() == changed.json()
    acts = text("SELECT role FROM access.act WHERE act = 'store.described' ORDER BY at")
    async with town.database.snapshot(town.region.region_id) as db:
        assert (await db.scalars(acts)).all() == ["owner", "manager", "finance"]


async def test_nobody_else_does(app_client: httpx.AsyncClient, town: Town, token: Token):
    store, other = await town.open_store(), await town.open_store()
    elsewhere = staff(token, store, "manager", stores=[str(new_id())])
    for headers in (staff(token, other), elsewhere):
        answer = await app_client.post(path_of(store), json=TOLD, headers=headers)
        is_problem(answer, 404, "store-unknown")
        is_problem(await app_client.get(path_of(store), headers=headers), 404, "store-unknown")
    for role in ("clerk", "terminal", "accountant"):
        answer = await app_client.post(path_of(store), json=TOLD, headers=staff(token, store, role))
        assert answer.status_code == 403, role
    desk = {"Authorization": f"Bearer {token('admin', role='desk')}"}
    finance = {"Authorization": f"Bearer {token('admin', role='finance')}"}
    crossed = f"/v1/admin/merchants/{other.merchant_id}/stores/{store.store_id}/details"
    assert (await app_client.post(crossed, json=TOLD, headers=desk)).status_code == 403
    is_problem(await app_client.post(crossed, json=TOLD, headers=finance), 404, "store-unknown")
    is_problem(await app_client.get(crossed, headers=finance), 404, "store-unknown")


async def test_a_postal_code_may_have_its_hyphen(
    app_client: httpx.AsyncClient, token: Token, store: Store
):
    said = TOLD | {"postal_code": "154-0017"}
    answer = await app_client.post(path_of(store), json=said, headers=staff(token, store))
    assert answer.json()["postal_code"] == "1540017", answer.text


@pytest.mark.parametrize(
    "said",
    [
        {"postal_code": "1540-017"},
        {"latitude_e6": 35_646_572},
        {"latitude_e6": 90_000_001, "longitude_e6": 0},
        {"latitude_e6": 0, "longitude_e6": -180_000_001},
        {"latitude_e6": 35.5, "longitude_e6": 139},
        {"website": "javascript:alert(1)"},
        {"website": 'https://shop.example/"><script>'},
        {"telephone": "call me"},
        {"about_ja": "a\u0000b"},
        {"about_en": "x" * 201},
        {"tags": ["soba", "soba"]},
        {"tags": [str(each) for each in range(11)]},
        {"tags": [""]},
        {"hours": {"weekly": []}},
        {"owner": "me"},
    ],
)
async def test_what_is_malformed_is_refused(
    app_client: httpx.AsyncClient, token: Token, store: Store, said: dict[str, Any]
):
    answer = await app_client.post(path_of(store), json=said, headers=staff(token, store))
    assert answer.status_code == 422, answer.text
