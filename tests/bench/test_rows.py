"""Whatever writes payments past the engine leaves the rows that the engine leaves."""

import json
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from bench.fill import fill
from bench.fill_history import fill_history
from bench.filled import Filled
from bench.names import PERSON, STORE, WALLET, Names
from bench.pay_by_one_tx import install_one_tx
from bench.pay_in_sets import install_sets
from bench.scale import OPENING_YEN
from core.database import Database
from core.ids import uuid7
from ledger.engine import Engine
from ledger.verify import verify
from payments.pay import Pay
from payments.prepare import prepare
from tests.servers import Place

PAYMENTS = {
    "paid with coin": [(0, 1_000)],
    "paid with the points of the payment before, then with coin": [(0, 1_000), (0, 1_500)],
    "paid with points alone, which grants nothing": [(0, 2_000), (1, 600)],
    "so small that nothing is granted": [(0, 1)],
    "so small that the shop is granted nothing": [(1, 19)],
    "cut by the cap per payment": [(0, 12_000)],
    "cut by the cap per month": [(0, 10_000)] * 5,
    "refused: more than the wallet holds": [(0, OPENING_YEN + 1), (1, OPENING_YEN)],
    "refused: over the limit": [(0, 100_001)],
}
"""Store and amount of each payment, in order; each case has a wallet of its own."""

ROWS = {
    "entry": """
        SELECT entry_id, seq, business_date, kind, actor, holder_id, other_id, refers_to, amount,
               refusal, octet_length(fingerprint), facts
          FROM ledger.entry WHERE region_id = $1 ORDER BY seq""",
    "posting": """
        SELECT entry_id, line, seq, account_no, is_debit, amount, version, balance_after
          FROM ledger.posting WHERE region_id = $1 ORDER BY seq, line""",
    "account": """
        SELECT account_no, holder_id, kind, class, value, source_id, expires_on, floor, ceiling,
               balance, version, is_open
          FROM ledger.account WHERE region_id = $1 ORDER BY account_no""",
    "counter": """
        SELECT subject_id, name, scope_id, period, value, cap
          FROM ledger.counter WHERE region_id = $1 ORDER BY subject_id, name""",
    "head": "SELECT seq, account_no FROM ledger.head WHERE region_id = $1",
}
"""Everything that a payment leaves, but for times and the bytes of the fingerprint."""


@pytest.fixture
async def regions(place: Place, database: Database) -> tuple[Filled, Filled]:
    """Two regions that are equal, ids and all: one for the engine, one for the other side."""
    names = Names.at(datetime.now(UTC))
    ours, theirs = [
        await fill(database, place.owner_url, code, names, wallets=len(PAYMENTS), merchants=2)
        for code in ("ours", "theirs")
    ]
    await install_one_tx(place.owner_url, theirs)
    return ours, theirs


async def pay_by_both(
    place: Place, database: Database, regions: tuple[Filled, Filled], payments: Any
) -> None:
    ours, theirs = regions
    name = ours.names.name
    engine = Engine(database, ours.region.region_id, prepare)
    engine.start()
    owner = await asyncpg.connect(place.owner_url)
    try:
        for wallet, store, amount_yen in payments:
            entry_id = uuid7(datetime.now(UTC))
            person, where = name(PERSON, wallet), (name(WALLET, wallet), name(STORE, store))
            command = Pay(
                entry_id=entry_id,
                actor=f"resident:{person}",
                person_id=person,
                wallet_id=where[0],
                store_id=where[1],
                amount_yen=amount_yen,
            )
            await engine.submit(command)
            arguments = (theirs.region.region_id, entry_id, person, *where, amount_yen)
            await owner.execute("SELECT bench.pay($1, $2, $3, $4, $5, $6)", *arguments)
    finally:
        await owner.close()
        await engine.stop()


async def rows_of(place: Place, region_id: int) -> dict[str, list[tuple[Any, ...]]]:
    owner = await asyncpg.connect(place.owner_url)
    try:
        await owner.set_type_codec(
            "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
        )
        return {
            table: [tuple(row) for row in await owner.fetch(query, region_id)]
            for table, query in ROWS.items()
        }
    finally:
        await owner.close()


