"""From an approved run to the bank's file, by two people, until the money is out or comes back."""

import asyncio
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from merchants.read_bank_file import read_bank_file
from merchants.read_business import change_business
from payments.run_settlement import close_what_is_over
from payments.transfer_files import make_files
from payments.verify import verify_books
from tests.api.admin_office import Office, is_refused_for_good
from tests.api.probe import is_problem
from tests.api.test_settlements import CLOSED, NOON, WHY, run_id_of, settlement_of
from tests.merchant_rows import BUSINESS, DOER, keep_account
from tests.town_builder import Store, Town, new_id

BANK = {
    "sender_code": "0000012345",
    "sender_name": "セタガヤク",
    "bank_code": "9999",
    "branch_code": "999",
    "account_number": "7654321",
}
SETTINGS: dict[str, Any] = {"fees": {"small_bp": 150}, "bank": BANK}


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


@pytest.fixture
async def stores(town: Town) -> list[Store]:
    """Three shops with sales; the last has no bank account."""
    await town.set_clock(NOON)
    await town.change_settings(settlement=SETTINGS)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 50_000)
    stores = [await town.open_store("small") for _ in range(3)]
    for place, store in enumerate(stores, start=1):
        await town.pay(wallet, store, 1_000 * place)
    for store in stores[:2]:
        await keep_account(town.database, town.region.region_id, store.merchant_id)
    return stores


async def approved(office: Office, town: Town, at: datetime = CLOSED) -> str:
    """The path of a run that was closed, reviewed and approved."""
    await town.set_clock(at)
    await close_what_is_over(town.database, town.region, await town.today(), lambda: None)
    path = f"settlement-runs/{await run_id_of(office)}"
    await office.post("finance", f"{path}/review", WHY)
    request_id = new_id()
    await office.put("finance", f"{path}/approvals/{request_id}", WHY)
    decision = f"requests/{request_id}/decisions"
    answer = await office.post("approver", decision, {"decision": "approved"})
    assert answer.json()["state"] == "approved", answer.text
    return path


async def made(office: Office, path: str) -> dict[str, Any]:
    answer = await office.post("finance", f"{path}/transfer-files", {})
    assert answer.status_code == 200, answer.text
    [found] = answer.json()["items"]
    return dict(found)


async def test_a_run_is_paid_by_the_file_that_two_people_sent(
    office: Office, town: Town, stores: list[Store]
):
    path = await approved(office, town)
    file = await made(office, path)
    assert (file["transfers"], file["total_yen"], file["state"]) == (2, 984 + 1_967, "made")
    assert await made(office, path) == file, "it is made once"
    listed = await office.get("auditor", f"{path}/transfer-files")
    assert listed.json()["items"] == [file]
    for narrowed, found in (
        ({}, [file]),
        ({"state": "made", "pays_from": file["pays_on"], "pays_to": file["pays_on"]}, [file]),
        ({"state": "sent"}, []),
        ({"pays_to": "2027-01-31"}, []),
        ({"pays_from": "2027-02-02"}, []),
    ):
        page = (await office.get("approver", "transfer-files", **narrowed)).json()
        assert (page["items"], page["next_cursor"]) == (found, None), narrowed
    for has_account, many in (("true", 2), ("false", 1)):
        page = await office.get("finance", "settlements", has_account=has_account)
        assert len(page.json()["items"]) == many
    one = f"transfer-files/{file['file_id']}"
    content = (await office.get("finance", f"{one}/content")).content
    assert sha256(content).hexdigest() == file["sha256"]
    written = read_bank_file(content)
    assert (written.month_and_day, written.total_yen) == ("0201", 2_951)
    assert {each.account_number for each in written.transfers} == {"0012345"}
    is_problem(await office.post("finance", f"{one}/payment", {}), 409, "transfer-file-state-wrong")
    is_problem(await office.post("finance", f"{one}/sending", {}), 409, "second-person-needed")
    maker, office.people["finance"] = office.people["finance"], new_id()
    sent = await office.post("finance", f"{one}/sending", {})
    assert (sent.status_code, sent.json()["state"]) == (200, "sent")
    assert (await office.post("finance", f"{one}/sending", {})).json() == sent.json()
    office.people["finance"] = maker
    both = await asyncio.gather(*(office.post("finance", f"{one}/payment", {}) for _ in range(2)))
    assert [each.json()["state"] for each in both] == ["paid", "paid"]
    states = [(await settlement_of(office, store))["state"] for store in stores]
    assert states == ["paid", "paid", "due"]
    assert [await town.balances(store.merchant_id) for store in stores] == [
        {}, {}, {"payout": 2_951},
    ]  # fmt: skip
    paid = await town.rows("SELECT sum(amount) AS yen FROM ledger.entry WHERE kind = 'payout.paid'")
    assert paid[0].yen == 2_951
    assert (await verify_books(town.database, town.region)).faults == ()


