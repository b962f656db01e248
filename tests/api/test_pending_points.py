"""Points that are credited later: told to the resident at once, with the day, in each place."""

import csv
import io
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.api.phone import Phone
from tests.api.test_late_refunds import arrive, close
from tests.payments.model_campaigns import month_end
from tests.payments.vesting import vest_all
from tests.town_builder import Store, Town

LATER = {"closes": "month_end", "bank_days_after": 5}


async def told(phone: Phone, path: str) -> Any:
    answer = await phone.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_day_is_told_at_once_and_everywhere(phone: Phone, town: Town, store: Store):
    campaign_id = await town.live_campaign(credited=LATER, name="秋のにぎわい")
    [public] = (await told(phone, f"regions/{town.region.code}/campaigns"))["campaigns"]
    assert public["credited"] == LATER
    quoted = (await phone.quote(store, 1_000)).json()
    paid = (await phone.pay(store, 1_000)).json()
    for answer in (quoted, paid):
        assert (answer["rebate_points"], answer["pending_points"]) == (300, 300)
        [grant] = answer["grants"]
        assert grant["credited_on"] > month_end(await town.today(), 0).isoformat()
    [grant] = paid["grants"]
    day = grant["credited_on"]
    words = grant["credited_in_words"]
    assert words["en"] == f"300 points can be used from {day} on."
    year, month, date = map(int, day.split("-"))
    assert words["ja"] == f"300ポイントは{year}年{month}月{date}日から使えます。"
    assert words["ja_easy"] == f"300ポイントは {year}年{month}月{date}日から つかえます。"

    path = f"wallets/{phone.wallet.wallet_id}"
    wallet = await told(phone, path)
    assert (wallet["points"], wallet["pending_points"]) == (0, 300)
    assert {lot["kind"] for lot in wallet["lots"]} == {"coin"}
    assert wallet["pending"] == [
        {
            "points": 300,
            "credited_on": day,
            "campaign_id": str(campaign_id),
            "campaign_name": "秋のにぎわい",
            "usable_where": None,
        }
    ]
    payment, *_ = (await told(phone, f"{path}/entries"))["items"]
    assert (payment["points_change"], payment["pending_points_change"]) == (0, 300)

    await town.refund(UUID(paid["payment_id"]), store, 500)
    [campaign] = (await told(phone, f"payments/{paid['payment_id']}/explanation"))["campaigns"]
    assert campaign["credited_on"] == day
    assert campaign["credited_in_words"]["en"] == f"150 points can be used from {day} on."
    assert (await told(phone, path))["pending_points"] == 150


async def test_the_day_itself_stands_in_the_history_and_in_the_statement(
    phone: Phone, town: Town, store: Store
):
    await town.live_campaign(credited=LATER)
    paid = (await phone.pay(store, 1_000)).json()
    day = datetime.fromisoformat(paid["grants"][0]["credited_on"]).date()
    await town.set_clock(datetime.combine(day, time(3), UTC))
    assert await vest_all(town) == 300
    path = f"wallets/{phone.wallet.wallet_id}"
    wallet = await told(phone, path)
    assert (wallet["points"], wallet["pending_points"], wallet["pending"]) == (300, 0, [])
    vesting, *_ = (await told(phone, f"{path}/entries"))["items"]
    assert (vesting["kind"], vesting["amount_yen"]) == ("vesting", 300)
    assert (vesting["points_change"], vesting["pending_points_change"]) == (300, -300)
    first = (day - timedelta(days=60)).isoformat()
    text = (await phone.get(f"{path}/statement.csv", from_=first, to=day.isoformat())).text
    head, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert head[5:7] == ["ポイント増減", "付与予定ポイント増減"]
    assert [(row[1], row[5], row[6]) for row in rows[2:]] == [
        ("支払い", "0", "300"),
        ("ポイント付与", "300", "-300"),
    ]


async def test_an_account_is_not_closed_while_points_are_pending(
    app_client: httpx.AsyncClient, town: Town, store: Store
):
    await town.live_campaign(credited=LATER)
    hanako, wallet = await arrive(app_client, town)
    await town.pay(wallet, store, 500)
    refused = await close(hanako)
    assert refused.status_code == 409
    said = refused.json()
    assert said["type"].endswith("wallet-not-empty")
    assert (said["coin_yen"], said["points"], said["pending_points"]) == (0, 0, 150)
