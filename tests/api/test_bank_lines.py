"""Bank lines: proposed by amount, day and name, confirmed by a person, entered by the verbs."""

import asyncio
from datetime import date, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from openpyxl.reader.excel import load_workbook

from merchants.import_statement import Wished, import_statement, read_statement
from merchants.statement_profile import SHIPPED
from payments.verify import verify_books
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.api.test_bank_statements import opened
from tests.api.test_settlements import CLOSED, settlement_of
from tests.api.test_transfer_files import approved, made, office, stores
from tests.merchant_rows import DOER
from tests.servers import Place
from tests.town_builder import Store, Town, new_id

__all__ = ["office", "stores"]

WHY = {"reason": "明細と照合"}
Rows = list[tuple[int, int, str]]


async def lines_of(office: Office, town: Town, rows: Rows) -> dict[int, str]:
    """Import a statement of February with these days, amounts and texts: amount -> path.

    By the verb: the app's own clock stands before the run's pay day.
    """
    balance, written = 100_000, "date,amount,balance,text,reference,currency\n"
    for day, yen, text in rows:
        balance += yen
        written += f"{date(2027, 2, day)},{yen},{balance},{text},{'0012' * (yen == 7)},JPY\n"
    profile, account_id = SHIPPED["generic", 1], UUID(await opened(office))
    wished = Wished(new_id(), account_id, profile, written.encode())
    said = read_statement(profile, wished.content, date(2027, 2, 3))
    async with town.database.transaction(town.region.region_id) as db:
        await import_statement(db, town.region.region_id, wished, said, DOER)
    listed = (await office.get("finance", "bank-lines")).json()["items"]
    signs = {"incoming": 1, "outgoing": -1}
    return {
        signs[line["side"]] * line["amount_yen"]: f"bank-lines/{line['line_id']}" for line in listed
    }


async def sent(office: Office, town: Town, at: datetime = CLOSED) -> dict[str, Any]:
    """A transfer file that was sent."""
    file = await made(office, await approved(office, town, at))
    maker, office.people["finance"] = office.people["finance"], new_id()
    answer = await office.post("finance", f"transfer-files/{file['file_id']}/sending", {})
    assert answer.json()["state"] == "sent"
    office.people["finance"] = maker
    return file


async def match(office: Office, line: str, kind: str, target: Any = None, **more: Any) -> Any:
    body = {"kind": kind, "target_id": None if target is None else str(target), **WHY, **more}
    return await office.put("finance", f"{line}/matches/{new_id()}", body)


async def states(office: Office, **query: Any) -> dict[int, str]:
    listed = (await office.get("auditor", "bank-lines", **query)).json()["items"]
    return {line["amount_yen"]: line["state"] for line in listed}


async def proposals(office: Office, line: str) -> list[tuple[str, Any, int, bool]]:
    told = (await office.get("finance", line)).json()["proposals"]
    return [(each["kind"], each["target_id"], each["fee_yen"], each["is_named"]) for each in told]


async def test_a_day_of_finance_from_the_statement_to_books_that_agree(
    office: Office, town: Town, second_town: Town, stores: list[Store], place: Place, token
):
    funding = await town.fund(await town.draft_campaign(), 50_000)
    file = await sent(office, town)
    lines = await lines_of(
        office,
        town,
        [
            (1, -2_951, "総合振込"),
            (1, -440, "フリコミテスウリヨウ"),
            (2, 984, "クミモドシ ミホンシヨクドウ"),
            (2, 30_000, "city 会計管理者"),
            (3, 49_000, "HINODE-BANK"),
            (3, 7, "=利息"),
        ],
    )
    proposed = dict.fromkeys((2_951, 440, 30_000, 49_000), "proposed")
    assert await states(office) == proposed | {984: "unmatched", 7: "unmatched"}
    assert await proposals(office, lines[-2_951]) == [("file", file["file_id"], 0, False)]
    assert await proposals(office, lines[-440]) == [("aside", None, 0, True)]
    assert await states(office, state="unmatched") == {984: "unmatched", 7: "unmatched"}
    assert set(await states(office, text="みほん")) == {984}
    assert set(await states(office, side="incoming", to_day="2027-02-02", min_yen=985)) == {30_000}

    path = await _confirmed_once(office, town, lines[-2_951], file["file_id"])
    await _returned(office, stores, lines[984])
    await _funded(office, lines, funding.entry_id)
    [(kind, provider, _, named)] = await proposals(office, lines[49_000])
    assert (kind, named) == ("provider", True)
    assert (await match(office, lines[49_000], "provider", provider)).status_code == 201
    assert (await match(office, lines[-440], "aside")).status_code == 201
    await _figures_agree(office, town)
    theirs = Office(office.client, token, "tsubame")
    assert (await theirs.get("finance", "bank-lines")).json()["items"] == []
    is_problem(await theirs.get("finance", lines[7]), 404, "bank-line-unknown")
    is_problem(await match(theirs, lines[7], "aside"), 404, "bank-line-unknown")
    is_problem(await theirs.get("finance", path), 404, "line-match-unknown")
    await _changes_are_found(town, place)


