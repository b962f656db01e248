"""Debit notes over HTTP: finance asks, the merchant reads, another of finance records the money."""

from datetime import UTC, datetime

from payments.run_settlement import close_what_is_over
from payments.verify import verify_books
from tests.api.admin_office import Office, is_refused_for_good
from tests.api.probe import is_problem
from tests.api.test_papers import BUSINESS
from tests.closing import turn_merchant
from tests.pdf_text import text_of
from tests.town_builder import Town, new_id

NOON = datetime(2027, 1, 5, 3, 0, tzinfo=UTC)
CLOSED = datetime(2027, 1, 16, 3, 0, tzinfo=UTC)


async def test_a_shop_that_left_is_asked_and_its_money_is_recorded(town: Town, app_client, token):
    office = Office(app_client, token)
    await town.set_clock(NOON)
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 10_000)
    sale = await town.pay(wallet, store, 3_210)
    await town.set_clock(CLOSED)
    await close_what_is_over(town.database, town.region, await town.today(), lambda: None)
    await town.refund(sale.entry_id, store)
    await turn_merchant(town, store.merchant_id, "closed")
    await office.post("finance", f"merchants/{store.merchant_id}/business", BUSINESS)
    note_id = new_id()
    path = f"debit-notes/{note_id}"
    body = {
        "merchant_id": str(store.merchant_id),
        "due_on": "2199-02-15",
        "reason": "脱退後の返金による未収",
    }
    made = await office.puts_once("finance", path, body, body | {"due_on": "2199-02-16"})
    assert (made["number"], made["open_yen"], made["state"]) == (1, 3_210, "open")
    assert (await office.get("auditor", path)).json() == made
    for state, many in (("open", 1), ("overdue", 0), ("paid", 0)):
        listed = await office.get("approver", "debit-notes", state=state)
        assert len(listed.json()["items"]) == many
    page = await office.get("finance", f"{path}/note.pdf")
    printed = text_of(page.content)
    assert all(word in printed for word in ("請求書", "3,210円", "2199年2月15日", made["sha256"]))
    told = (await office.get("finance", f"{path}/note.json")).json()
    assert (told["amount_yen"], told["pay_to"]) == (3_210, None)
    assert told["recipient"] == BUSINESS["legal_name"]
    await is_seen_by_its_merchant_only(app_client, token, made, store.merchant_id)

    paid = {"amount_yen": 3_000, "paid_on": "2026-11-20", "reference": "17"}
    payment = f"{path}/payments/{new_id()}"
    is_problem(await office.put("finance", payment, paid), 409, "second-person-needed")
    office.people["finance"] = new_id()
    ahead = paid | {"paid_on": "2199-01-17"}
    is_problem(await office.put("finance", f"{path}/payments/{new_id()}", ahead), 422, "day-ahead")
    payment = f"{path}/payments/{new_id()}"
    done = await office.puts_once("finance", payment, paid, paid | {"amount_yen": 1})
    assert (await office.get("finance", payment)).json() == done
    more = f"{path}/payments/{new_id()}"
    await is_refused_for_good(office, "finance", more, paid, "payment-exceeds-debt")
    now = (await office.get("finance", path)).json()
    assert (now["paid_yen"], now["open_yen"]) == (3_000, 210)
    await is_taken_back_by_two(office, path)
    assert (await verify_books(town.database, town.region)).faults == ()


async def is_taken_back_by_two(office: Office, path: str) -> None:
    request_id = new_id()
    correction = f"{path}/corrections/{request_id}"
    body = {"pays_back": True, "reason": "別の店に宛てるところでした"}
    asked = await office.put("finance", correction, body)
    assert asked.status_code == 201, asked.text
    assert asked.json()["facts"] == {"due_on": None, "pays_back": True}
    said = {"decision": "approved"}
    own = await office.post("finance", f"requests/{request_id}/decisions", said)
    is_problem(own, 409, "second-person-needed")
    answer = await office.post("approver", f"requests/{request_id}/decisions", said)
    assert answer.json()["state"] == "approved", answer.text
    assert (await office.get("auditor", correction)).json()["state"] == "approved"
    elsewhere = f"debit-notes/{new_id()}/corrections/{request_id}"
    is_problem(await office.get("finance", elsewhere), 404, "request-unknown")
    old = (await office.get("finance", path)).json()
    assert (old["state"], old["corrected_by"], old["open_yen"]) == ("corrected", 2, 0)
    listed = (await office.get("finance", "debit-notes", state="withdrawal")).json()["items"]
    [made] = listed
    assert (made["number"], made["corrects"], made["amount_yen"]) == (2, 1, 0)
    printed = text_of(
        (await office.get("finance", f"debit-notes/{made['note_id']}/note.pdf")).content
    )
    assert "請求書取消通知" in printed
    assert "請求書番号1を取り消します" in printed
    late = f"{path}/corrections/{new_id()}"
    is_problem(await office.put("finance", late, body), 409, "debit-note-corrected")


async def is_seen_by_its_merchant_only(app_client, token, note, merchant_id) -> None:
    for whose, role, status in (
        (merchant_id, "accountant", 200), (new_id(), "owner", 404), (merchant_id, "clerk", 403),
    ):  # fmt: skip
        bearer = token("merchant", sub=new_id(), merchant=whose, role=role)
        headers = {"Authorization": f"Bearer {bearer}"}
        path = f"/v1/merchant/debit-notes/{note['note_id']}"
        seen = await app_client.get(path, headers=headers)
        assert seen.status_code == status, (role, seen.text)
        if status == 200:
            assert seen.json() == {k: v for k, v in note.items() if k != "issued_by"}
            listed = await app_client.get("/v1/merchant/debit-notes", headers=headers)
            assert listed.json()["items"] == [seen.json()]
            page = await app_client.get(f"{path}/note.pdf", headers=headers)
            assert page.content.startswith(b"%PDF-")
