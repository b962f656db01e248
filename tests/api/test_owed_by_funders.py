"""Finance sees what each funder owed at the end of any day, for each campaign and in all."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.return_budget import ReturnBudget
from merchants.line_match import LineMatch
from tests import benefits_builder
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.payments.expiring import expire_all
from tests.payments.receipts import Bank
from tests.payments.test_money_of_campaigns import fund
from tests.town_builder import ADMIN, Town, new_id

EVENING = datetime(2027, 1, 15, 14, 50, tzinfo=UTC)
"""In Tokyo 23:50."""
PATH = "owed-by-funders"
COLUMNS = (
    *("promised_yen", "returned_yen", "paid_yen", "owed_yen", "spent_yen", "expired_yen"),
    "net_yen",
)
SHARES = [{"name": "市", "share_bp": 6_667}, {"name": "=商店街", "share_bp": 3_333}]


@pytest.fixture
async def funded(town: Town) -> dict[str, UUID]:
    """A campaign of two funders with shares, one of the state, and a benefit of the city.

    On 15 January the first grants 300 points for 1,000 yen. On the 16th bank lines bring money, the
    second campaign ends after 500 points and gives back what is left, and in March all points are
    over but for those that were spent.
    """
    await town.set_clock(EVENING)
    wallet, store, other = (
        await town.open_wallet(),
        await town.open_store(),
        await town.open_store(),
    )
    await town.top_up(wallet, 10_000)
    puts = [("市", 6_000), ("=商店街", 3_000)]
    first = await _live(town, "秋の還元", store.merchant_id, 3_000, puts, funders=SHARES)
    second = await _live(town, "ＷＩＮＴＥＲ", other.merchant_id, 5_000, [("国", 2_000)])
    await town.pay(wallet, store, 1_000, is_coin_only=True)
    await town.set_clock(EVENING + timedelta(minutes=20))
    benefit = await benefits_builder.offered(
        town, funded_yen=900, needed_yen=900, lines=3, amount_points=300
    )
    bank = Bank(town)
    await bank.bring(4_000, 1_000, 2_000)
    fundings = await town.rows(
        "SELECT entry_id FROM ledger.entry WHERE kind = 'campaign.funded' ORDER BY seq"
    )
    for place in range(3):
        made = await bank.match(place, "funding", UUID(int=fundings[place].entry_id.int))
        assert isinstance(made, LineMatch), made
    await town.pay(wallet, other, 1_000, is_coin_only=True)
    await town.pay(wallet, store, 200)  # with points of the first, which are over sooner
    await town.change_campaign(second, "ended")
    back = ReturnBudget(entry_id=new_id(), actor=ADMIN, campaign_id=second, reason="over")
    (await town.submit(back)).accepted()
    await town.set_clock(EVENING + timedelta(days=50, hours=-12))
    await expire_all(town)
    return {"first": first, "second": second, "benefit": benefit.benefit_id}


async def _live(
    town: Town, name: str, merchant_id: UUID, rebate_bp: int, puts: list[tuple[str, int]],
    **form: Any,
) -> UUID:  # fmt: skip
    campaign_id = await town.draft_campaign(
        name=name, rebate_bp=rebate_bp, cashback_bp=0, points_expire_months=1,
        where={"only_merchants": [str(merchant_id)]}, **form,
    )  # fmt: skip
    await town.change_campaign(campaign_id, "approved")
    for funder, yen in puts:
        (await fund(town, campaign_id, funder, yen)).accepted()
    await town.change_campaign(campaign_id, "live")
    return campaign_id


def told_of(answer: dict[str, Any]) -> dict[tuple[str, str | None], list[int]]:
    return {
        (item["funder"], item["name"]): [item[name] for name in COLUMNS] for item in answer["items"]
    }


@pytest.fixture
def office(funded: dict[str, UUID], app_client, token) -> Office:
    """Begins when all that has happened, so that it reads the clock of then."""
    return Office(app_client, token)


async def test_what_funders_owed_is_told_of_any_past_day_and_in_all_agrees_with_the_books(
    office: Office, funded: dict[str, UUID]
):
    # 300 points at 66.67 % and 33.33 %: 200.01 and 99.99.
    before = (await office.get("finance", PATH, date="2027-01-15")).json()
    assert told_of(before) == {
        ("市", "秋の還元"): [6_000, 0, 0, 6_000, 200, 0, 6_000],
        ("=商店街", "秋の還元"): [3_000, 0, 0, 3_000, 100, 0, 3_000],
        ("国", "ＷＩＮＴＥＲ"): [2_000, 0, 0, 2_000, 0, 0, 2_000],
    }
    # Of the first's points 200 were spent: 100 are over, 66.67 and 33.33 of them. The second gave
    # 500 and had 1,500 left; all that was promised for it had come.
    now = (await office.get("auditor", PATH)).json()
    assert told_of(now) == {
        ("市", "秋の還元"): [6_000, 0, 4_000, 2_000, 200, 67, 1_933],
        ("=商店街", "秋の還元"): [3_000, 0, 1_000, 2_000, 100, 33, 1_967],
        ("city", "物価高騰対策給付"): [900, 0, 0, 900, 0, 0, 900],
        ("国", "ＷＩＮＴＥＲ"): [2_000, 1_500, 2_000, -1_500, 500, 500, -2_000],
    }
    assert list(told_of(now)) == [
        ("=商店街", "秋の還元"), ("市", "秋の還元"), ("city", "物価高騰対策給付"),
        ("国", "ＷＩＮＴＥＲ"),
    ]  # fmt: skip
    assert (before["date"], now["date"]) == ("2027-01-15", "2027-03-06")
    for told in (before, now):
        books = (await office.get("finance", "trial-balance", date=told["date"])).json()
        lines = {line["kind"]: line["balance_yen"] for line in books["items"]}
        total = told["total"]
        assert lines["funder_receivable"] == total["promised_yen"] - total["returned_yen"]
        assert lines["funder_paid"] == total["paid_yen"]
        assert lines["funder_payable"] == total["expired_yen"]
        assert books["seq"] == told["seq"]
    first = str(funded["first"])
    for narrowed, owing in (
        ({"funder": "市"}, [1_933]),
        ({"funded": "benefit", "state": "offered"}, [900]),
        ({"funded_id": first, "sort": "least_owed"}, [1_933, 1_967]),
        ({"state": "ended"}, [-2_000]),
        ({"text": "winter"}, [-2_000]),
        ({"balance": "is_due"}, [-2_000]),
        ({"balance": "owes", "funded": "campaign"}, [1_967, 1_933]),
        ({"lines": "funder", "text": "秋"}, [1_967, 1_933]),
        ({"funder": "nobody"}, []),
    ):
        page = (await office.get("finance", PATH, **narrowed)).json()
        assert [item["net_yen"] for item in page["items"]] == owing, narrowed
        assert page["total"]["net_yen"] == sum(owing)
    pages = [(await office.get("finance", PATH, lines="funder", limit=1)).json()]
    while (cursor := pages[-1]["next_cursor"]) is not None:
        query = {"lines": "funder", "limit": 1, "cursor": cursor}
        pages.append((await office.get("finance", PATH, **query)).json())
    one_by_one = [page["items"][0] for page in pages]
    assert [item["funder"] for item in one_by_one] == ["=商店街", "市", "city", "国"]
    assert {item["funded_id"] for item in one_by_one} == {None}
    is_problem(
        await office.get("finance", PATH, cursor=pages[0]["next_cursor"]), 422, "malformed-cursor"
    )


async def test_a_spreadsheet_has_every_part_and_the_whole(office: Office):
    answer = await office.get("approver", PATH + ".csv", date="2027-01-15")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    head, *lines, total = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (len(head), {len(line) for line in lines}) == (14, {14})
    assert [line[1:4] + line[5:7] for line in lines] == [
        ["市", "1", "キャンペーン", "秋の還元", "実施中"],
        ["'=商店街", "1", "キャンペーン", "秋の還元", "実施中"],
        ["国", "1", "キャンペーン", "ＷＩＮＴＥＲ", "終了"],
    ]
    assert total == [
        "2027-01-15", "合計", "3", "", "", "", "", "11000", "0", "0", "11000", "300", "0", "11000",
    ]  # fmt: skip
    assert "owed-by-funders-2027-01-15.csv" in answer.headers["content-disposition"]
    for path in (PATH, PATH + ".csv"):
        is_problem(await office.get("finance", path, date="2027-03-07"), 422, "day-ahead")
        is_problem(await office.get("finance", path, date="2020-01-01"), 422, "day-before-region")
        await office.allows(path, ["finance", "approver", "auditor"], None)
