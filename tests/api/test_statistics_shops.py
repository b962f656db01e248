"""Shops in numbers: from public facts; what they pay each other is told where enough of them do."""

import csv
import io
from datetime import timedelta

import pytest

from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.closing import turn_merchant
from tests.insights.evidence_town import open_shops
from tests.insights.statistics_builder import WEEK, go_to, hold_plan, release_week
from tests.payments.shops import ON, buy, convert, open_shop, sold
from tests.town_builder import Town

MAY = ("campaigns", "city", "approver", "finance", "auditor")


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def test_shops_are_counted_by_what_the_public_sees(office: Office, town: Town):
    for path in ("shops", "shops.csv", "circulation"):
        await office.allows(f"statistics/{path}", MAY, None)
    is_problem(await office.get("city", "statistics/shops"), 409, "statistics-plan-missing")
    await open_shops(town)
    await hold_plan(town)
    gone, suspended = await town.open_store("large"), await town.open_store("large")
    await turn_merchant(town, gone.merchant_id, "closed")
    await turn_merchant(town, suspended.merchant_id, "suspended")
    told = (await office.get("city", "statistics/shops")).json()
    counts = {line["key"]: (line["merchants"], line["stores"]) for line in told["lines"]}
    assert counts == {"large": (1, 1), "small": (4, 4), "street_member": (4, 4)}
    assert (told["merchants"], told["stores"]) == (9, 9), "a suspension is told to nobody"
    assert len(told["months"]) == 12
    assert (told["months"][-1]["opened"], told["months"][-1]["closed"]) == (10, 1)
    await turn_merchant(town, gone.merchant_id, "open")
    by_area = (await office.get("city", "statistics/shops", by="area", months=1)).json()
    assert {line["name_en"]: line["merchants"] for line in by_area["lines"]} == {
        "North": 6,
        "South": 4,
    }
    assert [month["opened"] for month in by_area["months"]] == [11]
    answer = await office.get("city", "statistics/shops.csv", by="category")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["区分"], row["加盟店数"]) for row in rows] == [("books", "4"), ("food", "6")]


async def test_what_shops_pay_shops_is_told_of_three_and_three(office: Office, town: Town):
    await town.change_settings(recirculation=ON)
    plan = await hold_plan(town)
    first = plan.lists.first_week
    while (first + timedelta(days=6)).month != first.month:
        first += WEEK
    await go_to(town, first)
    shops = [await open_shop(town) for _ in range(3)]
    for shop in shops:
        await convert(town, await sold(town, shop, 10_000), 5_000)
    for one, two in ((0, 1), (1, 2)):
        await buy(town, shops[one], shops[two].store, 1_234)
    over = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    await go_to(town, over)
    [month] = (await office.get("city", "statistics/circulation")).json()["months"]
    assert (month["paid_yen"], month["payers"], month["per_mille_of_spend"]) == (None, None, None)

    await buy(town, shops[2], shops[0].store, 2_000)
    third = (over + timedelta(days=32)).replace(day=1)
    await go_to(town, third)
    told = (await office.get("city", "statistics/circulation")).json()["months"]
    assert [each["paid_yen"] for each in told] == [None, None], "one in each month is not three"

    for one, two in ((0, 1), (1, 2), (2, 0)):
        await buy(town, shops[one], shops[two].store, 700)
    await convert(town, await sold(town, shops[1], 3_000), 2_000)
    weeks = third + timedelta(days=-third.weekday() % 7)
    await go_to(town, (third + timedelta(days=32)).replace(day=1))
    await release_week(town, plan, weeks, ("area_category",), yen=1_000_000)
    *_, newest = (await office.get("auditor", "statistics/circulation")).json()["months"]
    assert (newest["paid_yen"], newest["payers"], newest["payees"]) == (2_000, 3, 3)
    assert newest["converted_yen"] is None, "one shop alone made coin, so the sum would be its own"
    share = newest["per_mille_of_spend"]
    assert share["low"] <= share["value"] <= share["high"]