async def test_a_transfer_that_comes_back_is_due_again(
    office: Office, town: Town, stores: list[Store]
):
    async with town.database.transaction(town.region.region_id) as session:
        merchant_id = stores[0].merchant_id
        await change_business(session, town.region.region_id, merchant_id, BUSINESS, DOER)
    file = await made(office, await approved(office, town))
    settlement = await settlement_of(office, stores[0])
    path = f"settlements/{settlement['settlement_id']}/returns"
    why = {"reason": "口座名義相違"}
    await is_refused_for_good(office, "finance", f"{path}/{new_id()}", why, "payout-not-paid")
    office.people["finance"] = new_id()
    one = f"transfer-files/{file['file_id']}"
    await office.post("finance", f"{one}/sending", {})
    await office.post("finance", f"{one}/payment", {})
    return_id = new_id()
    back = await office.put("finance", f"{path}/{return_id}", why)
    assert (back.status_code, back.json()["amount_yen"]) == (201, 984)
    assert (await office.put("finance", f"{path}/{return_id}", why)).json() == back.json()
    assert (await office.get("auditor", f"{path}/{return_id}")).json() == back.json()
    letters = "SELECT address, body FROM access.message WHERE purpose = 'transfer returned'"
    [letter] = await town.rows(letters)
    assert (letter.address, "0012345" in letter.body) == ("a@example.jp", False)
    again = f"{path}/{new_id()}"
    await is_refused_for_good(office, "finance", again, why, "settlement-state-wrong")
    assert (await settlement_of(office, stores[0]))["state"] == "returned"
    assert await town.balances(stores[0].merchant_id) == {"payable": 984}
    assert (await verify_books(town.database, town.region)).faults == ()


async def test_no_file_is_made_before_its_time(office: Office, town: Town, stores: list[Store]):
    unknown = f"settlement-runs/{new_id()}/transfer-files"
    is_problem(await office.post("finance", unknown, {}), 404, "settlement-run-unknown")
    is_problem(await office.get("finance", unknown), 404, "settlement-run-unknown")
    path = await approved(office, town)
    for role in ("approver", "auditor", "desk"):
        is_problem(await office.post(role, f"{path}/transfer-files", {}), 403, "role-missing")
    await town.change_settings(settlement={})
    answer = await office.post("finance", f"{path}/transfer-files", {})
    is_problem(answer, 409, "bank-profile-missing")
    missing = f"transfer-files/{new_id()}"
    is_problem(await office.get("finance", f"{missing}/content"), 404, "transfer-file-unknown")
    for step in ("sending", "payment"):
        answer = await office.post("finance", f"{missing}/{step}", {})
        is_problem(answer, 404, "transfer-file-unknown")


async def test_what_cannot_be_written_is_told_before_anything_is_made(
    office: Office, town: Town, stores: list[Store]
):
    await keep_account(
        town.database, town.region.region_id, stores[2].merchant_id, branch_code="000"
    )
    path = await approved(office, town)
    answer = await office.post("finance", f"{path}/transfer-files", {})
    is_problem(answer, 409, "transfer-unwritable")
    told = answer.json()
    assert (told["merchant_id"], told["field"]) == (str(stores[2].merchant_id), "bank")
    assert (await office.get("finance", f"{path}/transfer-files")).json()["items"] == []
    assert (await office.get("finance", f"{path}/transfer-files")).json()["items"] == []
    one = await settlement_of(office, stores[2])
    without = {"leave_out": [one["settlement_id"]]}
    [first] = (await office.post("finance", f"{path}/transfer-files", without)).json()["items"]
    assert (first["transfers"], first["total_yen"]) == (2, 2_951)
    for body, slug, status in (
        ({}, "transfer-unwritable", 409),
        ({"leave_out": [str(new_id())]}, "settlement-unknown", 404),
    ):
        is_problem(await office.post("finance", f"{path}/transfer-files", body), status, slug)
    again = await office.post("finance", f"{path}/transfer-files", without)
    assert again.json()["items"] == [first]
    await keep_account(town.database, town.region.region_id, stores[2].merchant_id)
    both = (await office.post("finance", f"{path}/transfer-files", {})).json()["items"]
    assert sorted(each["transfers"] for each in both) == [1, 2]


async def test_who_has_an_account_later_is_in_a_further_file_on_a_bank_day_to_come(
    office: Office, town: Town, stores: list[Store]
):
    path = await approved(office, town)
    first = await made(office, path)
    version_id = await keep_account(
        town.database, town.region.region_id, stores[2].merchant_id, account_number="0000333"
    )
    run_id, saturday = UUID(path.rpartition("/")[2]), date(2027, 2, 6)
    async with town.database.transaction(town.region.region_id) as db:
        await make_files(db, town.region.region_id, run_id, DOER, saturday, is_real=False)
    answer = await office.post("finance", f"{path}/transfer-files", {})
    [further] = [each for each in answer.json()["items"] if each != first]
    assert (further["transfers"], further["total_yen"]) == (1, 2_951)
    assert (first["pays_on"], further["pays_on"]) == ("2027-02-01", "2027-02-08")
    one = await settlement_of(office, stores[2])
    row = await town.rows(
        "SELECT account_id FROM merchants.settlement WHERE settlement_id = :one",
        one=one["settlement_id"],
    )
    assert row[0].account_id == version_id
    assert (await verify_books(town.database, town.region)).faults == ()
