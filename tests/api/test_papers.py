"""Statements and invoices over HTTP: issued with the approval, fetched, corrected by new ones."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from payments.run_settlement import close_what_is_over
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.pdf_text import text_of
from tests.town_builder import Store, Town, new_id
from worker.issue_papers import issue_what_lacks

NOON = datetime(2027, 1, 5, 3, 0, tzinfo=UTC)
CLOSED = datetime(2027, 1, 16, 3, 0, tzinfo=UTC)
WHY = {"reason": "合計を総勘定と照合"}
ISSUER = {"name": "見本商店街振興組合", "registration_number": "T7000012050002"}
BUSINESS = {
    "legal_name": "株式会社見本",
    "representative": "見本花子",
    "postal_code": "1540017",
    "address": "東京都世田谷区世田谷4-21-27",
    "email": "hanako@example.jp",
    "telephone": "03-5432-1111",
}
RULES = {"fees": {"small_bp": 150}, "issuer": ISSUER}


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


@pytest.fixture
async def stores(town: Town) -> list[Store]:
    """Three shops, the first of which pays no fee, of which a period was closed."""
    await town.set_clock(NOON)
    await town.change_settings(settlement=RULES)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 50_000)
    stores = [await town.open_store(kind) for kind in ("street_member", "small", "small")]
    for store in stores:
        for _ in range(3):
            await town.pay(wallet, store, 333)
    await town.set_clock(CLOSED)
    await close_what_is_over(town.database, town.region, await town.today(), lambda: None)
    return stores


async def approve(office: Office, town: Town) -> str:
    """Let finance look and another approve; the run's path."""
    [run] = (await office.get("finance", "settlement-runs")).json()["items"]
    path = f"settlement-runs/{run['run_id']}"
    await office.post("finance", f"{path}/review", WHY)
    request_id = new_id()
    await office.put("finance", f"{path}/approvals/{request_id}", WHY)
    said = {"decision": "approved"}
    answer = await office.post("approver", f"requests/{request_id}/decisions", said)
    assert answer.json()["state"] == "approved", answer.text
    run = (await office.get("finance", path)).json()
    assert (run["papers"], run["papers_at"]) == (0, None)
    issued = await issue_what_lacks(town.database, town.region, lambda: None, chunk=2)
    run = (await office.get("finance", path)).json()
    assert (run["papers"], run["papers_at"] is not None) == (issued, True)
    return path


async def papers(office: Office, **wanted: Any) -> list[dict[str, Any]]:
    answer = await office.get("auditor", "papers", **wanted)
    assert answer.status_code == 200, answer.text
    return sorted(answer.json()["items"], key=lambda each: (each["kind"], each["number"]))


async def test_an_approval_issues_statements_and_invoices_where_there_is_a_fee(
    office: Office, town: Town, stores: list[Store]
):
    assert await papers(office) == []
    path = await approve(office, town)
    issued = await papers(office)
    told = [(each["kind"], each["number"]) for each in issued]
    assert told == [*(("invoice", n) for n in (1, 2)), *(("statement", n) for n in (1, 2, 3))]
    free = await papers(office, merchant_id=stores[0].merchant_id)
    assert [(each["kind"], each["total_yen"]) for each in free] == [("statement", 999)]
    invoice = issued[0]
    # 999 yen at 1.5 % are 14.985: 14, and tax of 1.4: 1. Line by line it would be 3 times 4, and 0.
    assert invoice["rates"] == [{"rate_bp": 1_000, "total_yen": 14, "tax_yen": 1}]
    assert (invoice["total_yen"], invoice["issuer"]) == (15, ISSUER)
    assert (invoice["first_day"], invoice["last_day"]) == ("2027-01-01", "2027-01-15")
    assert invoice["issued_at"].startswith(invoice["issued_on"])
    again = await office.post("finance", f"{path}/papers", {})
    assert (again.json()["statements"], again.json()["invoices"]) == (0, 0)
    acts = await town.rows("SELECT actor FROM access.act WHERE act = 'papers.issued'")
    assert [row.actor for row in acts] == [f"admin:{office.people['approver']}"] * 2, "two parts"


