"""The embedded PostgreSQL: started by the first process that needs it, stopped by the last."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg

from core.embedded import cluster
from core.embedded.configuration import PORT
from core.embedded.folder import Folder, open_folder, resolved
from core.embedded.lease import Lease, alone
from core.embedded.process import process_of

_ROLES_LOCK = 0x6D656775
"""Key of the advisory lock under which the roles are made ("megu")."""


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A running server and this process's lease on it.

    It listens on a socket that only this account (or root) can open, and asks for a password.
    Every committed transaction is on disk: fsync, synchronous_commit and full_page_writes are on.
    """

    folder: Folder
    lease: Lease = field(repr=False)

    @property
    def superuser_url(self) -> str:
        """URL of the superuser, at the database `postgres`; for set-up, never for requests."""
        return self._url("postgres", "postgres")

    def owner_url(self, database: str) -> str:
        """URL for migrations: its sessions begin as `meguri_owner`."""
        return self._url("meguri_owner_login", database)

    def app_url(self, database: str) -> str:
        """URL for the application: its sessions begin as `meguri_app`."""
        return self._url("meguri_app_login", database)

    def sealer_url(self, database: str) -> str:
        """URL for sealing history: its sessions begin as `meguri_sealer`."""
        return self._url("meguri_sealer_login", database)

    async def create_database(self, name: str, *, template: str | None = None) -> bool:
        """Make a database that `meguri_owner` owns; `meguri_app` and `meguri_sealer` may connect.

        With a `template`, a clone of that database, to which nobody may be connected meanwhile.
        False if the database was already there; what is in it stays as it is.
        """
        connection = await asyncpg.connect(self.superuser_url)
        try:
            created = await _create_database(connection, name, template)
            await connection.execute(
                f"REVOKE ALL ON DATABASE {_quoted(name)} FROM PUBLIC;"
                f"GRANT CONNECT ON DATABASE {_quoted(name)} TO meguri_app, meguri_sealer"
            )
        finally:
            await connection.close()
        return created

    async def drop_database(self, name: str) -> None:
        """Remove a database, with whoever is still connected to it; absent is fine."""
        connection = await asyncpg.connect(self.superuser_url)
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")
        finally:
            await connection.close()

    async def leave(self) -> None:
        """End the lease; the server stops if it was the last one. Twice is once."""
        await asyncio.to_thread(self.lease.leave, lambda: cluster.stop(self.folder))

    def _url(self, login: str, database: str) -> str:
        socket = quote(str(self.folder.sockets), safe="/")
        password = self.folder.passwords[login]
        # With the port, which the environment's PGPORT would be taken for otherwise.
        return f"postgresql://{login}:{password}@/{quote(database)}?host={socket}&port={PORT}"


async def start_postgres(data_dir: Path) -> EmbeddedPostgres:
    """Join the server of this data folder, starting it, and making it, if need be.

    The roles meguri_owner, meguri_app and meguri_sealer and a login for each are there when this
    returns, and meguri_city, meguri_matcher and meguri_sender, which the application becomes for
    queries of some administrators, and to match and to send notices.
    Raises `EmbeddedError` when no server can be had. End it with `leave()`.
    """
    folder = await asyncio.to_thread(open_folder, data_dir)
    lease = Lease(folder.path, "postgres")
    await asyncio.to_thread(lease.take, lambda: cluster.ensure_running(folder))
    server = EmbeddedPostgres(folder, lease)
    async with AsyncExitStack() as undo:
        undo.push_async_callback(server.leave)
        await _make_roles(server)
        undo.pop_all()
    return server


async def stop_postgres(data_dir: Path) -> bool:
    """Stop the server of this data folder, whoever uses it; False if none ran."""
    if postgres_pid(data_dir) is None:
        return False
    folder = await asyncio.to_thread(open_folder, data_dir)

    def stop_alone() -> None:
        with alone(folder.path / "postgres.lock"):
            cluster.stop(folder)

    await asyncio.to_thread(stop_alone)
    return True


def postgres_pid(data_dir: Path) -> int | None:
    """The process of the running server of this data folder, or None."""
    data = resolved(data_dir) / "postgres"
    return process_of(data / "postmaster.pid", data)


async def _make_roles(server: EmbeddedPostgres) -> None:
    """Each login begins its sessions as the role that it is a member of, and is nothing else."""
    connection = await asyncpg.connect(server.superuser_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _ROLES_LOCK)
            known = {row[0] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
            for role in ("meguri_owner", "meguri_app", "meguri_sealer"):
                login = f"{role}_login"
                password = server.folder.passwords[login]
                if role not in known:
                    await connection.execute(f"CREATE ROLE {role} NOLOGIN")
                if login not in known:
                    await connection.execute(
                        f"CREATE ROLE {login} LOGIN PASSWORD '{password}';"
                        f"GRANT {role} TO {login};"
                        f"ALTER ROLE {login} SET role = '{role}'"
                    )
            # The application becomes one for a transaction, and has none of its rights otherwise.
            for role in ("meguri_city", "meguri_matcher", "meguri_sender"):
                if role not in known:
                    await connection.execute(f"CREATE ROLE {role} NOLOGIN")
                await connection.execute(f"GRANT {role} TO meguri_app WITH INHERIT FALSE, SET TRUE")
    finally:
        await connection.close()


async def _create_database(
    connection: "asyncpg.Connection[Any]", name: str, template: str | None
) -> bool:
    exists = "SELECT count(*) FROM pg_database WHERE datname = $1"
    if await connection.fetchval(exists, name):
        return False
    source = f" TEMPLATE {_quoted(template)}" if template else ""
    try:
        await connection.execute(f"CREATE DATABASE {_quoted(name)} OWNER meguri_owner{source}")
    except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        return False  # another process was quicker
    return True


def _quoted(name: str) -> str:
    """`name` as an SQL identifier; at most 63 bytes, or PostgreSQL would cut it short."""
    assert 0 < len(name.encode()) <= 63, "a name of PostgreSQL has 1 to 63 bytes"
    return '"' + name.replace('"', '""') + '"'
