"""The stage of a run: the ground, the processes on it, the town, and everybody who calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from torture import processes
from torture.caller import Caller, Mishap
from torture.ground import Ground
from torture.judge.promise import Promise
from torture.meter import Meter
from torture.operations import Operation
from torture.processes import Program, Starters
from torture.record import Line, Record
from torture.scene import Scene, TownSize, open_scene
from torture.screen import Screen

CLIENTS: Final = 64


@dataclass(slots=True)
class Stage:
    """Everything that a scenario plays with."""

    ground: Ground
    apis: list[Program]
    worker: Program
    scene: Scene
    record: Record
    meter: Meter
    random: Random
    seconds: float
    """How long the load shall last."""
    operations: dict[str, Operation] = field(default_factory=dict)
    """By their ids: all that were ever asked for, to ask about them in the end."""
    callers: list[Caller] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    parts: AsyncExitStack = field(default_factory=AsyncExitStack)
    """What a scenario needs until the judgement is over."""
    promises: list[Promise] = field(default_factory=list)
    """What the scenario itself found, beside what is asked after every run."""

    def now(self) -> float:
        """Seconds since the run began."""
        return self.record.now()

    def caller(self, home: int, mishap: Mishap | None = None) -> Caller:
        """One more client, whose process is `home` counted around."""
        caller = Caller(
            self.apis,
            home % len(self.apis),
            self.record,
            self.meter,
            self.ground.webhook_secret,
            Random(self.random.random()),
        )
        if mishap is not None:
            caller.mishap = mishap
        self.callers.append(caller)
        return caller

    async def carry_out(self, caller: Caller, operation: Operation) -> Line:
        """Let a caller ask, as often as it takes; the operation is known from now on."""
        self.operations[str(operation.op)] = operation
        return await caller.carry_out(operation)

    async def ask(self, caller: Caller, operation: Operation, process: int | None = None) -> Line:
        """Let a caller ask once."""
        self.operations[str(operation.op)] = operation
        return await caller.ask(operation, process)

    def promise(self, name: str, holds: bool, seen: str) -> None:
        """Say that something holds or does not, and what was seen."""
        self.promises.append(Promise(name, holds, seen))

    def server_pids(self) -> list[int]:
        """The processes of the deployment, PostgreSQL's own children with it."""
        programs = [*self.apis, self.worker]
        pids = [each.process.pid for each in programs if each.process is not None]
        return [*pids, self.ground.valkey_pid(), *self.ground.postgres_pids()]

    async def restart(self, api: Program) -> None:
        """Start an API process that has ended, and wait until it may be sent requests."""
        await api.start()
        await api.ready()


async def open_town(ground: Ground, folder: Path, size: TownSize, seed: int) -> Scene:
    """The town, opened through an API process without a fault, which is there for that alone."""
    opener = processes.api(0, ground.settings, folder)
    await opener.start()
    try:
        await opener.ready()
        return await open_scene(ground, opener.address, size, seed)
    finally:
        await opener.stop()


@asynccontextmanager
async def standing_stage(
    ground: Ground,
    folder: Path,
    scene: Scene,
    seed: int,
    seconds: float,
    starters: Starters,
) -> AsyncIterator[Stage]:
    """Two API processes and a worker on `ground`, where the town is open.

    The processes are killed when the block ends, if the run has not ended them before. Their logs
    and the record stand in `folder`.
    """
    settings = ground.settings
    apis = [processes.api(number, settings, folder) for number in (1, 2)]
    worker = processes.worker(settings, folder)
    programs = [*apis, worker]
    try:
        for api in apis:
            api.starter = starters.api
            await api.start()
        worker.starter = starters.worker
        await worker.start()
        await asyncio.gather(*(api.ready() for api in apis))
        record = Record(folder / "record.jsonl")
        stage = Stage(ground, apis, worker, scene, record, Meter(), Random(seed), seconds)
        async with stage.parts:
            yield stage
        record.close()
    finally:
        for program in programs:
            if program.is_running:
                await program.kill()
