"""What the application's role may touch, asked of the catalog, so that nothing is forgotten."""

from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import pytest

from core.database import Connection, Database
from tests.insights.statistics_builder import fill_statistics
from tests.ledger.lived import live_a_little
from tests.ledger.rights import OF_ALL_REGIONS, OF_THE_OWNER, RIGHTS
from tests.servers import Place, Servers
from tests.town_builder import Town, open_region, running_engine

NOT_OURS: Final = "'pg_catalog', 'information_schema', 'pg_toast'"


@pytest.fixture(scope="module")
async def place(servers: Servers) -> AsyncIterator[Place]:
    """Two regions with a wallet, a store, a campaign and a payment each."""
    place = await servers.clone()
    database = Database(place.app_url)
    for code in ("setagaya", "tsubame"):
        region = await open_region(database, code, "Asia/Tokyo")
        async with running_engine(database, region) as engine:
            town = Town(place, database, region, engine)
            await live_a_little(town)
    await database.close()
    await fill_statistics(place, 1, 2)
    yield place
    await servers.leave(place)


@pytest.fixture
async def application(place: Place) -> AsyncIterator[Connection]:
    """The application in the session of the first region."""
    session = {"role": "meguri_app", "meguri.region": "1"}
    connection = await asyncpg.connect(place.app_url, server_settings=session)
    yield connection
    await connection.close()


async def tables(connection: Connection, kinds: str) -> list[str]:
    """Full names of tables that are not PostgreSQL's own; `kinds` as in pg_class.relkind."""
    rows = await connection.fetch(
        "SELECT relnamespace::regnamespace::text || '.' || relname AS name FROM pg_class"
        " WHERE relkind::text = ANY ($1::text[]) AND relnamespace::regnamespace::text NOT IN"
        f" ({NOT_OURS}) ORDER BY 1",
        list(kinds),
    )
    return [row["name"] for row in rows]


async def refuses(connection: Connection, statement: str) -> bool:
    """Whether PostgreSQL says that the role may not do this; any other answer is a failure."""
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return True
    return False


async def test_it_has_these_rights_and_no_others(application: Connection):
    found = {}
    for name in await tables(application, "rpvmfS"):
        rows = await application.fetch(
            "SELECT r AS name FROM unnest($2::text[]) r WHERE has_table_privilege($1, r)",
            name,
            ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
        )
        if rows:
            found[name] = frozenset(row["name"] for row in rows)
    assert found == RIGHTS


async def test_it_updates_one_column_of_the_ledger(application: Connection):
    columns = await application.fetch(
        "SELECT attrelid::regclass::text || '.' || attname AS name FROM pg_attribute"
        " JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE relnamespace = 'ledger'::regnamespace AND attnum > 0 AND relkind IN ('r', 'p')"
        "   AND has_column_privilege(attrelid, attnum, 'UPDATE')"
    )
    assert [row["name"] for row in columns] == ["ledger.reader.seq"]


async def test_no_table_of_the_ledger_or_partition_of_it_can_be_written(application: Connection):
    names = [name for name in await tables(application, "rp") if name.startswith("ledger.")]
    assert len(names) > 15
    tried = []
    for name in names:
        tried += [
            f"UPDATE {name} SET region_id = DEFAULT",
            f"DELETE FROM {name}",
            f"TRUNCATE {name}",
        ]
        tried += [f"INSERT INTO {name} DEFAULT VALUES", f"SELECT FROM {name} FOR UPDATE"]
        tried += [f"ALTER TABLE {name} DISABLE TRIGGER ALL", f"DROP TABLE {name}"]
    allowed = {
        "INSERT INTO ledger.reader DEFAULT VALUES",
        "SELECT FROM ledger.reader FOR UPDATE",
        "INSERT INTO ledger.base_date DEFAULT VALUES",  # sums that follow from the journal
    }
    tried = [statement for statement in tried if statement not in allowed]
    accepted = []
    for statement in tried:
        try:
            if not await refuses(application, statement):
                accepted.append(statement)
        except asyncpg.UndefinedColumnError:
            continue  # not every table has a region_id: nothing was done either
    assert accepted == []