async def test_both_sides_leave_the_same_rows(place, database, regions):
    payments = [
        (wallet, store, amount_yen)
        for wallet, case in enumerate(PAYMENTS.values())
        for store, amount_yen in case
    ]
    await pay_by_both(place, database, regions, payments)
    await expect_the_same_rows(place, regions)
    assert [verdict.faults for verdict in await verify(database)] == [(), ()]


async def test_both_sides_make_a_lot_where_the_wallet_has_none(place, database, regions):
    await change_accounts(place, "points", "expires_on = '2020-01-31', is_open = false")
    await pay_by_both(place, database, regions, [(0, 0, 1_000), (0, 0, 1_000)])
    await expect_the_same_rows(place, regions)
    assert [verdict.faults for verdict in await verify(database)] == [(), ()]


@pytest.mark.parametrize("left_yen", [0, 100, 320])
async def test_both_sides_come_to_the_end_of_a_budget(place, database, regions, left_yen):
    await change_accounts(place, "budget", f"balance = {left_yen}")
    await pay_by_both(place, database, regions, [(0, 0, 1_000), (1, 1, 1_000)])
    await expect_the_same_rows(place, regions)


async def change_accounts(place: Place, kind: str, change: str) -> None:
    owner = await asyncpg.connect(place.owner_url)
    await owner.execute(f"UPDATE ledger.account SET {change} WHERE kind = '{kind}'")
    await owner.close()


async def expect_the_same_rows(place: Place, regions: tuple[Filled, Filled]) -> None:
    ours, theirs = [await rows_of(place, filled.region.region_id) for filled in regions]
    for table, query in ROWS.items():
        assert ours[table] == theirs[table], query


async def test_sets_leave_the_same_rows_as_the_engine(place, database, regions):
    """But for the budget's headroom in the facts, which is that of the drawing."""
    ours, theirs = regions
    payments = [(wallet, wallet % 2, 1_000 + wallet) for wallet in range(len(PAYMENTS))]
    await pay_by_engine_alone(database, ours, payments)
    batches = await install_sets(place.owner_url, theirs, payments)
    owner = await asyncpg.connect(place.owner_url)
    for batch in range(batches):
        await owner.execute(
            "SELECT bench.write_batch($1, $2, $3, $4)",
            theirs.region.region_id, batch, theirs.region.zone.key, theirs.campaign_id,
        )  # fmt: skip
    await owner.close()
    found = [without_names_and_headroom(await rows_of(place, f.region.region_id)) for f in regions]
    assert found[0] == found[1]
    assert [verdict.faults for verdict in await verify(database)] == [(), ()]


async def test_a_history_is_sound_and_leaves_wallets_as_they_were(place, database, regions):
    filled, _ = regions
    await fill_history(place.owner_url, filled, 5 * filled.wallets)
    verdicts = await verify(database)
    assert [verdict.faults for verdict in verdicts] == [(), ()]
    assert verdicts[0].entries == verdicts[1].entries + 5 * filled.wallets
    points = await rows_of(place, filled.region.region_id)
    assert {row[9] for row in points["account"] if row[2] == "points"} == {0}
    assert any(row[4] for row in points["counter"])
    await pay_by_engine_alone(database, filled, [(0, 0, 1_000)])


def without_names_and_headroom(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, Any]:
    """Ids are new in each region, so entries and postings are told apart by their numbers."""
    entries = []
    for _, *entry, facts in rows["entry"]:
        for grant in facts.get("grants", ()):
            del grant["headroom"]
        entries.append((*entry, facts))
    postings = [row[1:] for row in rows["posting"]]
    return {**rows, "entry": entries, "posting": postings}


async def pay_by_engine_alone(database: Database, filled: Filled, payments: Any) -> None:
    name = filled.names.name
    engine = Engine(database, filled.region.region_id, prepare)
    engine.start()
    for wallet, store, amount_yen in payments:
        person_id = name(PERSON, wallet)
        command = Pay(
            entry_id=uuid7(datetime.now(UTC)),
            actor=f"resident:{person_id}",
            person_id=person_id,
            wallet_id=name(WALLET, wallet),
            store_id=name(STORE, store),
            amount_yen=amount_yen,
        )
        (await engine.submit(command)).accepted()
    await engine.stop()
