"""13: kill -9 of API processes, at 20 named moments."""

import asyncio
from collections.abc import Iterator
from time import monotonic
from typing import Final

from core.failpoints import API_POINTS
from torture.load import clients, load_while
from torture.processes import Program
from torture.scenario import Scenario
from torture.screen import screens
from torture.stage import Stage

AT: Final = "kill -9 at"
PATIENCE_S: Final = 10.0
ENOUGH: Final = 60
"""With so many kills every point must have had one."""


async def play(stage: Stage) -> None:
    """Order each process a point to die at, wait until it has, start it with another one."""
    crowd = clients(stage)
    points = _points(stage)
    await screens(stage, 6)

    async def faults() -> None:
        until = monotonic() + stage.seconds
        await asyncio.gather(*(_torment(stage, api, points, until) for api in stage.apis))
        for api in stage.apis:
            await api.kill()
            api.variables.clear()
            await stage.restart(api)
        await asyncio.sleep(2)

    await load_while(crowd, asyncio.create_task(faults()))
    named = {f"{AT} {point}" for point in API_POINTS}
    names = named & stage.meter.fault_names.keys()
    kills = sum(stage.meter.fault_names[name] for name in names)
    stage.promise(
        "Every point was died at",
        len(names) == len(API_POINTS) or kills < ENOUGH,
        f"{kills} kills at {len(names)} of {len(API_POINTS)} points",
    )


def _points(stage: Stage) -> Iterator[str]:
    """Every point once in each round, in an order of chance."""
    while True:
        round_of_points = sorted(API_POINTS)
        stage.random.shuffle(round_of_points)
        yield from round_of_points


async def _torment(stage: Stage, api: Program, points: Iterator[str], until: float) -> None:
    await api.kill()
    while monotonic() < until:
        point = next(points)
        nth = stage.random.randint(*((20, 200) if point.startswith("http") else (2, 12)))
        api.variables["MEGURI_FAILPOINTS"] = f"{point}=kill@{nth}"
        began = stage.now()
        await api.start()
        assert api.process is not None
        try:
            async with asyncio.timeout(PATIENCE_S):
                await api.process.wait()
            stage.meter.fault(f"{AT} {point}", stage.now() - 0.1, stage.now())
        except TimeoutError:
            await api.kill()
            stage.meter.fault(f"{AT} no point", began, stage.now())


SCENARIO = Scenario(
    number=13,
    name="kill-api",
    does="Both API processes die by SIGKILL at named moments, before and after lock, write, commit,"
    " answer and publish, and start again, while 64 clients go on and screens follow six stores.",
    proves="what was acknowledged is in the ledger, nothing is half done, and screens that come"
    " back miss no event.",
    leaves_open="moments that have no name: they are left to the seeds of the other scenarios.",
    play=play,
    least_a_minute=300,
    least_faults_a_minute=6,
)
