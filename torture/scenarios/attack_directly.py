"""2: direct SQL with the application's role, while the application works."""

import asyncio
from collections.abc import Iterator
from typing import Final

import asyncpg

from torture.judge.promise import Broken
from torture.load import clients, load_for
from torture.scenario import Scenario
from torture.stage import Stage

TABLES: Final = (
    "ledger.entry", "ledger.posting", "ledger.account", "ledger.counter", "ledger.head",
    "ledger.holder", "ledger.region", "ledger.account_kind", "ledger.entry_kind",
    "ledger.deployment", "ledger.entry_default", "ledger.posting_default", "seals.block",
    "seals.publication", "seals.key",
)  # fmt: skip
MONEY: Final = (
    "UPDATE ledger.account SET balance = balance + 1 WHERE kind = 'coin'",
    "UPDATE ledger.account SET balance = -1",
    "UPDATE ledger.posting SET amount = 0",
    "UPDATE ledger.entry SET amount = amount * 2, refusal = NULL",
    "UPDATE ledger.counter SET value = 0, cap = 1000000",
    "UPDATE ledger.head SET seq = 0",
    "UPDATE ledger.holder SET state = 'open'",
    "UPDATE ledger.deployment SET is_demo = true, factor = 1000",
    "INSERT INTO ledger.posting SELECT * FROM ledger.posting LIMIT 1",
    "INSERT INTO ledger.entry SELECT * FROM ledger.entry LIMIT 1",
    "INSERT INTO seals.key SELECT left(encode(sha256(x), 'hex'), 16), x FROM sha256('ours') x",
    "INSERT INTO seals.publication SELECT region_id, '2031-01-01', number, now() FROM seals.block",
    "SET ROLE meguri_sealer",
    "SET ROLE meguri_owner",
    "SET SESSION AUTHORIZATION postgres",
    "ALTER FUNCTION ledger.write OWNER TO meguri_app",
    "DROP FUNCTION ledger.load",
    "ALTER ROLE meguri_app SUPERUSER",
    "CREATE FUNCTION ledger.session_region() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA ours",
    "COPY ledger.account FROM PROGRAM 'true'",
    "ALTER SYSTEM SET fsync = off",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_read_file('postgresql.conf')",
)


async def play(stage: Stage) -> None:
    """Everybody works while the application's own login tries what it must not."""
    load = asyncio.create_task(load_for(clients(stage), stage.seconds))
    done, tried = Broken(), 0
    login = await asyncpg.connect(
        stage.ground.settings.database_url,
        server_settings={"role": "meguri_app", "meguri.region": str(stage.scene.region_id)},
    )
    while not load.done() or not tried:
        for statement in _attacks():
            tried += 1
            began = stage.now()
            if not await _is_refused(login, statement):
                done.add(statement)
            stage.meter.fault("a statement that is not allowed", began, stage.now())
            await asyncio.sleep(0)
        await asyncio.wait([load], timeout=0.5)
    await login.close()
    await load
    name = "Whoever has the application's login is refused every statement that it must not use"
    stage.promises.append(
        done.promise(name, f"{tried:,} statements, {len(list(_attacks()))} kinds")
    )


def _attacks() -> Iterator[str]:
    yield from MONEY
    for table in TABLES:
        yield f"DELETE FROM {table}"  # noqa: S608
        yield f"TRUNCATE {table}"
        yield f"INSERT INTO {table} DEFAULT VALUES"
        yield f"SELECT * FROM {table} FOR UPDATE"  # noqa: S608
        yield f"ALTER TABLE {table} DISABLE TRIGGER ALL"
        yield f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
        yield f"DROP TABLE {table} CASCADE"
        yield f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"


async def _is_refused(login: "asyncpg.Connection[asyncpg.Record]", statement: str) -> bool:
    """Whether PostgreSQL refuses it; whatever it allowed is rolled back."""
    transaction = login.transaction()
    await transaction.start()
    try:
        done = await login.execute(statement)
    except asyncpg.PostgresError:
        return True
    finally:
        await transaction.rollback()
    return done in ("UPDATE 0", "DELETE 0", "SELECT 0", "INSERT 0 0")


SCENARIO = Scenario(
    number=2,
    name="attack-directly",
    does="The application's own database login tries 145 statements that change or lock the ledger"
    " past its doors, again and again, while 64 clients work.",
    proves="PostgreSQL itself forbids them: a hole in the application's code does not reach the"
    " books, and such attempts stop nobody.",
    leaves_open="unsound batches given to `ledger.write()`: 130 kinds of them are tests; whoever"
    " has the superuser, for which there are the seals (24).",
    play=play,
    least_a_minute=600,
    least_faults=100,
)
