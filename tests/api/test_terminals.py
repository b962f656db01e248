"""Terminals of a store: who adds, renames and closes them, and what their codes do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from merchants.qr import parse
from merchants.roll_up_sales import roll_up_sales
from merchants.terminals import MOST_TERMINALS
from tests.api.phone import phone_of
from tests.api.probe import is_problem
from tests.api.shop import Token, slug_of, staff
from tests.servers import Place
from tests.town_builder import Store, Town, new_id

TILL: dict[str, Any] = {"label": "TILL-1", "name": "レジ1"}


@pytest.fixture
async def superuser(place: Place) -> AsyncIterator[Any]:
    """Somebody whom no policy holds."""
    connection = await asyncpg.connect(place.superuser_url)
    yield connection
    await connection.close()


def path_of(store: Store) -> str:
    return f"/v1/stores/{store.store_id}/terminals"


async def test_a_till_is_added_named_in_figures_closed_and_opened_again(
    app_client: httpx.AsyncClient, town: Town, token: Token, store: Store
):
    owner, clerk = staff(token, store), staff(token, store, "clerk")
    manager = staff(token, store, "manager", stores=[str(store.store_id)])
    own = f"{path_of(store)}/{new_id()}"
    made = await app_client.put(own, json=TILL, headers=manager)
    assert made.status_code == 201, made.text
    again = await app_client.put(own, json=TILL, headers=manager)
    assert (again.json(), again.headers["idempotent-replay"]) == (made.json(), "true")
    assert (await app_client.get(own, headers=clerk)).json() == made.json()
    bills = f"/v1/stores/{store.store_id}/bills"
    bill = {"amount_yen": 498, "terminal": "TILL-1"}
    code = (await app_client.post(bills, json=bill, headers=clerk)).json()["qr"]
    assert parse(code).terminal == "TILL-1"
    renamed = await app_client.patch(own, json={"name": "入口"}, headers=owner)
    assert (renamed.json()["name"], renamed.json()["state"]) == ("入口", "open")
    for _ in range(2):
        closed = await app_client.patch(own, json={"state": "closed"}, headers=owner)
        assert (closed.json()["name"], closed.json()["state"]) == ("入口", "closed")
    is_problem(await app_client.post(bills, json=bill, headers=clerk), 409, "terminal-closed")
    picture = f"/v1/stores/{store.store_id}/code.svg"
    drawn = await app_client.get(picture, params={"terminal": "TILL-1"}, headers=clerk)
    is_problem(drawn, 409, "terminal-closed")
    wallet = await town.open_wallet()
    await town.top_up(wallet, 1_000)
    paid = await phone_of(app_client, token, wallet).pay(store, 498, qr=code)
    assert paid.status_code == 201, "a code that was made before goes on to pay the store"
    today = str(await town.today())
    sales = {"by": "terminal", "from": today, "to": today}
    found = (await app_client.get("/v1/sales/figures", params=sales, headers=owner)).json()
    assert [(each["key"], each["name"]) for each in found["items"]] == [
        (f"{store.store_id} TILL-1", "Hinode-ya 入口")
    ]
    await app_client.patch(own, json={"state": "open"}, headers=manager)
    assert (await app_client.post(bills, json=bill, headers=clerk)).status_code == 200
    acts = await town.rows(
        "SELECT act, role FROM access.act WHERE act LIKE 'terminal%' ORDER BY at"
    )
    assert [tuple(act) for act in acts] == [
        ("terminal.made", "manager"),
        ("terminal.renamed", "owner"),
        ("terminal.closed", "owner"),
        ("terminal.reopened", "manager"),
    ]


async def test_terminals_are_listed_by_label_and_state(
    app_client: httpx.AsyncClient, token: Token, store: Store
):
    owner = staff(token, store)
    for label in ("B", "C", "A"):
        made = {"label": label, "name": "席"}
        await app_client.put(f"{path_of(store)}/{new_id()}", json=made, headers=owner)

    async def listed(**query: Any) -> Any:
        return (await app_client.get(path_of(store), params=query, headers=owner)).json()

    first = await listed(limit=2)
    rest = await listed(limit=2, cursor=first["next_cursor"])
    assert [each["label"] for each in first["items"] + rest["items"]] == ["A", "B", "C"]
    own = f"{path_of(store)}/{first['items'][1]['terminal_id']}"
    await app_client.patch(own, json={"state": "closed"}, headers=owner)
    assert [each["label"] for each in (await listed(state="closed"))["items"]] == ["B"]
    assert [each["label"] for each in (await listed(state="open"))["items"]] == ["A", "C"]


async def test_what_cannot_be_a_terminal_is_refused(
    app_client: httpx.AsyncClient, town: Town, token: Token, store: Store
):
    owner, other = staff(token, store), await town.open_store()
    own = f"{path_of(store)}/{new_id()}"
    assert (await app_client.put(own, json=TILL, headers=owner)).status_code == 201
    another = await app_client.put(own, json=TILL | {"name": "レジ2"}, headers=owner)
    is_problem(another, 409, "id-in-use")
    twice = await app_client.put(f"{path_of(store)}/{new_id()}", json=TILL, headers=owner)
    is_problem(twice, 409, "terminal-label-taken")
    for label in ("", "x" * 26, "レジ", "a\nb"):
        odd = await app_client.put(own, json=TILL | {"label": label}, headers=owner)
        assert slug_of(odd) == "malformed-request"
    for name in ("", "x" * 41):
        odd = await app_client.patch(own, json={"name": name}, headers=owner)
        assert slug_of(odd) == "malformed-request"
    picture = f"/v1/stores/{store.store_id}/stand.pdf"
    drawn = await app_client.get(picture, params={"terminal": "TILL-2"}, headers=owner)
    is_problem(drawn, 404, "terminal-unknown")
    for role in ("clerk", "accountant", "terminal"):
        headers = staff(token, store, role)
        assert (await app_client.put(own, json=TILL, headers=headers)).status_code == 403, role
        assert (await app_client.patch(own, json={}, headers=headers)).status_code == 403, role
    elsewhere = staff(token, store, "manager", stores=[str(new_id())])
    for headers in (staff(token, other), elsewhere):
        for answer in (
            await app_client.put(own, json=TILL, headers=headers),
            await app_client.patch(own, json={"name": "x"}, headers=headers),
            await app_client.get(own, headers=headers),
            await app_client.get(path_of(store), headers=headers),
        ):
            is_problem(answer, 404, "store-unknown")
    crossed = own.replace(str(store.store_id), str(other.store_id))
    theirs = staff(token, other)
    is_problem(await app_client.get(crossed, headers=theirs), 404, "terminal-unknown")
    is_problem(await app_client.put(crossed, json=TILL, headers=theirs), 409, "id-in-use")
    changed = await app_client.patch(crossed, json={"state": "closed"}, headers=theirs)
    is_problem(changed, 404, "terminal-unknown")


async def test_a_store_has_so_many_terminals_and_no_more_however_many_ask(
    app_client: httpx.AsyncClient, superuser: Any, token: Token, store: Store
):
    await superuser.execute(
        "INSERT INTO merchants.terminal (region_id, terminal_id, store_id, label, name, made_by,"
        " changed_by) SELECT region_id, gen_random_uuid(), store_id, 'T' || n, 'x', 'a', 'a'"
        " FROM merchants.store, generate_series(2, $1::int) n WHERE store_id = $2",
        MOST_TERMINALS,
        store.store_id,
    )
    owner = staff(token, store)
    answers = await asyncio.gather(
        *(
            app_client.put(
                f"{path_of(store)}/{new_id()}", json={"label": label, "name": "x"}, headers=owner
            )
            for label in ("A", "B")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    [refused] = [answer for answer in answers if answer.status_code == 409]
    assert slug_of(refused) == "terminals-enough"


async def test_labels_that_were_in_use_before_become_terminals(town: Town, superuser: Any):
    store, wallet = await town.open_store(), await town.open_wallet()
    await town.top_up(wallet, 1_000)
    await town.pay(wallet, store, 100, terminal="OLD")
    await roll_up_sales(town.database, town.region, lambda: None)
    for label in ("", "OLD", "NEW"):
        await town.pay(wallet, store, 100, terminal=label)
    script = Path("migrations/sql/0016_terminals.sql").read_text(encoding="utf-8")
    await superuser.execute(script[script.index("INSERT INTO merchants.terminal") :])
    found = await town.rows("SELECT store_id, label, name FROM merchants.terminal ORDER BY label")
    assert [tuple(row) for row in found] == [
        (store.store_id, "NEW", "NEW"),
        (store.store_id, "OLD", "OLD"),
    ]


async def test_postgresql_refuses_the_same(superuser: Any, store: Store):
    for values, constraint in (
        ("'é', 'x', 'open'", "terminal_label_is_plain"),
        ("'', 'x', 'open'", "terminal_label_is_plain"),
        ("'T1', '', 'open'", "terminal_name_is_bounded"),
        ("'T1', 'x', 'away'", "terminal_state_is_known"),
    ):
        with pytest.raises(asyncpg.CheckViolationError, match=constraint):
            await superuser.execute(
                "INSERT INTO merchants.terminal (region_id, terminal_id, store_id, label, name,"
                " state, made_by, changed_by) SELECT region_id, gen_random_uuid(), store_id,"
                f" {values}, 'a', 'a' FROM merchants.store"
            )
