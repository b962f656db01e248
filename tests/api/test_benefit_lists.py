"""The list of a benefit: kept whole or not, by hashes, and forgotten; its figures and letters."""

import asyncio
import csv
import io
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from api.benefit_figures import PIECE
from tests.api.admin_office import Office
from tests.api.benefit_steps import (
    WHY,
    Listed,
    asked,
    brings,
    drafted,
    listed,
    offered,
    person,
    turned,
)
from tests.api.campaign_steps import decided
from tests.api.probe import is_problem
from tests.town_builder import Town, new_id


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def lines_of(town: Town, columns: str = "line, reference, mac, group_name") -> list[Any]:
    return await town.rows(f"SELECT {columns} FROM campaigns.benefit_line ORDER BY list_id, line")


async def test_a_list_is_kept_by_hashes_and_forgotten_when_it_is_closed(office: Office, town: Town):
    made = await listed(office, town, [person(1), person(2)])
    other = await listed(office, town, [person(1)])
    rows = await lines_of(town)
    assert len({bytes(row.mac) for row in rows}) == 3, "one person, another list: another hash"
    said = [
        row.said
        for table in ("campaigns.benefit_line", "ledger.entry", "access.act", "ledger.holder")
        for row in await town.rows(f"SELECT t::text AS said FROM {table} t")
    ]
    assert not [row for row in said if "9012340001" in row or "090-1234" in row]
    second = new_id()
    path = f"{made.path}/lists/{second}"
    assert (await brings(office, path, 1, person(7))).status_code == 200
    shown = (await office.get("auditor", path)).json()
    assert (shown["is_in_force"], shown["lines"]) == (False, 1)
    assert (await office.put("desk", path, {"lines": 1, **WHY})).status_code == 201
    is_problem(await office.get("desk", f"{made.path}/lists/{made.list_id}"), 404, "list-unknown")
    assert {row.reference for row in await lines_of(town)} == {"A-000001", "A-000007"}
    for each in (made, other):
        await turned(office, each, "closed")
    kept = {(row.reference, row.mac) for row in await lines_of(town)}
    assert kept == {("A-000001", None), ("A-000007", None)}


async def test_a_part_is_kept_whole_or_not_at_all(office: Office, town: Town):
    benefit_id, list_id = await drafted(office, town), new_id()
    path = f"benefits/{benefit_id}/lists/{list_id}"

    answer = await brings(
        office, path, 1, person(1), person(2, phone="12"), person(3), person(4, group="x")
    )
    is_problem(answer, 422, "malformed-request")
    places = [each["pointer"] for each in answer.json()["errors"]]
    assert places == ["/lines/1/phone", "/lines/3/group"]
    assert await lines_of(town) == []
    answer = await brings(
        office, path, 1, person(1), person(2), person(1), person(3, phone="+819012340002")
    )
    is_problem(answer, 409, "list-line-repeated")
    assert answer.json()["repeated"] == [
        "line 3: reference of line 1",
        "line 3: person of line 1",
        "line 4: person of line 2",
    ]
    assert await lines_of(town) == []
    assert (await brings(office, path, 1, person(1), person(2))).status_code == 200
    answer = await brings(office, path, 5, person(5), person(2, reference="other"))
    assert answer.json()["repeated"] == ["line 6: person of line 2"]
    for part in ((person(1), person(3)), (person(1), person(2), person(3))):
        is_problem(await brings(office, path, 1, *part), 409, "list-part-differs")
    is_problem(await brings(office, path, 2, person(2), person(3)), 409, "list-part-differs")
    assert (await brings(office, path, 4, person(4))).status_code == 200
    for lines in (3, 4):
        answer = await office.put("desk", path, {"lines": lines, **WHY})
        is_problem(answer, 409, "list-incomplete")
    assert answer.json()["last_line"] == 4
    assert (await brings(office, path, 3, person(3))).json()["lines_so_far"] == 4
    colleague = uuid4()
    answer = await brings(office, path, 5, person(9), sub=colleague)
    is_problem(answer, 409, "list-in-use")
    answer = await office.put("desk", path, {"lines": 4, **WHY}, colleague)
    is_problem(answer, 409, "list-in-use")
    elsewhere = f"benefits/{await drafted(office, town)}/lists/{list_id}"
    answer = await brings(office, elsewhere, 1, person(9))
    is_problem(answer, 409, "list-in-use")
    is_problem(await office.put("desk", elsewhere, {"lines": 4, **WHY}), 404, "list-unknown")
    assert (await office.put("desk", path, {"lines": 4, **WHY})).json()["lines"] == 4


