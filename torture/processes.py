"""The deployment's processes: the same commands as in production, each one to be killed alone."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

import httpx

from core.settings import PREFIX, Settings
from town.startup import HOST, free_port

READY_SECONDS: Final = 90
STOP_SECONDS: Final = 45
PLAIN: Final = ("cli.main",)
"""The deployment's own program."""


@dataclass(frozen=True, slots=True)
class Starters:
    """How processes are started: a planted fault has a starter of its own."""

    api: tuple[str, ...] = PLAIN
    worker: tuple[str, ...] = PLAIN


class BrokenRunError(Exception):
    """The run itself cannot go on, which says nothing about promises: why, in one sentence."""


@dataclass(slots=True)
class Program:
    """One process of the deployment, started as often as it is killed."""

    name: str
    words: tuple[str, ...]
    """What follows `meguri`."""
    settings: Settings
    log: Path
    starter: tuple[str, ...] = PLAIN
    """The module that is run, and what it is told first; a planted fault has its own."""
    variables: dict[str, str] = field(default_factory=dict)
    port: int = 0
    starts: int = 0
    process: Process | None = None

    @property
    def address(self) -> str:
        """Where it listens, if it does."""
        return f"http://{HOST}:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        """Start it, and return at once; its output goes on in `log`."""
        assert not self.is_running, f"{self.name} runs already"
        self.starts += 1
        with self.log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *self.starter, *self.words),
                stdin=DEVNULL,
                stdout=output,
                stderr=STDOUT,
                env=environment(self.settings, self.variables),
                cwd=Path(__file__).parents[1],
                start_new_session=True,  # Ctrl-C reaches only us, and we stop it in order
            )

    async def ready(self) -> None:
        """Wait until it may be sent requests. Raises BrokenRunError when it never is."""
        begun = monotonic()
        async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
            while monotonic() - begun < READY_SECONDS:
                if not self.is_running:
                    raise BrokenRunError(
                        f"{self.name} ended by itself; its words are in {self.log}"
                    )
                try:
                    if (await http.get(f"{self.address}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)
        raise BrokenRunError(f"{self.name} was not ready in {READY_SECONDS} s; see {self.log}")

    async def kill(self) -> None:
        """Kill -9, and wait until it is gone."""
        assert self.process is not None, f"{self.name} was never started"
        if self.is_running:
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """End it in order; its exit code (137 where it had to be killed after STOP_SECONDS)."""
        assert self.process is not None, f"{self.name} was never started"
        if self.is_running:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                return await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            return 128 + signal.SIGKILL

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP and SIGCONT make a process that is only slow."""
        assert self.process is not None, f"{self.name} was never started"
        self.process.send_signal(number)


def api(number: int, settings: Settings, folder: Path) -> Program:
    """An API process on a free port of its own, not yet started."""
    port = free_port(0)
    name = f"api-{number}"
    words = ("serve", "--host", HOST, "--port", str(port))
    return Program(name, words, settings, folder / f"{name}.log", port=port)


def worker(settings: Settings, folder: Path) -> Program:
    """The worker, not yet started."""
    return Program("worker", ("worker",), settings, folder / "worker.log")


def environment(settings: Settings, more: Mapping[str, str]) -> dict[str, str]:
    """Our environment without our own settings, but with those of the deployment."""
    outside = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
    providers = {
        name: {"secret": provider.secret.get_secret_value(), "region": provider.region}
        for name, provider in settings.top_up_providers.items()
    }
    names = (
        "environment", "database_url", "sealer_database_url", "redis_url", "keys_file", "data_dir",
        "without_standby", "standby_patience_seconds", "passkey_rp_id",
    )  # fmt: skip
    ours = {PREFIX + name.upper(): str(getattr(settings, name)) for name in names}
    ours[f"{PREFIX}TOP_UP_PROVIDERS"] = json.dumps(providers)
    ours[f"{PREFIX}PASSKEY_ORIGINS"] = json.dumps(settings.passkey_origins)
    return {**outside, **ours, **more}
