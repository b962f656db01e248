"""One run: set the stage, play the scenario, let everything settle, judge."""

import asyncio
import signal
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from core.termination import cancel_on
from torture.ground import Ground, Migrate, standing_ground
from torture.judge.books import balanced_at, left_open, verified, whole_books
from torture.judge.compare import compare
from torture.judge.holdings import read_holdings
from torture.judge.outbox import told_in_order
from torture.judge.promise import Promise
from torture.judge.told import Told, told_by
from torture.meter import Meter
from torture.processes import Program, Starters
from torture.record import read_record
from torture.resolve import resolve_unknown
from torture.scenario import Scenario
from torture.scene import Scene
from torture.stage import Stage, open_town, standing_stage

CALM_S: Final = 1.0
ORDERLY: Final = frozenset({0, 143})
LONGEST_MOMENTS_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Options:
    """What may be chosen. `folder` takes the reports, `ground` the servers' folder."""

    minutes: float
    seed: int
    folder: Path
    ground: Path
    migrate: Migrate
    starters: Starters = field(default_factory=Starters)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to."""

    scenario: Scenario
    options: Options
    began_at: datetime
    seconds: float
    counts: dict[str, int]
    meter: Meter
    promises: list[Promise]
    folder: Path

    @property
    def holds(self) -> bool:
        """Whether every promise held."""
        return all(promise.holds for promise in self.promises)


async def run(scenario: Scenario, options: Options) -> Result:
    """Run a scenario once; its record and the processes' logs stay in a folder of its own.

    Raises CancelledError where this process is told to end; what was started has ended then, too.
    """
    cancel_on(signal.SIGTERM)  # not SIGHUP: `nohup` lets it outlive its terminal
    async with standing_ground(options.ground, options.migrate) as ground:
        folder = _folder_of(scenario, options)
        scene = await open_town(ground, folder, scenario.size, options.seed)
        return await run_on(ground, scene, scenario, options)


async def run_on(ground: Ground, scene: Scene, scenario: Scenario, options: Options) -> Result:
    """The same on a ground that stands, in a town that is open and in which nothing was done."""
    folder = _folder_of(scenario, options)
    began_at = datetime.now(UTC)
    async with standing_stage(
        ground, folder, scene, options.seed, options.minutes * 60, options.starters
    ) as stage:
        opened_at = await _newest(ground, stage.scene.region_id)
        await scenario.play(stage)
        seconds = stage.now()
        promises = await _settle(stage)
        told, judged = await _judge(stage, opened_at)
    counts = _counts(stage, told)
    did = did_enough(scenario, options.minutes, counts)
    return Result(
        scenario=scenario,
        options=options,
        began_at=began_at,
        seconds=seconds,
        counts=counts,
        meter=stage.meter,
        promises=[did, *stage.promises, *judged, *promises],
        folder=folder,
    )


def _folder_of(scenario: Scenario, options: Options) -> Path:
    folder = options.folder / f"{scenario.name}-{options.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def _newest(ground: Ground, region_id: int) -> int:
    superuser = await ground.superuser()
    try:
        seq: int = await superuser.fetchval(
            "SELECT seq FROM ledger.head WHERE region_id = $1", region_id
        )
        return seq
    finally:
        await superuser.close()


async def _settle(stage: Stage) -> list[Promise]:
    """Ask about what is unknown, look for what was left open, and end every process in order."""
    await asyncio.gather(*(api.ready() for api in stage.apis if api.is_running))
    await resolve_unknown(stage)
    await asyncio.sleep(CALM_S)
    for screen in stage.screens:
        await screen.stop()
    superuser = await stage.ground.superuser()
    try:
        open_still = await left_open(superuser)
    finally:
        await superuser.close()
    for caller in stage.callers:
        await caller.close()
    ended = await _end([*stage.apis, stage.worker])
    stage.record.flush()
    return [open_still, ended]


async def _end(programs: list[Program]) -> Promise:
    broken = []
    for program in programs:
        if program.starts:
            code = await program.stop()
            if code not in ORDERLY:
                broken.append(f"{program.name} ended with {code}; its words are in {program.log}")
    name = "Every process ends in order when it is told to"
    return Promise(name, not broken, f"{len(programs)} processes", tuple(broken))


async def _judge(stage: Stage, opened_at: int) -> tuple[dict[str, Told], list[Promise]]:
    region_id = stage.scene.region_id
    told = told_by(read_record(stage.record.path))
    superuser = await stage.ground.superuser()
    try:
        holdings = await read_holdings(superuser, region_id, opened_at)
        return told, [
            *compare(told, holdings),
            *await told_in_order(superuser, region_id, stage.screens, opened_at),
            *await whole_books(superuser, region_id),
            await balanced_at(
                superuser,
                region_id,
                Random(stage.random.random()),
                min(stage.seconds / 4, LONGEST_MOMENTS_S),
            ),
            await verified(stage.ground),
        ]
    finally:
        await superuser.close()


def _counts(stage: Stage, told: dict[str, Told]) -> dict[str, int]:
    fates = dict.fromkeys(("acknowledged", "refused", "nothing done", "unknown"), 0)
    for each in told.values():
        fates[each.fate] += 1
    return {
        "operations": len(told),
        "requests": stage.record.lines,
        "faults": len(stage.meter.faults),
        **fates,
        "unknown at some moment": sum(each.was_unknown for each in told.values()),
    }


def did_enough(scenario: Scenario, minutes: float, counts: dict[str, int]) -> Promise:
    """Whether there was load enough, and faults: a run without has shown nothing, and fails."""
    operations, faults = scenario.operations_due(minutes), scenario.faults_due(minutes)
    holds = (
        counts["operations"] >= operations
        and counts["faults"] >= faults
        and counts["acknowledged"] > 0
    )
    return Promise(
        "The run did what it was for",
        holds,
        f"{counts['operations']:,} operations (at least {operations:,} were due),"
        f" {counts['faults']:,} faults (at least {faults:,})",
    )