async def _confirmed_once(office: Office, town: Town, line: str, file_id: str) -> str:
    """The path of the match of two at once that came to stand."""
    both = await asyncio.gather(*(match(office, line, "file", file_id) for _ in range(2)))
    assert sorted(each.status_code for each in both) == [201, 409]
    [refused] = [each for each in both if each.status_code == 409]
    is_problem(refused, 409, "bank-line-matched")
    [first] = [each.json() for each in both if each.status_code == 201]
    path = f"{line}/matches/{first['match_id']}"
    body = {name: first[name] for name in ("kind", "target_id", "fee_yen", "reason")}
    assert (await office.put("finance", path, body)).json() == first
    assert (await office.get("auditor", path)).json() == first
    is_problem(await office.put("finance", path, body | {"fee_yen": 1}), 409, "id-in-use")
    paid = await town.rows(
        "SELECT amount, facts ->> 'bank_line_id' AS line FROM ledger.entry"
        " WHERE kind = 'payout.paid' ORDER BY amount"
    )
    line_id = line.removeprefix("bank-lines/")
    assert [(row.amount, row.line) for row in paid] == [(984, line_id), (1_967, line_id)]
    return path


async def _returned(office: Office, stores: list[Store], back: str) -> None:
    small, large = [await settlement_of(office, store) for store in stores[:2]]
    assert await proposals(office, back) == [
        ("return", small["settlement_id"], 0, True),
        ("return", large["settlement_id"], 983, True),  # both shops have one holder's name
    ]
    answer = await match(office, back, "return", large["settlement_id"])
    is_problem(answer, 409, "bank-line-amount-differs")
    assert answer.json()["expected_yen"] == 1_967
    is_problem(
        await match(office, back, "transfer", small["settlement_id"]), 409, "bank-line-side-wrong"
    )
    is_problem(await match(office, back, "return", new_id()), 404, "settlement-unknown")
    is_problem(await match(office, back, "funding", new_id()), 404, "funding-unknown")
    is_problem(await match(office, back, "provider", new_id()), 404, "provider-unknown")
    is_problem(await match(office, back, "aside", new_id()), 422, "malformed-request")
    returned = await match(office, back, "return", small["settlement_id"])
    assert returned.status_code == 201, returned.text
    assert (await settlement_of(office, stores[0]))["state"] == "returned"
    undoing = f"{back}/matches/{returned.json()['match_id']}/undoing"
    is_problem(await office.post("finance", undoing, WHY), 409, "line-match-final")


async def _funded(office: Office, lines: dict[int, str], funding_id: UUID) -> None:
    promised = await match(office, lines[30_000], "funding", funding_id)
    assert promised.status_code == 201, promised.text
    over = await match(office, lines[49_000], "funding", funding_id)
    is_problem(over, 409, "bank-line-amount-differs")
    undoing = f"{lines[30_000]}/matches/{promised.json()['match_id']}/undoing"
    is_problem(await office.post("auditor", undoing, WHY), 403, "role-missing")
    undone = await office.post("finance", undoing, WHY)
    assert (await office.post("finance", undoing, WHY)).json() == undone.json()
    is_problem(await office.post("finance", undoing, {"reason": "-"}), 409, "line-match-undone")
    assert (await states(office, state="open"))[30_000] == "proposed"
    assert (await match(office, lines[30_000], "funding", funding_id)).status_code == 201


