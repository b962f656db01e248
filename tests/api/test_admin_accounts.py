"""Finance and auditors look at one account, now and at past moments."""

from datetime import timedelta

import pytest

from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.town_builder import Town


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def coin_account(office: Office, town: Town) -> str:
    """A wallet's lot that got 10,000 and paid 3,000, by the number that postings name."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 10_000)
    paid = await town.pay(wallet, store, 3_000)
    told = (await office.get("auditor", f"journal/{paid.entry_id}")).json()
    return f"accounts/{told['postings'][0]['account_no']}"


async def test_an_account_is_told_now_and_then(office: Office, town: Town):
    path = await coin_account(office, town)
    told = (await office.get("auditor", path)).json()
    assert (told["kind"], told["account_class"], told["value"]) == ("coin", "liability", "paid")
    assert (told["state"], told["version"], told["source_id"]) == ("open", 2, None)
    assert (told["balance_yen"], told["balance_then_yen"]) == (7_000, 7_000)
    assert told["at"].endswith("+09:00")
    [row] = await town.rows("SELECT at FROM ledger.entry WHERE kind = 'payment'")
    for at, yen in ((row.at, 7_000), (row.at - timedelta(microseconds=1), 10_000)):
        then = (await office.get("finance", path, at=at.isoformat())).json()
        assert (then["balance_yen"], then["balance_then_yen"]) == (7_000, yen)
    before = (await office.get("finance", path, at="2020-01-01T00:00:00Z")).json()
    assert (before["at"], before["balance_then_yen"]) == ("2020-01-01T09:00:00+09:00", 0)


async def test_a_moment_that_lies_ahead_has_no_balance(office: Office, town: Town):
    path = await coin_account(office, town)
    later = (await town.now() + timedelta(minutes=1)).isoformat()
    is_problem(await office.get("finance", path, at=later), 422, "moment-ahead")


@pytest.mark.parametrize("number", ["0", "-1", "1.0", "x", str(2**53)])
async def test_what_is_no_number_is_malformed(office: Office, number: str):
    told = is_problem(await office.get("finance", f"accounts/{number}"), 422, "malformed-request")
    assert told["errors"][0]["pointer"] == "path:account_no"


async def test_another_regions_account_is_not_there(office: Office, town: Town, second_town: Town):
    for _ in range(9):
        await second_town.top_up(await second_town.open_wallet(), 500)
    [row] = await second_town.rows("SELECT max(account_no) AS newest FROM ledger.account")
    is_problem(await office.get("finance", f"accounts/{row.newest}"), 404, "account-unknown")


async def test_accounts_are_for_finance_and_auditors(office: Office):
    await office.allows("accounts/1", ["finance", "auditor"], None)