async def test_papers_are_made_out_to_the_legal_name_where_the_business_is_known(
    office: Office, town: Town, stores: list[Store]
):
    await office.post("finance", f"merchants/{stores[1].merchant_id}/business", BUSINESS)
    await approve(office, town)
    known = await papers(office, merchant_id=stores[1].merchant_id)
    assert {each["recipient"] for each in known} == {"株式会社見本"}
    unknown = await papers(office, merchant_id=stores[2].merchant_id)
    shop = (await office.get("finance", f"merchants/{stores[2].merchant_id}")).json()
    assert {each["recipient"] for each in unknown} == {shop["name"]}
    moved = BUSINESS | {"legal_name": "合同会社見本"}
    await office.post("finance", f"merchants/{stores[1].merchant_id}/business", moved)
    path = f"papers/{known[0]['paper_id']}/corrections/{new_id()}"
    made = (await office.put("finance", path, {"reason": "組織変更"})).json()
    assert made["recipient"] == "合同会社見本"


async def test_a_change_of_the_rate_does_not_touch_what_was_closed(
    office: Office, town: Town, stores: list[Store]
):
    await town.change_settings(settlement=RULES | {"tax_bp": 800})
    await approve(office, town)
    [invoice] = await papers(office, merchant_id=stores[1].merchant_id, kind="invoice")
    assert invoice["rates"] == [{"rate_bp": 1_000, "total_yen": 14, "tax_yen": 1}]


async def test_without_a_registration_number_shops_are_paid_and_invoices_wait(
    office: Office, town: Town, stores: list[Store]
):
    await town.change_settings(settlement=RULES | {"issuer": {"name": "見本商店街振興組合"}})
    path = await approve(office, town)
    assert [each["kind"] for each in await papers(office)] == ["statement"] * 3
    refused = await office.post("finance", f"{path}/papers", {})
    is_problem(refused, 409, "issuer-unregistered")
    await town.change_settings(settlement=RULES)
    made = await office.post("finance", f"{path}/papers", {})
    assert (made.json()["statements"], made.json()["invoices"]) == (0, 2)
    assert [each["number"] for each in await papers(office, kind="invoice")] == [1, 2]


async def test_papers_of_a_run_that_is_not_there_or_not_approved(
    office: Office, stores: list[Store]
):
    unknown = await office.post("finance", f"settlement-runs/{new_id()}/papers", {})
    is_problem(unknown, 404, "settlement-run-unknown")
    [run] = (await office.get("finance", "settlement-runs")).json()["items"]
    early = await office.post("finance", f"settlement-runs/{run['run_id']}/papers", {})
    is_problem(early, 409, "settlement-run-state-wrong")
    is_problem(await office.post("approver", "papers", {}), 405, "method-not-allowed")


async def test_a_correction_is_a_new_paper_and_the_old_one_stays(
    office: Office, town: Town, stores: list[Store]
):
    await approve(office, town)
    [wrong] = await papers(office, merchant_id=stores[1].merchant_id, kind="invoice")
    correction_id = new_id()
    path = f"papers/{wrong['paper_id']}/corrections"
    body = {"recipient": "株式会社見本食堂", "reason": "宛名の誤り"}
    made = await office.put("finance", f"{path}/{correction_id}", body)
    assert made.status_code == 201, made.text
    new = made.json()
    assert (new["number"], new["corrects"], new["reason"]) == (3, wrong["number"], "宛名の誤り")
    assert new["recipient"] == "株式会社見本食堂"
    assert (new["rates"], new["total_yen"]) == (wrong["rates"], wrong["total_yen"])
    assert (await office.put("finance", f"{path}/{correction_id}", body)).json() == new
    assert (await office.get("auditor", f"{path}/{correction_id}")).json() == new
    assert (await office.get("finance", f"papers/{wrong['paper_id']}")).json() == wrong
    for other in (body | {"reason": "別の理由"}, body | {"recipient": "別の店"}):
        is_problem(await office.put("finance", f"{path}/{correction_id}", other), 409, "id-in-use")
    twice = await office.put("finance", f"{path}/{new_id()}", body)
    is_problem(twice, 409, "paper-corrected")
    next_one = f"papers/{correction_id}/corrections/{new_id()}"
    assert (await office.put("finance", next_one, {"reason": "再訂正"})).json()["corrects"] == 3
    assert [each["number"] for each in await papers(office, kind="invoice")] == [1, 2, 3, 4]
    acts = await town.rows("SELECT reason FROM access.act WHERE act = 'paper.corrected'")
    assert sorted(row.reason for row in acts) == ["再訂正", "宛名の誤り"]


