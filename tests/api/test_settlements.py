"""Settlements over HTTP: finance looks, another approves, the merchant sees its own."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from merchants.read_business import change_business
from payments.run_settlement import close_what_is_over
from payments.verify import verify_books
from tests.api.admin_office import Office, is_refused_for_good
from tests.api.probe import is_problem
from tests.merchant_rows import BUSINESS, DOER, keep_account
from tests.town_builder import Store, Town, new_id
from worker.issue_papers import issue_what_lacks

NOON = datetime(2027, 1, 5, 3, 0, tzinfo=UTC)
CLOSED = datetime(2027, 1, 16, 3, 0, tzinfo=UTC)
WHY = {"reason": "合計を総勘定と照合"}
WITHIN = ({"first_day": "2027-01-15"}, {"last_day": "2027-01-15"})
BESIDE = ({"first_day": "2027-01-16"}, {"last_day": "2027-01-14"})
"""Days of a period that ends on the fifteenth."""


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


@pytest.fixture
async def stores(town: Town) -> list[Store]:
    """Three shops, of which a period was closed."""
    await town.set_clock(NOON)
    await town.change_settings(settlement={"fees": {"small_bp": 150}})
    wallet = await town.open_wallet()
    await town.top_up(wallet, 50_000)
    stores = [await town.open_store("small") for _ in range(3)]
    for place, store in enumerate(stores, start=1):
        await town.pay(wallet, store, 1_000 * place)
    await town.set_clock(CLOSED)
    await close_what_is_over(town.database, town.region, await town.today(), lambda: None)
    return stores


async def run_id_of(office: Office) -> str:
    [run] = (await office.get("finance", "settlement-runs")).json()["items"]
    return str(run["run_id"])


async def settlement_of(office: Office, store: Store) -> dict[str, Any]:
    listed = await office.get("finance", "settlements", merchant_id=store.merchant_id)
    [found] = listed.json()["items"]
    return dict(found)


async def test_a_run_is_reviewed_by_one_and_approved_by_another(
    office: Office, town: Town, stores: list[Store]
):
    run_id = await run_id_of(office)
    path = f"settlement-runs/{run_id}"
    run = (await office.get("auditor", path)).json()
    assert (run["state"], run["settlements"], run["sales_yen"]) == ("draft", 3, 6_000)
    assert (run["fee_yen"], run["tax_yen"], run["payout_yen"]) == (90, 8, 5_902)
    account = await keep_account(town.database, town.region.region_id, stores[0].merchant_id)
    early = f"{path}/approvals/{new_id()}"
    is_problem(await office.put("finance", early, WHY), 409, "settlement-run-state-wrong")
    reviewed = await office.post("finance", f"{path}/review", WHY)
    assert (reviewed.status_code, reviewed.json()["state"]) == (200, "reviewed")
    again = await office.post("finance", f"{path}/review", WHY)
    assert again.json() == reviewed.json()
    request_id = new_id()
    asked = await office.put("finance", f"{path}/approvals/{request_id}", WHY)
    assert (asked.status_code, asked.json()["kind"]) == (201, "settlement.approval")
    decision = f"requests/{request_id}/decisions"
    yes = {"decision": "approved"}
    is_problem(await office.post("finance", decision, yes), 403, "role-missing")
    approved = await office.post("approver", decision, yes)
    assert approved.json()["state"] == "approved", approved.text
    run = (await office.get("finance", path)).json()
    assert (run["state"], run["approved_by"]) == ("approved", f"admin:{office.people['approver']}")
    known = [(await settlement_of(office, store))["has_account"] for store in stores]
    assert known == [True, False, False]
    [row] = await town.rows(
        "SELECT account_id FROM merchants.settlement WHERE account_id IS NOT NULL"
    )
    assert UUID(int=row.account_id.int) == account
    late = await settlement_of(office, stores[2])
    rejecting = f"settlements/{late['settlement_id']}/rejections/{new_id()}"
    is_problem(await office.put("finance", rejecting, WHY), 409, "settlement-state-wrong")


async def test_who_reviewed_a_run_does_not_approve_it(office: Office, stores: list[Store]):
    path = f"settlement-runs/{await run_id_of(office)}"
    office.people["finance"] = office.people["approver"]
    await office.post("finance", f"{path}/review", WHY)
    office.people["finance"] = new_id()
    request_id = new_id()
    await office.put("finance", f"{path}/approvals/{request_id}", WHY)
    answer = await office.post(
        "approver", f"requests/{request_id}/decisions", {"decision": "approved"}
    )
    is_problem(answer, 409, "second-person-needed")


async def test_a_settlement_is_rejected_once_and_the_answer_stays(
    office: Office, town: Town, stores: list[Store]
):
    before = await settlement_of(office, stores[1])
    path = f"settlements/{before['settlement_id']}/rejections"
    rejection_id = new_id()
    made = await office.put("finance", f"{path}/{rejection_id}", WHY)
    assert (made.status_code, made.json()["due_yen"]) == (201, 2_000)
    replay = await office.put("finance", f"{path}/{rejection_id}", WHY)
    assert replay.json() == made.json()
    assert (await office.get("finance", f"{path}/{rejection_id}")).json() == made.json()
    assert (await settlement_of(office, stores[1]))["state"] == "rejected"
    await is_refused_for_good(
        office, "finance", f"{path}/{new_id()}", WHY, "settlement-state-wrong"
    )
    other = await settlement_of(office, stores[0])
    misled = f"settlements/{other['settlement_id']}/rejections/{rejection_id}"
    is_problem(await office.get("finance", misled), 404, "settlement-unknown")
    assert await town.balances(stores[1].merchant_id) == {"payable": 2_000}
    assert (await verify_books(town.database, town.region)).faults == ()


async def test_lists_and_a_table_tell_the_same(office: Office, stores: list[Store]):
    first = (await office.get("finance", "settlements", limit=2)).json()
    more = (await office.get("finance", "settlements", limit=2, cursor=first["next_cursor"])).json()
    listed = [*first["items"], *more["items"]]
    assert sorted(each["payout_yen"] for each in listed) == [984, 1_967, 2_951]
    table = await office.get("finance", "settlements.csv", state="due")
    lines = table.text.removeprefix("\ufeff").splitlines()
    assert table.content.startswith(b"\xef\xbb\xbf")
    assert [line.split(",")[0] for line in lines[1:]] == [each["settlement_id"] for each in listed]
    assert {line.split(",")[15] for line in lines[1:]} == {"振込待ち"}
    for narrowed, many in (
        ({"state": "paid"}, 0),
        ({"obstacle": "suspended"}, 0),
        ({"has_account": "false"}, 0),  # nobody has approved yet
        ({"text": "ｈｉｎｏ", "state": "due"}, 3),
        ({"text": "nobody"}, 0),
        *((span, 3) for span in WITHIN),
        *((span, 0) for span in BESIDE),
    ):
        page = (await office.get("finance", "settlements", **narrowed)).json()
        assert len(page["items"]) == many, narrowed
        table = await office.get("finance", "settlements.csv", **narrowed)
        assert len(table.text.splitlines()) == 1 + many, narrowed
    for span in (*WITHIN, *BESIDE):
        runs = (await office.get("finance", "settlement-runs", **span)).json()["items"]
        assert len(runs) == (span in WITHIN), span
    one = await office.get("approver", f"settlements/{listed[0]['settlement_id']}")
    assert one.json() == listed[0]


async def test_a_merchant_sees_its_own_settlements_and_nobody_elses(
    office: Office, app_client, token, stores: list[Store]
):
    own, other = stores[0], stores[1]
    bearer = token("merchant", sub=own.staff_id, merchant=own.merchant_id, role="accountant")
    headers = {"Authorization": f"Bearer {bearer}"}
    listed = await app_client.get("/v1/merchant/settlements", headers=headers)
    [one] = listed.json()["items"]
    assert (one["payout_yen"], one["pays_on"], one["state"]) == (984, "2027-02-01", "due")
    for span in (*WITHIN, *BESIDE):
        listed = await app_client.get("/v1/merchant/settlements", params=span, headers=headers)
        assert len(listed.json()["items"]) == (span in WITHIN), span
    path = f"/v1/merchant/settlements/{one['settlement_id']}"
    assert (await app_client.get(path, headers=headers)).json() == one
    mine = (await app_client.get("/v1/merchant", headers=headers)).json()
    assert mine["next_close_on"] < mine["next_pays_on"]
    foreign = await settlement_of(office, other)
    path = f"/v1/merchant/settlements/{foreign['settlement_id']}"
    is_problem(await app_client.get(path, headers=headers), 404, "settlement-unknown")


async def test_an_accountant_asks_on_demand_and_owners_and_papers_say_so(
    office: Office, town: Town, app_client, token, stores: list[Store]
):
    issuer = {"name": "見本商店街振興組合", "registration_number": "T7000012050002"}
    asked = {"is_offered": True, "fee_yen": 305}
    rules = {"fees": {"small_bp": 150}, "issuer": issuer, "on_demand": asked}
    store, wallet = stores[2], await town.open_wallet()
    await town.top_up(wallet, 10_000)
    await town.pay(wallet, store, 5_000)

    def as_(role: str) -> dict[str, str]:
        bearer = token("merchant", sub=store.staff_id, merchant=store.merchant_id, role=role)
        return {"Authorization": f"Bearer {bearer}"}

    path, offer = f"/v1/merchant/settlements/{new_id()}", "/v1/merchant/settlement-offer"
    early = await app_client.get(offer, headers=as_("owner"))
    is_problem(early, 404, "settlement-not-offered")
    await town.change_settings(settlement=rules)
    told = (await app_client.get(offer, headers=as_("accountant"))).json()
    assert (told["due_yen"], told["fee_yen"], told["tax_yen"], told["payout_yen"]) == (
        5_000, 380, 38, 4_582,
    )  # fmt: skip
    for role in ("clerk", "manager"):
        answer = await app_client.put(path, json={}, headers=as_(role))
        assert answer.status_code == 403, role
    untold = await app_client.put(path, json={}, headers=as_("accountant"))
    is_problem(untold, 409, "merchant-not-told")
    async with town.database.transaction(town.region.region_id) as db:
        await change_business(db, town.region.region_id, store.merchant_id, BUSINESS, DOER)
    made = await app_client.put(path, json={}, headers=as_("accountant"))
    assert (made.status_code, made.json()["payout_yen"]) == (201, 4_582), made.text
    again = await app_client.put(path, json={}, headers=as_("accountant"))
    assert (again.json(), again.headers["idempotent-replay"]) == (made.json(), "true")
    assert (await app_client.get(path, headers=as_("clerk"))).json() == made.json()
    letters = await town.rows("SELECT address FROM access.message WHERE purpose LIKE 'settlement%'")
    assert [letter.address for letter in letters] == [BUSINESS.email]
    acts = (await office.get("auditor", "acts", act="settlement.asked")).json()["items"]
    assert [act["actor"] for act in acts] == [f"merchant:{store.staff_id}"]
    [run] = (await office.get("finance", "settlement-runs", is_on_demand=True)).json()["items"]
    assert (run["merchant_id"], run["settlements"]) == (str(store.merchant_id), 1)
    await approved(office, run["run_id"])
    await issue_what_lacks(town.database, town.region, lambda: None)
    papers = (await office.get("finance", "papers", merchant_id=store.merchant_id)).json()["items"]
    assert {each["kind"]: each["total_yen"] for each in papers} == {
        "invoice": 418, "statement": 4_582,
    }  # fmt: skip
    [invoice] = [each for each in papers if each["kind"] == "invoice"]
    assert [(line["code"], line["yen"]) for line in invoice["lines"]] == [
        ("fee", 75), ("on_demand_fee", 305), ("tax", 38),
    ]  # fmt: skip


async def approved(office: Office, run_id: str) -> None:
    path, request_id = f"settlement-runs/{run_id}", new_id()
    await office.post("finance", f"{path}/review", WHY)
    await office.put("finance", f"{path}/approvals/{request_id}", WHY)
    said = {"decision": "approved"}
    answer = await office.post("approver", f"requests/{request_id}/decisions", said)
    assert answer.json()["state"] == "approved", answer.text


@pytest.mark.parametrize("role", ["campaigns", "city", "desk"])
async def test_no_other_role_sees_settlements(office: Office, stores: list[Store], role: str):
    run_id = await run_id_of(office)
    for path in ("settlement-runs", f"settlement-runs/{run_id}", "settlements", "settlements.csv"):
        is_problem(await office.get(role, path), 403, "role-missing")


async def test_what_is_not_there_is_unknown(office: Office, stores: list[Store]):
    for path in (f"settlement-runs/{new_id()}", f"settlements/{new_id()}"):
        slug = "settlement-run-unknown" if "runs" in path else "settlement-unknown"
        is_problem(await office.get("finance", path), 404, slug)
    unknown = f"settlement-runs/{new_id()}"
    is_problem(
        await office.post("finance", f"{unknown}/review", WHY), 404, "settlement-run-unknown"
    )
    is_problem(
        await office.put("finance", f"{unknown}/approvals/{new_id()}", WHY),
        404,
        "settlement-run-unknown",
    )
    is_problem(
        await office.put("finance", f"settlements/{new_id()}/rejections/{new_id()}", WHY),
        404,
        "settlement-unknown",
    )