async def _figures_agree(office: Office, town: Town) -> None:
    told = (await office.get("finance", "bank-reconciliation")).json()
    [account] = told.pop("accounts")
    assert (account["closing_yen"], account["gap_yen"]) == (100_000 + 76_600, 0)
    assert told == {
        "ledger_yen": 77_033, "lines_yen": 76_600, "difference_yen": -433, "open_yen": 7,
        "aside_yen": -440, "fundings_yen": 0, "providers_yen": 0, "fees_yen": 0,
        "entered_yen": 0, "unexplained_yen": 0,
    }  # fmt: skip
    totals = (await office.get("finance", "bank-line-totals", side="incoming")).json()["items"]
    assert [(each["state"], each["lines"], each["incoming_yen"]) for each in totals] == [
        ("confirmed", 3, 79_984), ("unmatched", 1, 7),
    ]  # fmt: skip
    table = await office.get("finance", "bank-lines.csv", state="unmatched")
    assert table.text.startswith("\ufeff日付,")
    assert all(part in table.text for part in (",7,,176600,'=利息,", ",候補なし,,"))
    sheet = await office.get("finance", "bank-lines.xlsx")
    told = list(load_workbook(BytesIO(sheet.content)).worksheets[0].iter_rows(values_only=True))
    assert {row[2] for row in told[1:]} == {account["label"]}
    assert "0012" in {row[7] for row in told}
    acts = await town.rows("SELECT count(*) AS n FROM access.act WHERE act = 'bank_line.matched'")
    assert acts[0].n == 6
    assert (await verify_books(town.database, town.region)).faults == ()


async def _changes_are_found(town: Town, place: Place) -> None:
    """What somebody changes past every guard is told, also where line and match still agree."""
    superuser = await asyncpg.connect(place.superuser_url)
    try:
        await superuser.execute(
            "SET session_replication_role = replica;"
            "DELETE FROM merchants.line_match WHERE kind = 'provider';"
            "UPDATE merchants.line_match SET amount_yen = 985 WHERE kind = 'return';"
            "UPDATE merchants.bank_line SET amount_yen = 985 WHERE amount_yen = 984;"
            "UPDATE merchants.line_match SET amount_yen = 60000 WHERE kind = 'funding'"
        )
    finally:
        await superuser.close()
    found = {fault.check for fault in (await verify_books(town.database, town.region)).faults}
    assert found == {
        "bank lines are what the files say", "a match is of its line's amount and side",
        "what a line stands for was entered, for its amount", "money that came is of a match",
        "lines bring no more than a funder promised", "a match of money that came has its entry",
    }  # fmt: skip


async def test_a_bank_may_debit_each_transfer_by_itself_with_its_fee(
    office: Office, town: Town, stores: list[Store]
):
    file = await sent(office, town)
    one = f"transfer-files/{file['file_id']}"
    small, large = [await settlement_of(office, store) for store in stores[:2]]
    lines = await lines_of(
        office,
        town,
        [
            (1, -984, "フリコミ ミホンシヨクドウ"),
            (1, -2_077, "フリコミ ミホンシヨクドウ"),
            (2, 1_747, "ミホンシヨクドウ"),
        ],
    )
    assert await proposals(office, lines[-984]) == [("transfer", small["settlement_id"], 0, True)]
    named = ("transfer", large["settlement_id"], 110, True)
    assert await proposals(office, lines[-2_077]) == [named]
    answer = await match(office, lines[-984], "file", file["file_id"])
    is_problem(answer, 409, "bank-line-amount-differs")
    answer = await match(office, lines[-984], "transfer", small["settlement_id"])
    assert answer.status_code == 201, answer.text
    of_three = [(await settlement_of(office, store))["state"] for store in stores]
    assert of_three == ["paid", "due", "due"]
    again = await match(office, lines[-2_077], "transfer", small["settlement_id"], fee_yen=1_093)
    is_problem(again, 409, "line-target-matched")
    whole = await match(office, lines[-2_077], "file", file["file_id"])
    is_problem(whole, 409, "bank-line-amount-differs")
    answer = await match(office, lines[-2_077], "transfer", large["settlement_id"], fee_yen=110)
    assert (answer.status_code, answer.json()["amount_yen"]) == (201, 1_967)
    run_id = large["run_id"]
    [listed] = (await office.get("finance", f"settlement-runs/{run_id}/transfer-files")).json()[
        "items"
    ]
    assert listed["state"] == "paid", one
    # The bank kept 220 of what came back.
    assert await proposals(office, lines[1_747]) == [("return", large["settlement_id"], 220, True)]
    answer = await match(office, lines[1_747], "return", large["settlement_id"], fee_yen=220)
    assert answer.status_code == 201, answer.text
    told = (await office.get("finance", "bank-reconciliation")).json()
    assert (told["ledger_yen"], told["lines_yen"], told["fees_yen"]) == (-984, -1_314, -330)
    assert told["unexplained_yen"] == 0
    assert (await verify_books(town.database, town.region)).faults == ()


@pytest.mark.parametrize("role", ["approver", "auditor", "desk"])
async def test_only_finance_decides(office: Office, role: str):
    body = {"kind": "aside", **WHY}
    answer = await office.put(role, f"bank-lines/{new_id()}/matches/{new_id()}", body)
    is_problem(answer, 403, "role-missing")
