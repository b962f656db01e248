"""`meguri serve` as a process of its own, on the database of one test."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.settings import Settings
from town.startup import free_port

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 60


@dataclass
class Served:
    """A running server."""

    process: Process
    address: str
    log_file: Path

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self.log_file.read_text()

    async def ready(self) -> None:
        """Wait until it may be sent requests."""
        async with httpx.AsyncClient() as client, asyncio.timeout(READY_WITHIN_S):
            while True:
                assert self.process.returncode is None, self.log
                try:
                    if (await client.get(f"{self.address}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Tell it to end, and wait; the seconds that took."""
        started = time.monotonic()
        self.process.send_signal(number)
        await self.ended()
        return time.monotonic() - started

    async def ended(self) -> int:
        """Wait until it has ended; its exit code."""
        async with asyncio.timeout(60):
            return await self.process.wait()


@asynccontextmanager
async def served(
    settings: Settings, folder: Path, *words: str, **variables: object
) -> AsyncIterator[Served]:
    """`meguri serve` with these settings, on a free port; gone when the block has ended."""
    port, log_file = free_port(0), folder / "served.log"
    with log_file.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "cli.main", "serve", "--port", str(port), *words),
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            start_new_session=True,  # to be killed with its API processes
            env=environment(settings, TMPDIR=folder, **variables),
        )
    try:
        yield Served(process, f"http://127.0.0.1:{port}", log_file)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def environment(settings: Settings, **variables: object) -> dict[str, str]:
    """The environment of a process that shall have these settings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MEGURI_")}
    return {
        **plain,
        "MEGURI_ENVIRONMENT": settings.environment,
        "MEGURI_DATABASE_URL": settings.database_url,
        "MEGURI_OWNER_DATABASE_URL": settings.owner_database_url,
        "MEGURI_SEALER_DATABASE_URL": settings.sealer_database_url,
        "MEGURI_REDIS_URL": settings.redis_url,
        "MEGURI_DATA_DIR": str(settings.data_dir),
        **{name: str(value) for name, value in variables.items()},
    }
