"""The ground of a measurement: a PostgreSQL of its own, durable by its own word."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import asyncpg

from cli.migrate import upgrade
from core.embedded.postgres import EmbeddedPostgres, start_postgres
from core.embedded.software import postgres_programs
from core.embedded.valkey import stop_valkey

DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")
"""What must be on for a committed payment to outlive a power cut."""

MONTHS_AHEAD: Final = 2
_RELOADING_S: Final = 10


@dataclass(frozen=True, slots=True)
class Ground:
    """A running PostgreSQL, durable by its own word."""

    folder: Path
    server: EmbeddedPostgres
    version: str

    @property
    def pgbench(self) -> Path:
        """The load generator that comes with PostgreSQL."""
        return postgres_programs(self.server.folder) / "pgbench"

    async def make(self, database: str) -> None:
        """A migrated database with the partitions that it needs, as a deployment has it."""
        await self.server.create_database(database)
        await upgrade(self.server.owner_url(database))
        await self.execute(database, f"SELECT ledger.make_partitions({MONTHS_AHEAD})")

    async def execute(self, database: str, *statements: str) -> None:
        """Run statements as the owner of a database, one by one."""
        connection = await asyncpg.connect(self.server.owner_url(database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def copy(self, database: str, name: str) -> None:
        """A copy of a database, file by file: the quickest way where it is large."""
        connection = await asyncpg.connect(self.server.superuser_url)
        try:
            await connection.execute(
                f'CREATE DATABASE "{name}" OWNER meguri_owner TEMPLATE "{database}"'
                " STRATEGY file_copy"
            )
            await connection.execute(
                f'GRANT CONNECT ON DATABASE "{name}" TO meguri_app, meguri_sealer'
            )
        finally:
            await connection.close()

    async def settle(self) -> None:
        """Write out what was changed so far, so that it is not written during a measurement."""
        connection = await asyncpg.connect(self.server.superuser_url)
        try:
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()

    @asynccontextmanager
    async def parameters(self, **values: str) -> AsyncIterator[None]:
        """Settings of the server for as long as the block, for sessions that are open too.

        As `pg_settings` has them: times and sizes in PostgreSQL's own unit.
        """
        before = {name: await self._parameter(name) for name in values}
        await self._set_parameters(values, values)
        try:
            yield
        finally:
            await self._set_parameters(dict.fromkeys(values), before)

    async def _set_parameters(
        self, changes: Mapping[str, str | None], expected: Mapping[str, str]
    ) -> None:
        """Set each parameter, or take back what was set (None), and see that it is as expected."""
        connection = await asyncpg.connect(self.server.superuser_url)
        try:
            for name, value in changes.items():
                change = f"SET {name} = '{value}'" if value is not None else f"RESET {name}"
                await connection.execute(f"ALTER SYSTEM {change}")
            await connection.execute("SELECT pg_reload_conf()")
        finally:
            await connection.close()
        async with asyncio.timeout(_RELOADING_S):
            for name, value in expected.items():
                while await self._parameter(name) != value:  # noqa: ASYNC110  (PostgreSQL tells nobody)
                    await asyncio.sleep(0.02)

    async def _parameter(self, name: str) -> str:
        """As a new session has it: the server may not have read its files again yet."""
        connection = await asyncpg.connect(self.server.superuser_url)
        try:
            asked = "SELECT setting FROM pg_settings WHERE name = $1"
            return str(await connection.fetchval(asked, name))
        finally:
            await connection.close()

    def libpq(self, database: str) -> dict[str, str]:
        """The environment in which a program of PostgreSQL reaches a database as its owner."""
        url = urlsplit(self.server.owner_url(database))
        [sockets] = parse_qs(url.query)["host"]
        return {
            **{name: text for name, text in os.environ.items() if not name.startswith("PG")},
            "PGHOST": sockets,
            "PGUSER": url.username or "",
            "PGPASSWORD": url.password or "",
            "PGDATABASE": database,
        }


@asynccontextmanager
async def prepared_ground() -> AsyncIterator[Ground]:
    """A new server in a folder of its own; both are gone at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="meguri-bench-") as name:
        async with ground_in(Path(name)) as ground:
            try:
                yield ground
            finally:
                await stop_valkey(ground.folder)  # nothing runs, unless the API was killed


@asynccontextmanager
async def ground_in(folder: Path) -> AsyncIterator[Ground]:
    """The server of a folder, stopped at the end of the block; what it holds stays.

    Asserts that what it commits is on disk.
    """
    server = await start_postgres(folder)
    try:
        version = await _durable_version(server)
        await _let_clients_in_quickly(server)
        yield Ground(folder, server, version)
    finally:
        await server.leave()


async def _durable_version(server: EmbeddedPostgres) -> str:
    connection = await asyncpg.connect(server.superuser_url)
    try:
        for name in DURABLE:
            value = await connection.fetchval("SELECT current_setting($1)", name)
            assert value == "on", f"{name} is {value}: what is measured would not be durable"
        return str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()


async def _let_clients_in_quickly(server: EmbeddedPostgres) -> None:
    """Make the owner's password cheap to check: pgbench's clock runs while its clients connect."""
    password = server.folder.passwords["meguri_owner_login"]
    connection = await asyncpg.connect(server.superuser_url)
    try:
        await connection.execute(
            f"SET scram_iterations = 1; ALTER ROLE meguri_owner_login PASSWORD '{password}'"
        )
    finally:
        await connection.close()