async def test_the_same_part_many_times_at_once_is_one(office: Office, town: Town):
    path = f"benefits/{await drafted(office, town)}/lists/{new_id()}"
    part = [person(number) for number in range(1, 100)]
    answers = await asyncio.gather(*(brings(office, path, 1, *part) for _ in range(6)))
    assert [each.status_code for each in answers] == [200] * 6
    assert len(await lines_of(town)) == 99
    acts = "SELECT 1 FROM access.act WHERE act = 'benefit_list.part_brought'"
    assert len(await town.rows(acts)) == 1


MALFORMED: list[tuple[Any, str]] = [
    ({"reference": "A-1"}, "/lines/0"),
    (person(1, person_id=str(uuid4())), "/lines/0"),
    (person(1, reference="世田谷 花子"), "/lines/0/reference"),
    (person(1, reference=""), "/lines/0/reference"),
    (person(1, reference="-1"), "/lines/0/reference"),
    (person(1, reference=1), "/lines/0/reference"),
    (person(1, phone=9012340001), "/lines/0/phone"),
    (person(1, phone="03-1234-5678"), "/lines/0/phone"),
    (person(1, phone="x" * 41), "/lines/0/phone"),
    ({"reference": "A-1", "person_id": "x"}, "/lines/0/person_id"),
    (person(1, group=" "), "/lines/0/group"),
    (person(1, name="花子"), "/lines/0/name"),
    ("A-1", "/lines/0"),
]


async def test_a_malformed_line_is_refused_by_its_place(office: Office, town: Town):
    path = f"benefits/{await drafted(office, town)}/lists/{new_id()}"
    for line, where in MALFORMED:
        answer = await brings(office, path, 1, line)
        is_problem(answer, 422, "malformed-request")
        assert answer.json()["errors"][0]["pointer"] == where, line
    assert await lines_of(town) == []


async def test_other_malformed_parts_and_lists_are_refused(office: Office, town: Town):
    benefit = f"benefits/{await drafted(office, town)}"
    path, many = f"{benefit}/lists/{new_id()}", [person(n) for n in range(1, 502)]
    for first, lines in (
        (0, [person(1)]),
        (200_001, [person(1)]),
        (200_000, [person(1), person(2)]),
        (1.0, [person(1)]),
        ("1", [person(1)]),
        (1, []),
        (1, many),
    ):
        body = {"first_line": first, "lines": lines}
        answer = await office.post("desk", f"{path}/parts", body)
        is_problem(answer, 422, "malformed-request")
    is_problem(await office.post("desk", f"{path}/parts", {}), 422, "malformed-request")
    answer = await brings(office, f"{benefit}/lists/{uuid4()}", 1, person(1))
    is_problem(answer, 422, "malformed-id")
    answer = await office.put("desk", f"{benefit}/lists/{uuid4()}", {"lines": 1, **WHY})
    is_problem(answer, 422, "malformed-id")
    for wrong in (0, 1.0, 200_001, "1", None):
        answer = await office.put("desk", path, {"lines": wrong, **WHY})
        is_problem(answer, 422, "malformed-request")
    answer = await office.put("desk", path, {"lines": 1})
    is_problem(answer, 422, "malformed-request")
    number = person(1, reference="123456789018")
    answer = await brings(office, path, 1, number)
    is_problem(answer, 422, "my-number-refused")
    assert await lines_of(town) == []
    answer = await brings(office, f"benefits/{new_id()}/lists/{new_id()}", 1, person(1))
    is_problem(answer, 404, "benefit-unknown")


async def take(office: Office, town: Town, token, number: int, answer: str) -> None:
    """Somebody with a number answers the one offer."""
    wallet = await town.open_wallet()
    row = "INSERT INTO residents.person (region_id, person_id, phone) VALUES (1, :person, :phone)"
    async with town.database.transaction(1) as db:
        phone = f"+81901234{number:04}"
        await db.execute(text(row), {"person": wallet.person_id, "phone": phone})
    headers = {"Authorization": f"Bearer {token('resident', sub=wallet.person_id)}"}
    [offer] = (await office.client.get("/v1/offers", headers=headers)).json()["items"]
    if answer == "look":
        return
    body = {"answer": answer} | ({"wallet_id": str(wallet.wallet_id)} if answer == "use" else {})
    path = f"/v1/offers/{offer['offer_id']}/answer"
    said = await office.client.put(path, json=body, headers=headers)
    assert said.status_code == 201, said.text


