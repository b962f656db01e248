"""The wallet of a shop over HTTP: from what is due to a payment in another shop, and back."""

from uuid import UUID

import httpx
import pytest

from tests.api.admin_office import Office
from tests.api.phone import qr_of
from tests.api.probe import is_problem
from tests.api.shop import put_refund, staff
from tests.payments.shops import ON, open_shop
from tests.town_builder import Store, Town, new_id


@pytest.fixture
async def baker(town: Town) -> Store:
    """A shop that has sold, in a region in which shops pay shops."""
    await town.change_settings(recirculation=ON, settlement={"fees": {"small_bp": 150}})
    wallet, store = await town.open_wallet(), await town.open_store("small")
    await town.top_up(wallet, 20_000)
    await town.pay(wallet, store, 10_000)
    return store


async def opened(client: httpx.AsyncClient, headers: dict[str, str]) -> UUID:
    """The id of a new wallet of the merchant."""
    wallet_id = new_id()
    answer = await client.put(f"/v1/merchant/wallets/{wallet_id}", headers=headers, json={})
    assert answer.status_code == 201, answer.text
    return wallet_id


async def test_a_shop_converts_pays_another_shop_and_sees_all_of_it(
    app_client: httpx.AsyncClient, token, town: Town, baker: Store
):
    miller, own = await town.open_store(), staff(token, baker)
    is_problem(await app_client.get("/v1/merchant/wallet", headers=own), 404, "shop-wallet-unknown")
    wallet_id = str(await opened(app_client, own))
    seen = (await app_client.get("/v1/merchant/wallet", headers=own)).json()
    assert (seen["coin_yen"], seen["convertible_yen"], seen["rules"]["is_on"]) == (0, 9_835, True)
    path = f"/v1/merchant/conversions/{new_id()}"
    body = {"wallet_id": wallet_id, "amount_yen": 4_000}
    made = await app_client.put(path, headers=own, json=body)
    assert (made.status_code, made.json()["amount_yen"]) == (201, 4_000)
    again = await app_client.put(path, headers=own, json=body)
    assert (again.json(), again.headers["idempotent-replay"]) == (made.json(), "true")
    assert (await app_client.get(path, headers=own)).json() == made.json()
    pay = f"/v1/merchant/payments/{new_id()}"
    body = {"wallet_id": wallet_id, "qr": qr_of(miller), "amount_yen": 3_000}
    paid = (await app_client.put(pay, headers=own, json=body)).json()
    assert (paid["store_name"], paid["outcome"]["code"]) == ("Hinode-ya", "paid-by-a-shop")
    theirs = staff(token, miller)
    sales = f"/v1/stores/{miller.store_id}/payments"
    [sale] = (await app_client.get(sales, headers=theirs)).json()["items"]
    assert (sale["payment_id"], sale["coin_yen"], sale["cashbacks"]) == (
        paid["payment_id"], 3_000, [],
    )  # fmt: skip
    back = await put_refund(app_client, theirs, UUID(paid["payment_id"]), amount_yen=1_000)
    assert back.status_code == 201
    detail = (await app_client.get(pay, headers=own)).json()
    assert (detail["state"], detail["refunded_yen"]) == ("partly_refunded", 1_000)
    entries = (await app_client.get("/v1/merchant/wallet/entries", headers=own)).json()["items"]
    assert [(each["kind"], each["coin_change_yen"]) for each in entries] == [
        ("refund", 1_000), ("payment", -3_000), ("conversion", 4_000), ("shop_wallet.opened", 0),
    ]  # fmt: skip
    seen = (await app_client.get("/v1/merchant/wallet", headers=own)).json()
    assert (seen["coin_yen"], seen["convertible_yen"]) == (2_000, 5_835)
    day = await town.today()
    file = f"/v1/merchant/wallet/statement.csv?from={day}&to={day}"
    lines = (await app_client.get(file, headers=own)).text.splitlines()
    assert [line.split(",")[1:5] for line in lines[1:]] == [
        ["ウォレット開設", "", "0", "0"], ["コインへの転換", "", "4000", "4000"],
        ["支払い", "Hinode-ya", "3000", "-3000"], ["返金", "Hinode-ya", "1000", "1000"],
    ]  # fmt: skip
    shown = (await app_client.get(f"{pay}/countersign", headers=own)).json()
    till = f"{sales}/{paid['payment_id']}/countersign"
    theirs_shown = (await app_client.get(till, headers=theirs)).json()
    assert theirs_shown["now"] in (shown["now"], shown["next"])


async def test_only_who_works_for_the_whole_merchant_spends_and_only_its_own(
    app_client: httpx.AsyncClient, token, town: Town, baker: Store
):
    shop, other = await open_shop(town, baker), await open_shop(town)
    path = f"/v1/merchant/conversions/{new_id()}"
    body = {"wallet_id": str(shop.wallet_id), "amount_yen": 100}

    async def refused(role: str, status: int, slug: str, **claims) -> None:
        headers = staff(token, baker, role, **claims)
        is_problem(await app_client.put(path, headers=headers, json=body), status, slug)

    for role in ("clerk", "accountant", "terminal"):
        await refused(role, 403, "role-missing")
    await refused("owner", 403, "scope-missing", scope="sales:read refund staff")
    await refused("manager", 404, "shop-wallet-unknown", stores=[str(baker.store_id)])
    body["wallet_id"] = str(other.wallet_id)
    await refused("owner", 404, "shop-wallet-unknown")
    stranger = staff(token, other.store)
    body["wallet_id"] = str(shop.wallet_id)
    answer = await app_client.put(path, headers=stranger, json=body)
    is_problem(answer, 404, "shop-wallet-unknown")
    body = {"wallet_id": str(shop.wallet_id), "qr": qr_of(baker), "amount_yen": 1}
    pay = f"/v1/merchant/payments/{new_id()}"
    is_problem(await app_client.put(pay, headers=stranger, json=body), 404, "shop-wallet-unknown")
    is_problem(await app_client.put(pay, headers=staff(token, baker), json=body), 409, "own-shop")
    is_problem(await app_client.get(pay, headers=stranger), 404, "payment-unknown")
    is_problem(await app_client.get(pay, headers=staff(token, baker)), 409, "own-shop")


async def test_finance_puts_back_what_a_shop_that_leaves_has_left(
    app_client: httpx.AsyncClient, token, town: Town, baker: Store
):
    office, shop = Office(app_client, token), await open_shop(town, baker)
    body = {"wallet_id": str(shop.wallet_id), "amount_yen": 4_000}
    path = f"/v1/merchant/conversions/{new_id()}"
    await app_client.put(path, headers=staff(token, baker), json=body)
    seen = await office.get("finance", f"merchants/{baker.merchant_id}/wallet")
    assert seen.json()["coin_yen"] == 4_000
    is_problem(
        await office.get("finance", f"merchants/{new_id()}/wallet"), 404, "shop-wallet-unknown"
    )
    wish = {"wallet_id": str(shop.wallet_id), "reason": "the shop leaves"}
    back = f"conversion-returns/{new_id()}"
    is_problem(await office.put("finance", back, wish), 409, "coin-still-pays")
    leaving = {"state": "leaving", "reason": "it moves away"}
    changing = f"merchants/{baker.merchant_id}/state-changes/{new_id()}"
    await office.put("finance", changing, leaving)
    back = f"conversion-returns/{new_id()}"
    told = await office.put("finance", back, wish)
    assert (told.status_code, told.json()["amount_yen"]) == (201, 4_000)
    assert (await office.get("finance", back)).json() == told.json()
    assert await town.balances(baker.merchant_id) == {"payable": 10_000}
