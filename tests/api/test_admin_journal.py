"""Auditors search the journal by ids, and open entries with their postings."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.town_builder import Town


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def ids(office: Office, **query: Any) -> list[str]:
    answer = await office.get("auditor", "journal", **query)
    assert answer.status_code == 200, answer.text
    return [item["entry_id"] for item in answer.json()["items"]]


async def test_the_journal_is_searched(office: Office, town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    topped_up = await town.top_up(wallet, 10_000)
    paid = await town.pay(wallet, store, 3_000)
    refund = await town.refund(paid.entry_id, store, 1_000)
    refused = (await town.submit(town.payment(wallet, store, 99_000))).entry
    today = paid.business_date.isoformat()
    of_wallet = [refused.entry_id, refund.entry_id, paid.entry_id, topped_up.entry_id]
    expected = [str(entry_id) for entry_id in (*of_wallet, wallet.wallet_id)]
    assert await ids(office, holder_id=wallet.wallet_id) == expected
    assert await ids(office, kind="refund") == [str(refund.entry_id)]
    assert await ids(office, refused="true") == [str(refused.entry_id)]
    assert await ids(office, refused="false", kind="payment") == [str(paid.entry_id)]
    assert await ids(office, refers_to=paid.entry_id) == [str(refund.entry_id)]
    assert await ids(office, actor=wallet.actor, kind="payment", max_yen=3_000) == [
        str(paid.entry_id)
    ]
    assert await ids(office, min_yen=99_000) == [str(refused.entry_id)]
    assert len(await ids(office, from_=today, to=today)) == len(await ids(office))
    assert await ids(office, to="2020-01-01") == []
    since = paid.at.astimezone(town.region.zone).isoformat()
    assert await ids(office, from_=since, kind="payment") == expected[:1] + expected[2:3]
    assert str(topped_up.entry_id) not in await ids(office, from_=since)


async def test_an_entry_is_told_as_it_stands(office: Office, town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 10_000)
    paid = await town.pay(wallet, store, 3_000)
    told = (await office.get("finance", f"journal/{paid.entry_id}")).json()
    postings = told.pop("postings")
    [item] = (await office.get("finance", "journal", kind="payment")).json()["items"]
    assert item == told
    assert (told["kind"], told["amount_yen"], told["refusal"]) == ("payment", 3_000, None)
    assert (told["holder_id"], told["other_id"]) == (str(wallet.wallet_id), str(store.store_id))
    assert (told["actor"], told["seq"]) == (wallet.actor, paid.seq)
    assert told["at"].endswith("+09:00")
    assert told["facts"] == paid.facts
    sides = [(line["account_kind"], line["side"], line["amount_yen"]) for line in postings]
    assert sides == [("coin", "debit", 3_000), ("payable", "credit", 3_000)]
    coin, payable = postings
    assert (coin["balance_after_yen"], coin["version"]) == (7_000, 2)
    assert coin["holder_id"] == str(wallet.wallet_id)
    assert payable["holder_id"] == str(store.merchant_id)


async def test_a_refused_entry_has_no_postings(office: Office, town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    refused = (await town.submit(town.payment(wallet, store, 500))).entry
    told = (await office.get("auditor", f"journal/{refused.entry_id}")).json()
    assert (told["refusal"], told["postings"]) == ("insufficient-funds", [])
    assert told["facts"] == {"usable_yen": 0}


async def test_pages_hold_every_entry_once(office: Office, town: Town):
    for _ in range(5):
        await town.open_wallet()
    everything = await ids(office)
    paged: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await office.get("auditor", "journal", limit=2, **cursor)).json()
        paged += [item["entry_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert paged == everything


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from_": "yesterday"}, "query:from"),
        ({"to": "2026-11-22T10:00:00"}, "query:to"),
        ({"to": "9999-12-31"}, "query:to"),
        ({"refused": "yes"}, "query:refused"),
        ({"holder_id": "1"}, "query:holder_id"),
        ({"min_yen": "-1"}, "query:min_yen"),
        ({"kind": "pay ment"}, "query:kind"),
        ({"actor": "résident:1"}, "query:actor"),
        ({"limit": "201"}, "query:limit"),
    ],
)
async def test_a_malformed_search_is_refused(office: Office, query, pointer):
    told = is_problem(await office.get("auditor", "journal", **query), 422, "malformed-request")
    assert told["errors"][0]["pointer"].startswith(pointer)


async def test_another_lists_cursor_does_not_fit(office: Office, town: Town):
    for _ in range(2):
        await town.draft_campaign()
    page = (await office.get("campaigns", "campaigns", limit=1)).json()
    answer = await office.get("auditor", "journal", cursor=page["next_cursor"])
    is_problem(answer, 422, "malformed-cursor")


async def test_another_regions_journal_is_not_seen(office: Office, town: Town, second_town: Town):
    wallet = await second_town.open_wallet()
    abroad = await second_town.top_up(wallet, 500)
    assert await ids(office, holder_id=wallet.wallet_id) == []
    for entry_id in (abroad.entry_id, uuid4()):
        is_problem(await office.get("auditor", f"journal/{entry_id}"), 404, "entry-unknown")


async def test_the_journal_is_for_finance_and_auditors(office: Office, town: Town):
    await office.allows("journal", ["finance", "auditor"], None)
    await office.allows(f"journal/{uuid4()}", ["finance", "auditor"], None)


async def test_an_auditor_reads_no_names(office: Office, town: Town):
    store = await town.open_store()
    wallet = await town.open_wallet()
    await town.top_up(wallet, 500)
    await town.pay(wallet, store, 100)
    told = (await office.get("auditor", "journal", kind="merchant.opened")).text
    assert "Hinode" not in told
