"""Finance sees what was owed to merchants at the end of any day, one by one and in all."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from api.words_in_sheets import CLASSES, MERCHANT_STATES
from merchants.tables import merchant
from payments.pay_out import PayOut
from payments.run_settlement import close_what_is_over
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id

MIDNIGHT = datetime(2027, 1, 15, 15, 0, tzinfo=UTC)
"""The end of 15 January in Tokyo, and of the first period."""
PATH = "owed-to-merchants"
COLUMNS = ("payable_yen", "cashback_yen", "payout_yen", "owes_yen", "owed_yen")


@pytest.fixture
async def stores(town: Town) -> list[Store]:
    """Three shops over two days; the fourth has never sold anything.

    Before midnight the first sells 10,000 with 5 % cashback, the second 4,000, the third 3,000.
    After it a period is closed. Then the second is paid out, and has to give back 2,500 and 125 of
    cashback; the third sells 700 more.
    """
    await town.set_clock(MIDNIGHT - timedelta(minutes=10))
    await town.live_campaign(rebate_bp=0, cashback_bp=500)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 50_000)
    stores = [await town.open_store("small") for _ in range(4)]
    paid = [
        await town.pay(wallet, store, yen)
        for store, yen in zip(stores, (10_000, 4_000, 3_000), strict=False)
    ]
    await town.set_clock(MIDNIGHT + timedelta(minutes=6))
    await close_what_is_over(town.database, town.region, await town.today(), lambda: None)
    [second] = await town.rows(
        "SELECT settlement_id FROM merchants.settlement WHERE merchant_id = :merchant",
        merchant=stores[1].merchant_id,
    )
    paying = PayOut(entry_id=new_id(), actor=ADMIN, settlement_id=second.settlement_id)
    (await town.submit(paying)).accepted()
    await town.refund(paid[1].entry_id, stores[1], 2_500)
    await town.pay(wallet, stores[2], 700)
    return stores


@pytest.fixture
def office(stores: list[Store], app_client, token) -> Office:
    """Begins when all that has happened, so that it reads the clock of then."""
    return Office(app_client, token)


def told_of(answer: dict[str, Any]) -> list[tuple[str, list[int]]]:
    return [(item["merchant_id"], [item[name] for name in COLUMNS]) for item in answer["items"]]


async def test_what_was_owed_is_told_of_any_past_day(
    office: Office, town: Town, stores: list[Store]
):
    first, second, third, _ = (str(store.merchant_id) for store in stores)
    before = (await office.get("finance", PATH, date="2027-01-15")).json()
    assert told_of(before) == [
        (first, [10_000, 500, 0, 0, 10_500]),
        (second, [4_000, 200, 0, 0, 4_200]),
        (third, [3_000, 150, 0, 0, 3_150]),
    ]
    assert before["total"] == {
        "merchants": 3, "payable_yen": 17_000, "cashback_yen": 850, "payout_yen": 0,
        "owes_yen": 0, "owed_yen": 17_850,
    }  # fmt: skip
    now = (await office.get("auditor", PATH)).json()
    assert told_of(now) == [
        (first, [0, 0, 10_500, 0, 10_500]),
        (third, [700, 35, 3_150, 0, 3_885]),
        (second, [0, 0, 0, 2_625, -2_625]),
    ]
    assert (now["date"], before["date"]) == ("2027-01-16", "2027-01-15")
    for told in (before, now):
        books = await office.get("finance", "trial-balance", date=told["date"])
        lines = {line["kind"]: line["balance_yen"] for line in books.json()["items"]}
        kinds = ("payable", "cashback", "payout", "merchant_receivable")
        assert [lines[kind] for kind in kinds] == [told["total"][name] for name in COLUMNS[:4]]
        assert books.json()["seq"] == told["seq"]


async def test_what_was_owed_is_sorted_filtered_and_read_page_by_page(
    office: Office, town: Town, stores: list[Store]
):
    first, second, third, _ = (str(store.merchant_id) for store in stores)
    orders = {
        "most_owed": [first, third, second],
        "least_owed": [second, third, first],
        "newest": [third, second, first],
    }
    for sort, order in orders.items():
        first_page = (await office.get("finance", PATH, sort=sort, limit=1)).json()
        pages = [first_page]
        while pages[-1]["next_cursor"] is not None:
            await town.pay(await _payer(town), stores[0], 1)
            query = {"sort": sort, "limit": 1, "cursor": pages[-1]["next_cursor"]}
            pages.append((await office.get("finance", PATH, **query)).json())
        assert [page["items"][0]["merchant_id"] for page in pages] == order
        for page in pages:
            assert (page["total"], page["seq"]) == (first_page["total"], first_page["seq"])
    taken = (await office.get("finance", PATH, limit=1)).json()["next_cursor"]
    other_day = {"cursor": taken, "date": "2027-01-15"}
    is_problem(await office.get("finance", PATH, **other_day), 422, "malformed-cursor")
    is_problem(
        await office.get("finance", PATH, cursor=taken, sort="newest"), 422, "malformed-cursor"
    )
    for narrowed, expected in (
        ({"balance": "owes"}, [second]),
        ({"balance": "due", "text": "ＨＩＮＯＤＥ"}, [first, third]),
        ({"merchant_class": "large"}, []),
        ({"state": "open", "area": "north", "category": "food"}, [first, third, second]),
        ({"state": "closed"}, []),
    ):
        page = (await office.get("finance", PATH, **narrowed)).json()
        assert [item["merchant_id"] for item in page["items"]] == expected, narrowed
        assert page["total"]["owed_yen"] == sum(item["owed_yen"] for item in page["items"])


async def _payer(town: Town) -> Wallet:
    wallet = await town.open_wallet()
    await town.top_up(wallet, 100)
    return wallet


async def test_a_spreadsheet_has_all_of_them_and_the_whole(
    office: Office, town: Town, stores: list[Store]
):
    await _rename(town, stores[1], "=HYPERLINK(1)")
    answer = await office.get("finance", PATH + ".csv", date="2027-01-15")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    head, *lines, total = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (len(head), [len(line) for line in lines]) == (12, [12, 12, 12])
    assert [line[2] for line in lines] == ["Hinode", "'=HYPERLINK(1)", "Hinode"]
    assert {(line[3], line[6]) for line in lines} <= {
        (shop_class, state) for shop_class in CLASSES.values() for state in MERCHANT_STATES.values()
    }
    assert total == ["2027-01-15", "", "合計", "", "", "", "", "17000", "850", "0", "0", "17850"]
    assert "owed-to-merchants-2027-01-15.csv" in answer.headers["content-disposition"]


async def _rename(town: Town, store: Store, name: str) -> None:
    async with town.database.transaction(town.region.region_id) as session:
        await session.execute(
            update(merchant).where(merchant.c.merchant_id == store.merchant_id).values(name=name)
        )


async def test_days_without_books_are_refused_and_other_roles_too(office: Office):
    for path in (PATH, PATH + ".csv"):
        is_problem(await office.get("finance", path, date="2027-01-17"), 422, "day-ahead")
        is_problem(await office.get("finance", path, date="2020-01-01"), 422, "day-before-region")
        await office.allows(path, ["finance", "approver", "auditor"], None)
