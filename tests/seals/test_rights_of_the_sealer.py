"""What the sealer's role may touch, asked of the catalog and tried: it seals, and moves nothing."""

from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import pytest

from core.database import Connection, Database
from tests.seals.sealed_town import live, sealed, sealing
from tests.servers import Place, Servers
from tests.town_builder import Town, open_region, running_engine

OURS: Final = "('ledger', 'merchants', 'campaigns', 'access', 'seals', 'meguri')"

READ: Final = {
    "ledger.region": {"*"},
    "ledger.entry": {"*"},
    "ledger.posting": {"*"},
    "ledger.head": {"region_id", "seq"},
    "ledger.account": {
        "region_id", "account_no", "holder_id", "kind", "class", "value", "source_id",
        "expires_on", "floor", "ceiling",
    },
    "ledger.holder": {"region_id", "holder_id", "kind", "parent_id", "subject_id"},
    "seals.block": {"*"},
    "seals.publication": {"*"},
    "seals.turn": {"*"},
    "seals.key": {"*"},
}  # fmt: skip
"""Columns that it reads: no balance, no state, no name of a shop, no salt."""
WRITTEN: Final = {
    "seals.publication": {"*"},
    "seals.key": {"key_id", "public"},
    "seals.turn": {"*"},
}
"""Columns that it may insert; blocks come by seals.append()."""


@pytest.fixture(scope="module")
async def sealed_place(servers: Servers) -> AsyncIterator[Place]:
    """A sealed town, and another region."""
    place = await servers.clone()
    database = Database(place.app_url)
    region = await open_region(database, "setagaya", "Asia/Tokyo")
    await open_region(database, "tsubame", "Asia/Tokyo")
    async with running_engine(database, region) as engine:
        town = Town(place, database, region, engine)
        await live(town)
        await sealed(town)
    await database.close()
    yield place
    await servers.leave(place)


@pytest.fixture
async def sealer(sealed_place: Place) -> AsyncIterator[Connection]:
    """The sealer in the session of the first region."""
    async with sealing(sealed_place) as database:
        connection = await database.connect_region(1)
        yield connection
        await connection.close()


async def columns(sealer: Connection, right: str) -> dict[str, set[str]]:
    """The columns of each table on which the role has a right; `*` where it has all."""
    rows = await sealer.fetch(
        "SELECT attrelid::regclass::text AS name, attname,"
        "       has_column_privilege(attrelid, attnum, $1) AS has FROM pg_attribute"
        "  JOIN pg_class ON pg_class.oid = attrelid AND relkind IN ('r', 'p', 'v', 'm', 'f')"
        f" WHERE attnum > 0 AND NOT attisdropped AND relnamespace::regnamespace::text IN {OURS}",
        right,
    )
    assert len({row["name"] for row in rows}) > 20
    found, all_of = defaultdict(set), defaultdict(set)
    for row in rows:
        all_of[row["name"]].add(row["attname"])
        if row["has"]:
            found[row["name"]].add(row["attname"])
    return {name: {"*"} if had == all_of[name] else had for name, had in found.items()}


async def test_it_reads_what_is_sealed_and_appends_to_the_seals(sealer: Connection):
    assert await columns(sealer, "SELECT") == READ
    assert await columns(sealer, "INSERT") == WRITTEN
    assert await columns(sealer, "UPDATE") == {"seals.turn": {"*"}}, "to lock a region's row"
    assert await columns(sealer, "REFERENCES") == {}
    rows = await sealer.fetch(
        "SELECT c.oid::regclass::text AS name, r FROM pg_class c, unnest($1::text[]) r"
        " WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND has_table_privilege(c.oid, r)"
        f"   AND relnamespace::regnamespace::text IN {OURS}",
        ["UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "MAINTAIN"],
    )
    assert rows == []


async def test_it_executes_what_sealing_needs_and_nothing_that_moves_value(sealer: Connection):
    rows = await sealer.fetch(
        "SELECT oid::regproc::text AS name, has_function_privilege(oid, 'EXECUTE') AS may"
        f"  FROM pg_proc WHERE pronamespace::regnamespace::text IN {OURS} AND prokind = 'f'"
    )
    assert {row["name"] for row in rows if row["may"]} == {
        "ledger.session_region", "ledger.now", "seals.append",
    }  # fmt: skip
    assert len(rows) > 8


@pytest.mark.parametrize("name", ["ledger.write", "ledger.load", "ledger.open_region",
                                  "ledger.make_partitions", "ledger.make_month"])  # fmt: skip
async def test_the_doors_of_the_ledger_are_closed_to_it(sealer: Connection, name: str):
    types = await sealer.fetchval(
        "SELECT array(SELECT format_type(t, NULL) FROM unnest(proargtypes) t)"
        "  FROM pg_proc WHERE oid = $1::regproc",
        name,
    )
    nulls = ", ".join(f"NULL::{each}" for each in types)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await sealer.execute(f"SELECT {name}({nulls})")


async def test_it_writes_no_table_but_the_three(sealer: Connection):
    rows = await sealer.fetch(
        "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind IN ('r', 'p')"
        f"   AND relnamespace::regnamespace::text IN {OURS}"
    )
    tables = {row["name"] for row in rows}
    assert {"ledger.entry", "merchants.store", "access.revocation", "seals.salt"} < tables
    for name in tables:
        tried = [f"DELETE FROM {name}", f"TRUNCATE {name}", f"DROP TABLE {name}"]
        tried += [f"INSERT INTO {name} DEFAULT VALUES"] if name not in WRITTEN else []
        for statement in tried:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await sealer.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger.account SET balance = balance + 1",
        "UPDATE ledger.head SET seq = 0",
        "SELECT balance FROM ledger.account",
        "SELECT FROM ledger.head FOR UPDATE",
        "UPDATE merchants.store SET name = 'ours'",
        "SELECT * FROM merchants.merchant",
        "SELECT salts FROM seals.salt",
        "SET meguri.erasing = 'on'; UPDATE ledger.entry SET facts = '{}'",
        "INSERT INTO seals.erasure VALUES (1, 1, now(), '{}', '{}')",
        "INSERT INTO seals.block SELECT * FROM seals.block",
        "INSERT INTO seals.publication VALUES (2, '2031-01-01', 1, now())",
        "INSERT INTO seals.key (key_id, public, made_at) VALUES ('', '', now())",
        "SET ROLE meguri_app",
        "SET ROLE meguri_owner",
        "GRANT meguri_sealer TO meguri_app",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (n integer)",
        "SET session_replication_role = replica",
    ],
)
async def test_it_is_refused_whatever_is_not_sealing(sealer: Connection, statement: str):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await sealer.execute(statement)


async def test_it_sees_one_region_at_a_time(sealed_place: Place):
    async with sealing(sealed_place) as database:
        for region_id, seen in (("1", [1]), ("2", [2]), ("", [])):
            connection = await database.connect(**{"meguri.region": region_id})
            for table in ("entry", "head", "holder", "account"):
                rows = await connection.fetch(f"SELECT DISTINCT region_id FROM ledger.{table}")
                assert [row["region_id"] for row in rows] in (seen, []), table
            heads = await connection.fetch("SELECT region_id FROM ledger.head")
            assert [row["region_id"] for row in heads] == seen
            await connection.close()
