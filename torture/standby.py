"""A synchronous standby of the run's PostgreSQL, made and promoted by the embedded programs."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Final

from core.embedded import cluster
from core.embedded.folder import Folder, open_folder
from core.embedded.lease import Lease
from core.embedded.postgres import EmbeddedPostgres, postgres_pid
from core.embedded.software import postgres_programs
from torture.ground import DATABASE, Ground
from torture.processes import BrokenRunError

NAME: Final = "standby"
SYNCHRONOUS_WITHIN_S: Final = 30.0

_STATE: Final = "SELECT sync_state FROM pg_stat_replication WHERE application_name = $1"


@dataclass(frozen=True, slots=True)
class Standby:
    """The other server, which has every commit that the first one has acknowledged."""

    ground: Ground
    folder: Folder

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.folder.path / "postgres"

    async def kill(self) -> None:
        """Kill -9 of the standby, and wait until it is gone."""
        pid = postgres_pid(self.folder.path)
        assert pid is not None, "the standby does not run"
        os.kill(pid, signal.SIGKILL)
        while postgres_pid(self.folder.path) is not None:  # noqa: ASYNC110 (another process)
            await asyncio.sleep(0.01)

    async def start(self) -> None:
        """Start it, and wait until it follows the first server synchronously."""
        await asyncio.to_thread(cluster.ensure_running, self.folder)
        await self._wait_until_synchronous()

    async def promote(self) -> Ground:
        """Make it the one server; the ground as it stands from now on."""
        await asyncio.to_thread(self._promote)
        postgres = EmbeddedPostgres(self.folder, Lease(self.folder.path, "postgres"))
        urls = {
            "database_url": postgres.app_url(DATABASE),
            "owner_database_url": postgres.owner_url(DATABASE),
            "sealer_database_url": postgres.sealer_url(DATABASE),
        }
        settings = self.ground.settings.model_copy(update=urls)
        return replace(self.ground, postgres=postgres, settings=settings)

    def _promote(self) -> None:
        program = postgres_programs(self.folder) / "pg_ctl"
        done = self.folder.run(program, "promote", "--silent", "--wait", f"--pgdata={self.data}")
        if done.returncode != 0:
            raise BrokenRunError(f"pg_ctl promote of the standby: {done.stderr.strip()}")

    async def _wait_until_synchronous(self) -> None:
        superuser, until = await self.ground.superuser(), monotonic() + SYNCHRONOUS_WITHIN_S
        try:
            while await superuser.fetchval(_STATE, NAME) != "sync":
                if monotonic() > until:
                    raise BrokenRunError("the standby does not follow synchronously")
                await asyncio.sleep(0.05)
        finally:
            await superuser.close()


@asynccontextmanager
async def standing_by(ground: Ground) -> AsyncIterator[Standby]:
    """A standby that every commit of the first server waits for; gone when the block has ended."""
    first = ground.postgres.folder
    folder = await asyncio.to_thread(open_folder, first.path / NAME)
    standby = Standby(ground, replace(folder, passwords=first.passwords))
    await asyncio.to_thread(_copy, first, standby)
    await ground.administer(
        f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'", "SELECT pg_reload_conf()"
    )
    try:
        await standby.start()
        yield standby
    finally:
        await asyncio.to_thread(cluster.stop, standby.folder)


def _copy(first: Folder, standby: Standby) -> None:
    """pg_basebackup, which also writes how the copy is to follow (`--write-recovery-conf`)."""
    passwords = first.sockets / "standby-passwords"
    first.write(passwords, f"*:*:*:postgres:{first.passwords['postgres']}\n")
    standby.data.mkdir()
    standby.folder.give(standby.data)
    way = f"host={first.sockets} user=postgres passfile={passwords} application_name={NAME}"
    done = standby.folder.run(
        postgres_programs(first) / "pg_basebackup",
        f"--dbname={way}",
        f"--pgdata={standby.data}",
        "--checkpoint=fast",
        "--write-recovery-conf",
    )
    if done.returncode != 0:
        raise BrokenRunError(f"pg_basebackup: {done.stderr.strip()}")