async def test_corrections_that_cannot_be(office: Office, town: Town, stores: list[Store]):
    await approve(office, town)
    [first, second] = await papers(office, kind="invoice")
    why = {"reason": "宛名の誤り"}
    unknown = f"papers/{new_id()}/corrections/{new_id()}"
    is_problem(await office.put("finance", unknown, why), 404, "paper-unknown")
    path = f"papers/{first['paper_id']}/corrections/{new_id()}"
    for role in ("approver", "auditor", "desk"):
        is_problem(await office.put(role, path, why), 403, "role-missing")
    made = (await office.put("finance", path, why)).json()
    misled = f"papers/{second['paper_id']}/corrections/{made['paper_id']}"
    is_problem(await office.get("finance", misled), 404, "paper-unknown")
    await town.change_settings(settlement={"fees": {"small_bp": 150}})
    path = f"papers/{second['paper_id']}/corrections/{new_id()}"
    is_problem(await office.put("finance", path, why), 409, "issuer-unregistered")


async def test_a_merchant_fetches_its_own_papers_and_nobody_elses(
    office: Office, town: Town, app_client: httpx.AsyncClient, token, stores: list[Store]
):
    await approve(office, town)

    async def ask(role: str, path: str, store: Store = stores[1]) -> httpx.Response:
        bearer = token("merchant", sub=store.staff_id, merchant=store.merchant_id, role=role)
        headers = {"Authorization": f"Bearer {bearer}"}
        return await app_client.get(f"/v1/merchant/papers{path}", headers=headers)

    own = await papers(office, merchant_id=stores[1].merchant_id)
    for role in ("owner", "accountant"):
        listed = (await ask(role, "")).json()["items"]
        assert sorted(listed, key=lambda each: str(each["kind"])) == own
    invoice = own[0]
    at = f"/{invoice['paper_id']}"
    assert (await ask("owner", at)).json() == invoice
    kept = await ask("owner", f"{at}/paper.json")
    assert sha256(kept.content).hexdigest() == invoice["sha256"]
    page = await ask("accountant", f"{at}/paper.pdf")
    assert page.headers["content-type"] == "application/pdf"
    name = page.headers["content-disposition"]
    assert f'filename="invoice-{invoice["number"]}.pdf"' in name
    assert unquote(name.rsplit("''", 1)[1]) == f"適格請求書-{invoice['number']}.pdf"
    text = text_of(page.content)
    assert "登録番号T7000012050002" in text
    assert "10%対象14円1円" in text
    assert invoice["sha256"] in text
    assert (await office.get("finance", f"papers{at}/paper.pdf")).content == page.content
    for path in (at, f"{at}/paper.json", f"{at}/paper.pdf"):
        is_problem(await ask("owner", path, stores[2]), 404, "paper-unknown")
        is_problem(await ask("clerk", path), 403, "role-missing")
        assert (await office.get("finance", f"papers{path}")).status_code == 200
    is_problem(await ask("manager", ""), 403, "role-missing")
    is_problem(await ask("owner", f"/{new_id()}"), 404, "paper-unknown")


async def test_lists_go_on_and_can_be_narrowed(office: Office, town: Town, stores: list[Store]):
    await approve(office, town)
    everything = await papers(office)
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while len(seen) < len(everything):
        more = {"cursor": cursor} if cursor else {}
        page = (await office.get("finance", "papers", limit=2, **more)).json()
        seen, cursor = seen + page["items"], page["next_cursor"]
    assert cursor is None
    assert sorted(seen, key=lambda each: (each["kind"], each["number"])) == everything
    one = everything[-1]
    assert await papers(office, settlement_id=one["settlement_id"], kind=one["kind"]) == [one]
    assert await papers(office, first_day="2027-01-15", last_day="2027-01-15") == everything
    assert await papers(office, first_day="2027-01-16") == []
    assert await papers(office, last_day="2027-01-14") == []
    is_problem(await office.get("desk", "papers"), 403, "role-missing")


async def test_a_wrong_registration_number_is_no_setting(office: Office):
    settings = (await office.get("finance", "region")).json()["settings"]
    settings["settlement"]["issuer"]["registration_number"] = "T7000012050003"
    answer = await office.put("finance", f"region/settings/{new_id()}", {"settings": settings})
    [error] = is_problem(answer, 422, "malformed-request")["errors"]
    assert error["pointer"] == "/settings/settlement/issuer/registration_number"
    assert error["reason"] == "registration-number-wrong"
