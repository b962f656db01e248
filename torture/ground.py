"""The ground that a run stands on: PostgreSQL and Valkey of its own, migrated, marked a demo."""

import asyncio
import base64
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from pydantic import SecretStr
from redis.asyncio import Redis

from core.embedded import cluster
from core.embedded.postgres import EmbeddedPostgres, postgres_pid, start_postgres
from core.embedded.valkey import EmbeddedValkey, start_valkey, valkey_pid
from core.settings import Settings, TopUpProvider
from town.startup import mark_as_demo
from town.wire import PROVIDER

DATABASE: Final = "meguri"
KEPT: Final = "meguri_kept"
"""The database as it was when it was kept."""
REGION: Final = "hinode"

Migrate = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ground:
    """The servers of one run, and the settings of the processes that stand on them."""

    folder: Path
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    settings: Settings
    webhook_secret: bytes

    @property
    def superuser_url(self) -> str:
        """The run's database as the superuser sees it: for faults, and for the judgement."""
        parts = urlsplit(self.postgres.superuser_url)
        return urlunsplit(parts._replace(path=f"/{DATABASE}"))

    async def superuser(self) -> "asyncpg.Connection[Any]":
        """A connection of the superuser; whoever opens it closes it."""
        return await asyncpg.connect(self.superuser_url)

    async def administer(self, *statements: str) -> None:
        """Run statements as the superuser, one by one."""
        connection = await self.superuser()
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def keep(self) -> None:
        """Keep the database as it is, to go back to it; nobody may be connected."""
        await self.postgres.create_database(KEPT, template=DATABASE)

    async def go_back(self) -> None:
        """Let the database be as it was kept, and Valkey be empty; nobody may be at work."""
        await self.postgres.drop_database(DATABASE)
        await self.postgres.create_database(DATABASE, template=KEPT)
        async with Redis.from_url(self.valkey.url) as valkey:
            await valkey.flushdb()

    async def kill_postgres(self) -> None:
        """Kill -9 of the postmaster, and wait until it is gone; its children notice and end."""
        pid = postgres_pid(self.settings.data_dir)
        assert pid is not None, "PostgreSQL does not run"
        os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(_wait_until_gone, self.settings.data_dir)

    async def restart_postgres(self) -> None:
        """Start the server again after a kill: it recovers from its write-ahead log."""
        await asyncio.to_thread(cluster.ensure_running, self.postgres.folder)

    def postgres_pids(self) -> list[int]:
        """The postmaster and its children; those that it makes later are as it is."""
        pid = postgres_pid(self.settings.data_dir)
        assert pid is not None, "PostgreSQL does not run"
        children = Path(f"/proc/{pid}/task/{pid}/children")
        return [pid, *map(int, children.read_text().split())] if children.exists() else [pid]

    def valkey_pid(self) -> int:
        """The process of the running Valkey."""
        pid = valkey_pid(self.settings.data_dir)
        assert pid is not None, "Valkey does not run"
        return pid


@asynccontextmanager
async def standing_ground(parent: Path, migrate: Migrate) -> AsyncIterator[Ground]:
    """Servers in a new folder under `parent`, empty but migrated; gone when the block has ended."""
    # Under the system's temporary folders: the account that servers of root run as passes there.
    folder = Path(tempfile.mkdtemp(prefix="meguri-torture-", dir=parent))
    try:
        postgres = await start_postgres(folder)
        try:
            valkey = await start_valkey(folder)
            try:
                await postgres.create_database(DATABASE)
                await migrate(postgres.owner_url(DATABASE))
                await mark_as_demo(postgres.owner_url(DATABASE))
                secret = secrets.token_bytes(24)
                yield Ground(folder, postgres, valkey, _settings(postgres, valkey, secret), secret)
            finally:
                await valkey.leave()
        finally:
            await postgres.leave()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_gone(data_dir: Path) -> None:
    while postgres_pid(data_dir) is not None:
        time.sleep(0.01)


def _settings(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, secret: bytes) -> Settings:
    spelled = SecretStr("whsec_" + base64.b64encode(secret).decode())
    return Settings(
        environment="demo",
        database_url=postgres.app_url(DATABASE),
        owner_database_url=postgres.owner_url(DATABASE),
        sealer_database_url=postgres.sealer_url(DATABASE),
        redis_url=valkey.url,
        data_dir=postgres.folder.path,
        keys_file=postgres.folder.path / "keys.json",
        passkey_rp_id="example.jp",
        passkey_origins=["https://pay.example.jp"],
        top_up_providers={PROVIDER: TopUpProvider(secret=spelled, region=REGION)},
    )