async def test_not_even_the_owner_changes_the_journal_or_a_part_of_it(place: Place):
    session = {"role": "meguri_owner"}
    owner = await asyncpg.connect(place.owner_url, server_settings=session)
    journal = [name for name in await tables(owner, "rp") if "entry" in name or "posting" in name]
    journal.remove("ledger.entry_kind")
    assert len(journal) >= 2 * 5
    for name in journal:
        for statement in (
            f"UPDATE {name} SET region_id = 1",
            f"DELETE FROM {name}",
            f"TRUNCATE {name}",
        ):
            with pytest.raises(asyncpg.PostgresError) as refusal:
                await owner.execute(statement)
            assert refusal.value.sqlstate == "MG008", statement
    await owner.close()


async def test_partitions_cannot_even_be_read(application: Connection):
    # Row-level security of the whole table does not hold where a part is read by its own name.
    parts = await application.fetch("SELECT inhrelid::regclass::text AS name FROM pg_inherits")
    assert len([part for part in parts if "entry_" in part["name"]]) >= 4
    for part in parts:
        if ".entry_" in part["name"] and part["name"].endswith("default"):
            assert await refuses(application, f"SELECT FROM {part['name']}")


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE meguri_owner",
        "SET ROLE meguri_sealer",
        "SET SESSION AUTHORIZATION meguri_owner",
        "GRANT meguri_owner TO meguri_app",
        "SET session_replication_role = replica",
        "ALTER TABLE ledger.entry DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE ledger.entry OWNER TO meguri_app",
        "CREATE POLICY mine ON ledger.entry TO meguri_app USING (true)",
        "CREATE TRIGGER mine BEFORE INSERT ON ledger.entry EXECUTE FUNCTION ledger.refuse_change()",
        "CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT 2'",
        "ALTER FUNCTION ledger.session_region() SET search_path = public",
        "ALTER FUNCTION ledger.now() OWNER TO meguri_app",
        "DROP FUNCTION ledger.now()",
        "SELECT ledger.refuse_change()",
        "CREATE FUNCTION ledger.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE OPERATOR public.= (LEFTARG = bigint, RIGHTARG = text, FUNCTION = int8eq)",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (n integer)",
        "CREATE EXTENSION dblink",
        "UPDATE ledger.deployment SET is_demo = true",
        "UPDATE ledger.deployment SET is_demo = true, factor = 1000",
        "INSERT INTO ledger.deployment (only_row) VALUES (false)",
        "SELECT FROM ledger.head FOR UPDATE",
        "COPY ledger.entry FROM PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
        "ALTER SYSTEM SET fsync = off",
        "TRUNCATE meguri.alembic_version, meguri.migration_digest",
    ],
)
async def test_it_cannot_step_out_of_its_role(application: Connection, statement: str):
    assert await refuses(application, statement)


async def test_without_the_role_the_login_is_nothing(place: Place):
    # The login is a member of the role: what it may do is at most the same.
    connection = await asyncpg.connect(place.app_url, server_settings={"role": "none"})
    try:
        assert await refuses(connection, "DELETE FROM ledger.entry")
        assert await refuses(connection, "SET ROLE meguri_owner")
        assert await connection.fetchval("SELECT count(*) FROM ledger.entry") == 0
    finally:
        await connection.close()


async def test_functions_that_run_as_the_owner_look_nothing_up_in_a_path(application: Connection):
    rows = await application.fetch(
        "SELECT proname, proconfig, proowner::regrole::text AS owner,"
        "       has_function_privilege(oid, 'EXECUTE') AS is_open FROM pg_proc"
        " WHERE prosecdef AND pronamespace::regnamespace::text NOT IN ('pg_catalog')"
    )
    assert {row["proname"] for row in rows if row["is_open"]} == {
        "load", "write", "now", "open_region", "make_partitions", "erase_reasons",
        "erase_person_facts", "stores_called", "append", "approve_plan", "lock_budget",
        "append_delivery",
    }  # fmt: skip
    for row in rows:
        # pg_temp last, or else it would be searched first: anybody may fill it.
        assert "search_path=pg_catalog, pg_temp" in row["proconfig"], row["proname"]
        assert row["owner"] == "meguri_owner"