async def test_the_figures_add_up_and_the_rest_is_listed_for_letters(
    office: Office, town: Town, token
):
    groups = {"single": 100, "=family": 250}
    lines = [person(n, group="=family" if n % 2 else "single") for n in range(1, 7)]
    made = await offered(office, town, lines, 1_050, amounts_points=groups)
    early = (await office.post("desk", f"{made.path}/unclaimed-lines", WHY)).text
    assert early.count("\r\n") == 7
    for number, says in ((1, "use"), (2, "decline"), (3, "look"), (4, "use")):
        await take(office, town, token, number, says)
    figures = (await office.get("finance", f"{made.path}/figures")).json()
    assert {name: figures[name] for name in figures if name != "benefit_id"} == {
        "offered": 6,
        "matched": 4,
        "used": 2,
        "declined": 1,
        "unclaimed": 3,
        "used_yen": 350,
        "budget_left_yen": 700,
        "returned_yen": 0,
    }
    await turned(office, made, "closed")
    why = {"reason": "letters to the others"}
    answer = await office.post("desk", f"{made.path}/unclaimed-lines", why)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert head == ["行", "参照番号", "区分", "ポイント"]
    assert rows == [
        ["3", "A-000003", "'=family", "250"],
        ["5", "A-000005", "'=family", "250"],
        ["6", "A-000006", "single", "100"],
    ]
    acts = await town.rows(
        "SELECT role, reason FROM access.act WHERE act = 'benefit.unclaimed_listed' ORDER BY act_id"
    )
    assert [tuple(row) for row in acts] == [
        ("desk", "the council decided"),
        ("desk", "letters to the others"),
    ]
    figures = (await office.get("finance", f"{made.path}/figures")).json()
    assert (figures["matched"], figures["unclaimed"]) == (None, 3)
    shown = (await office.get("approver", f"{made.path}/lists/{made.list_id}")).json()
    assert shown["groups"] == [
        {"group": "=family", "lines": 3, "points": 250},
        {"group": "single", "lines": 3, "points": 100},
    ]
    secret = {"reason": "123456789018"}
    answer = await office.post("desk", f"{made.path}/unclaimed-lines", secret)
    is_problem(answer, 422, "my-number-refused")
    answer = await office.post("desk", f"{made.path}/unclaimed-lines", {})
    is_problem(answer, 422, "malformed-request")


async def test_a_draft_has_nothing_for_letters(office: Office, town: Town):
    path = f"benefits/{await drafted(office, town)}"
    answer = await office.post("desk", f"{path}/unclaimed-lines", WHY)
    is_problem(answer, 409, "benefit-state-wrong")
    figures = (await office.get("desk", f"{path}/figures")).json()
    assert (figures["offered"], figures["matched"], figures["budget_left_yen"]) == (0, None, 0)


async def test_a_long_list_is_sent_in_pieces_and_everybody_is_matched(office: Office, town: Town):
    many = PIECE + 7
    benefit_id, list_id = await drafted(office, town, amount_points=1), new_id()
    path = f"benefits/{benefit_id}/lists/{list_id}"
    for first in range(1, many + 1, 500):
        part = [person(n) for n in range(first, min(first + 500, many + 1))]
        answer = await brings(office, path, first, *part)
        assert answer.status_code == 200, answer.text
    await office.put("desk", path, {"lines": many, **WHY})
    made = Listed(benefit_id, list_id)
    await decided(office, await asked(office, made))
    funding = {"amount_yen": many, "funder": "city"}
    await office.put("finance", f"{made.path}/fundings/{new_id()}", funding)
    await turned(office, made, "offered")
    rows = (
        "INSERT INTO residents.person (region_id, person_id, phone) SELECT 1, gen_random_uuid(),"
        " '+81901234' || lpad(n::text, 4, '0') FROM generate_series(1, :many) n"
    )
    async with town.database.transaction(1) as db:
        await db.execute(text(rows), {"many": many})
    figures = (await office.get("desk", f"{made.path}/figures")).json()
    assert (figures["matched"], figures["unclaimed"]) == (many, many)
    told = (await office.post("desk", f"{made.path}/unclaimed-lines", WHY)).text
    assert [line.split(",")[0] for line in told.splitlines()[1:]] == [
        str(n) for n in range(1, many + 1)
    ]


async def test_a_list_in_force_does_not_grow(office: Office, town: Town):
    """Or else an approver would have seen fewer people, and less money, than there are."""
    made = await listed(office, town, [person(1)])
    path = f"{made.path}/lists/{made.list_id}"
    is_problem(await brings(office, path, 2, person(2)), 409, "list-in-force")
    assert len(await lines_of(town)) == 1
    assert (await brings(office, path, 1, person(1))).json()["lines_so_far"] == 1
    answer = await decided(office, await asked(office, made))
    assert answer.status_code == 200, answer.text
