"""Finance settles what was spent among the funders, and reads each settlement, also as CSV."""

import csv
import io

import pytest

from tests.api.admin_office import Office, is_refused_for_good
from tests.api.campaign_steps import form, started
from tests.api.probe import is_problem
from tests.town_builder import Town, new_id

SHARES = [{"name": "city", "share_bp": 7_000}, {"name": "=street", "share_bp": 3_000}]
MONTH = {"reason": "end of November"}


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def test_finance_settles_once_and_reads_it_by_pages_and_as_csv(office: Office, town: Town):
    campaign_id = await started(office, town, 10_000, cashback_bp=0, funders=SHARES)
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 20_000)
    lists = f"campaigns/{campaign_id}/funder-settlements"
    told = []
    for yen in (1_000, 2_000, 4_001):
        await town.pay(wallet, store, yen, is_coin_only=True)
        path = f"{lists}/{new_id()}"
        told.append(await office.puts_once("finance", path, MONTH, {"reason": "another"}))
        assert (await office.get("auditor", path)).json() == told[-1]
    assert [settled["spent_yen"] for settled in told] == [300, 900, 2_100]
    assert [settled["since_yen"] for settled in told] == [300, 600, 1_200]
    assert told[-1]["borne_by"] == [
        {
            "funder": "city", "share_bp": 7_000, "put_in_yen": 10_000, "returned_yen": 0,
            "spent_yen": 1_470, "since_yen": 840, "left_yen": 8_530, "owed_yen": 0,
        },
        {
            "funder": "=street", "share_bp": 3_000, "put_in_yen": 0, "returned_yen": 0,
            "spent_yen": 630, "since_yen": 360, "left_yen": 0, "owed_yen": 630,
        },
    ]  # fmt: skip
    first = (await office.get("finance", lists, limit=2)).json()
    rest = (await office.get("finance", lists, cursor=first["next_cursor"])).json()
    assert [*first["items"], *rest["items"]] == told[::-1]
    assert rest["next_cursor"] is None

    answer = await office.get("auditor", f"{lists}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["出資者"] for row in rows] == ["city", "'=street"] * 3
    assert [int(row["負担額(今回)"]) for row in rows] == [840, 360, 420, 180, 210, 90]


async def test_who_may_not_and_what_is_refused(office: Office, town: Town):
    campaign_id = await started(office, town, 10_000, funders=SHARES)
    lists = f"campaigns/{campaign_id}/funder-settlements"
    for path in (lists, f"{lists}.csv", f"{lists}/{new_id()}"):
        await office.allows(path, {"finance", "auditor"}, None)
    await office.allows(f"{lists}/{new_id()}", {"finance"}, MONTH)
    await is_refused_for_good(
        office, "finance", f"{lists}/{new_id()}", MONTH, "campaign-nothing-to-settle"
    )
    funding = {"amount_yen": 1, "funder": "prefecture"}
    path = f"campaigns/{campaign_id}/fundings/{new_id()}"
    await is_refused_for_good(office, "finance", path, funding, "funder-not-named")
    for path in (f"campaigns/{new_id()}/funder-settlements", f"{lists}/{new_id()}"):
        assert (await office.get("finance", path)).status_code == 404
    for body in ({}, {"reason": 1}, MONTH | {"until": "2026-11-30"}):
        answer = await office.put("finance", f"{lists}/{new_id()}", body)
        is_problem(answer, 422, "malformed-request")


async def test_shares_that_do_not_add_up_are_refused_by_their_field(office: Office, town: Town):
    funders = [{"name": "city", "share_bp": 7_000}, {"name": "street", "share_bp": 2_999}]
    body = {"terms": await form(town) | {"funders": funders}}
    answer = await office.put("campaigns", f"campaigns/{new_id()}", body)
    [error] = is_problem(answer, 422, "malformed-request")["errors"]
    assert error["pointer"] == "/terms/funders"
    assert "10000" in error["says"]