async def test_a_temporary_view_does_not_make_the_owners_functions_do_its_work(place: Place):
    # A database that an operator made by hand lets everybody make temporary tables.
    superuser = await asyncpg.connect(place.superuser_url)
    session = {"role": "meguri_app", "meguri.region": "1"}
    try:
        await superuser.execute(f"GRANT TEMPORARY ON DATABASE {place.name} TO meguri_app")
        attacker = await asyncpg.connect(place.app_url, server_settings=session)
        await attacker.execute(
            "CREATE FUNCTION pg_temp.do_it() RETURNS text LANGUAGE plpgsql AS"
            " $$ BEGIN UPDATE ledger.deployment SET is_demo = true; RETURN 'Mars/North'; END $$;"
            "CREATE VIEW pg_temp.pg_timezone_names AS SELECT pg_temp.do_it() AS name;"
            "GRANT SELECT ON pg_temp.pg_timezone_names TO PUBLIC"
        )
        with pytest.raises(asyncpg.PostgresError) as refusal:
            await attacker.execute("SELECT ledger.open_region('mars', 'Mars', 'Mars/North')")
        await attacker.close()
        assert refusal.value.sqlstate == "MG009"
        assert await superuser.fetchval("SELECT is_demo FROM ledger.deployment") is False
    finally:
        await superuser.execute(f"REVOKE TEMPORARY ON DATABASE {place.name} FROM meguri_app")
        await superuser.close()


async def test_every_table_is_closed_to_other_regions_or_says_why_not(application: Connection):
    rows = await application.fetch(
        "SELECT c.relnamespace::regnamespace::text || '.' || c.relname AS name,"
        "       c.relrowsecurity, c.relkind::text AS kind,"
        "       (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive"
        "           AND 'meguri_app'::regrole = ANY (p.polroles)) AS policies,"
        "       c.reloptions FROM pg_class c"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND has_table_privilege(c.oid, 'SELECT')"
        f"  AND c.relnamespace::regnamespace::text NOT IN ({NOT_OURS})"
    )
    assert len(rows) >= len(RIGHTS)
    for row in rows:
        if row["kind"] == "v":
            # A view of the owner names the region itself, as the next test sees.
            barrier = "barrier" if row["name"] in OF_THE_OWNER else "invoker"
            assert row["reloptions"] == [f"security_{barrier}=true"], row["name"]
        elif row["name"] not in OF_ALL_REGIONS:
            assert (row["relrowsecurity"], row["policies"]) == (True, 1), row["name"]


async def test_rows_of_another_region_cannot_be_seen_in_any_table(place: Place):
    superuser = await asyncpg.connect(place.superuser_url)
    guarded = sorted(set(RIGHTS) - OF_ALL_REGIONS)
    try:
        for table in guarded:
            if table not in OF_THE_OWNER:
                there = await superuser.fetch(f"SELECT DISTINCT region_id FROM {table} ORDER BY 1")
                assert [row["region_id"] for row in there] == [1, 2], f"{table} tests nothing"
            for session, seen in (("1", [1]), ("2", [2]), ("3", []), ("", [])):
                settings = {"role": "meguri_app", "meguri.region": session}
                connection = await asyncpg.connect(place.app_url, server_settings=settings)
                rows = await connection.fetch(f"SELECT DISTINCT region_id FROM {table}")
                await connection.close()
                assert [row["region_id"] for row in rows] == seen, table
    finally:
        await superuser.close()


async def test_rows_cannot_be_put_into_another_region(application: Connection):
    for statement in (
        "INSERT INTO ledger.reader VALUES (2, 'mine', 0)",
        "INSERT INTO campaigns.terms VALUES (2, sha256('x'), 'x')",
        "UPDATE merchants.merchant SET region_id = 2",
        "UPDATE merchants.store SET region_id = 2",
    ):
        assert await refuses(application, statement), statement
    changed = await application.execute("UPDATE ledger.reader SET seq = 9 WHERE region_id = 2")
    assert changed == "UPDATE 0"
