"""Finance and auditors read the books, now and at the end of past days."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.town_builder import Town

BASE_DATE = datetime(2027, 3, 31, 3, 0, tzinfo=UTC)


@pytest.fixture
async def march(town: Town) -> Town:
    """The base date of 2027, before the app starts and reads the clock."""
    await town.set_clock(BASE_DATE)
    return town


@pytest.fixture
def office(march: Town, app_client, token) -> Office:
    return Office(app_client, token)


async def spend_a_day(town: Town) -> None:
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 10_000)
    await town.pay(wallet, store, 4_000)
    await town.pay(wallet, store, 1_000)


async def test_the_trial_balance_is_zero(office: Office, march: Town):
    await march.live_campaign(budget_yen=100_000, rebate_bp=3000, cashback_bp=500)
    await spend_a_day(march)
    told = (await office.get("auditor", "trial-balance")).json()
    assert told["difference_yen"] == 0
    assert told["debit_yen"] == told["credit_yen"] > 0
    lines = {line["kind"]: line for line in told["items"]}
    assert lines["coin"] == {
        "kind": "coin",
        "account_class": "liability",
        "value": "paid",
        "debit_yen": 4_000,
        "credit_yen": 10_000,
        "balance_yen": 6_000,
    }
    assert lines["points"]["balance_yen"] == 200
    assert lines["points"]["value"] == "free"
    assert lines["provider_receivable"]["balance_yen"] == 10_000
    assert lines["budget"]["balance_yen"] == 100_000 - 1_200 - 200
    assert lines["payable"]["balance_yen"] == 5_000
    assert lines["cashback"]["balance_yen"] == 200
    assert lines["expired_coin"]["balance_yen"] == 0
    assert told["seq"] == (await march.rows("SELECT max(seq) AS seq FROM ledger.entry"))[0].seq


async def test_a_past_day_keeps_its_books(office: Office, march: Town):
    await spend_a_day(march)
    now = (await office.get("finance", "trial-balance")).json()
    await march.set_clock(BASE_DATE + timedelta(days=1))
    await spend_a_day(march)
    then = (await office.get("finance", "trial-balance", date="2027-03-31")).json()
    assert then["items"] == now["items"]
    assert then["seq"] == now["seq"]
    before = (await office.get("finance", "trial-balance", date="2027-03-30")).json()
    assert (before["debit_yen"], before["credit_yen"]) == (0, 0)


async def test_unused_value_is_told_apart(office: Office, march: Town):
    await march.live_campaign(rebate_bp=3000)
    await spend_a_day(march)
    told = (await office.get("finance", "unused-balance", date="2027-03-31")).json()
    assert (told["date"], told["is_base_date"]) == ("2027-03-31", True)
    assert told["paid"] == {
        "issued_yen": 10_000,
        "redeemed_yen": 4_000,
        "expired_yen": 0,
        "refunded_yen": 0,
        "unused_yen": 6_000,
    }
    assert told["free"]["unused_yen"] == 200
    earlier = (await office.get("finance", "unused-balance", date="2027-03-30")).json()
    assert (earlier["is_base_date"], earlier["paid"]["issued_yen"]) == (False, 0)


@pytest.mark.parametrize("path", ["trial-balance", "unused-balance"])
async def test_a_day_that_lies_ahead_has_no_books(office: Office, path: str):
    told = is_problem(await office.get("finance", path, date="2027-04-01"), 422, "day-ahead")
    assert told["today"] == "2027-03-31"


@pytest.mark.parametrize("day", ["2027-02-29", "20270331", "0", "1999-12-31", "2027-03-31T00:00Z"])
async def test_a_malformed_day_is_refused(office: Office, day: str):
    answer = await office.get("finance", "trial-balance", date=day)
    told = is_problem(answer, 422, "malformed-request")
    assert told["errors"][0]["pointer"] == "query:date"


async def test_another_regions_books_are_not_seen(office: Office, march: Town, second_town: Town):
    await spend_a_day(second_town)
    told = (await office.get("auditor", "trial-balance")).json()
    assert told["debit_yen"] == 0


async def test_the_books_are_for_finance_and_auditors(office: Office):
    await office.allows("trial-balance", ["finance", "auditor"], None)
    await office.allows("unused-balance", ["finance", "auditor"], None)
