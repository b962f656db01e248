"""Wallets, quotes, payments and statements say which points pay where."""

import csv
import io
from typing import Any

import httpx

from campaigns import shop_groups
from tests.api.phone import Token, phone_of
from tests.api.probe import is_problem
from tests.closing import store_of_street
from tests.town_builder import Town, new_id

EVERYWHERE = dict.fromkeys(
    ("classes", "categories", "areas", "streets", "only_merchants", "except_merchants")
)
STREET: dict[str, Any] = {**EVERYWHERE, "streets": ["ichibangai"]}


async def test_a_resident_sees_where_points_pay(
    app_client: httpx.AsyncClient, token: Token, town: Town
):
    await town.live_campaign(
        usable_where={"streets": ["ichibangai"]}, cashback_bp=0, per_person_campaign_points=300
    )
    wallet, shop = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 1_500)
    there = await store_of_street(town, "ichibangai")
    phone = phone_of(app_client, token, wallet)
    answer = await phone.pay(shop, 1_000)
    assert answer.status_code == 201, answer.text
    [grant] = answer.json()["grants"]
    assert (grant["rebate_points"], grant["usable_where"]) == (300, STREET)
    assert [part["usable_where"] for part in answer.json()["paid_with"]] == [None]
    shop_groups._REMEMBERED.clear()  # as another process has it, which saw none of this
    coin, points = (await phone.get(f"wallets/{wallet.wallet_id}")).json()["lots"]
    assert (coin["kind"], coin["usable_where"]) == ("coin", None)
    assert (points["amount"], points["usable_where"]) == (300, STREET)
    [listed] = (await phone.get("wallets")).json()["items"]
    assert [lot["usable_where"] for lot in listed["lots"]] == [None, STREET]
    quote = (await phone.quote(there, 350)).json()
    assert [(part["amount"], part["usable_where"]) for part in quote["paid_with"]] == [
        (300, STREET),
        (50, None),
    ]
    refused = is_problem(await phone.pay(shop, 501), 409, "insufficient-funds")
    assert refused["usable_yen"] == 500
    payment_id = new_id()
    await phone.pay(there, 350, payment_id)
    await town.refund(payment_id, there, 349)
    shop_groups._REMEMBERED.clear()
    detail = (await phone.get(f"payments/{payment_id}")).json()
    [refund] = detail["refunds"]
    assert [part["usable_where"] for part in refund["returned"]] == [STREET, None]
    history = (await phone.get(f"wallets/{wallet.wallet_id}/entries", kind="payment")).json()
    assert [item["tied_points_granted"] for item in history["items"]] == [0, 300]
    today = (await town.today()).isoformat()
    path = f"wallets/{wallet.wallet_id}/statement.csv"
    statement = await phone.get(path, from_=today, to=today)
    rows = list(csv.DictReader(io.StringIO(statement.text.removeprefix("\ufeff"))))
    paid = [row["うち利用店舗限定ポイント付与"] for row in rows if row["種別"] == "支払い"]
    assert paid == ["300", "0"]
