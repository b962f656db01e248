"""two_processes_vs_one, two_regions_vs_one: engines in two processes, over one in one process."""

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Final

import asyncpg

from bench.busy_cores import BusyCores
from bench.figures import Ratio, Result
from bench.fill import fill
from bench.filled import Filled
from bench.ground import Ground
from bench.pay_on_call import Call, Task
from bench.processes import Payer, paying
from bench.rounds import Figures, Turn, take_turns
from bench.scale import MOST_ENGINE_CLIENTS, Scale
from bench.sides import Sides, judge
from core.database import Database

NAME: Final = "two_processes_vs_one"
REGIONS: Final = "two_regions_vs_one"
NAMES: Final = (NAME, REGIONS)
TARGET: Final = 0.9
REGIONS_TARGET: Final = 1.5

ONE: Final = "payments, one process, one region"
TWO: Final = "payments, two processes, one region"
APART: Final = "payments, two processes, two regions"
_DATABASE: Final = "shared"
_SECOND: Final = "suginami"


@dataclass(slots=True)
class _Crew:
    """Two processes of one region, and one of another."""

    here: Payer
    here_too: Payer
    elsewhere: Payer
    seconds: float
    cores: list[float] = field(default_factory=list)
    """Busy ones, while one process pays."""

    async def one(self) -> float:
        busy = BusyCores()
        paid = await self._pay((self.here, MOST_ENGINE_CLIENTS))
        self.cores.append(busy.average())
        return paid

    async def two(self) -> float:
        half = MOST_ENGINE_CLIENTS // 2
        return await self._pay((self.here, half), (self.here_too, half))

    async def apart(self) -> float:
        return await self._pay(
            (self.here, MOST_ENGINE_CLIENTS), (self.elsewhere, MOST_ENGINE_CLIENTS)
        )

    async def _pay(self, *payers: tuple[Payer, int]) -> float:
        calls = [payer.ask(Call(clients, self.seconds)) for payer, clients in payers]
        return float(sum(await asyncio.gather(*calls)))


async def compare_processes(sides: Sides, scale: Scale, result: Result) -> None:
    """Measure one process, two on the same region, and two on a region each, in turns."""
    ground, filled = sides.ground, sides.filled
    async with sides.copy(_DATABASE):
        second = await _fill_second(ground, filled)
        async with AsyncExitStack() as stack:
            url = ground.server.app_url(_DATABASE)
            here, here_too, elsewhere = [
                await stack.enter_async_context(paying(Task(url, region.as_json())))
                for region in (filled, filled, second)
            ]
            crew = _Crew(here, here_too, elsewhere, scale.warm_up_seconds)
            await crew.two()
            await crew.apart()
            crew.cores.clear()
            crew.seconds = scale.seconds
            both = 2 * MOST_ENGINE_CLIENTS
            turns = [
                Turn(ONE, MOST_ENGINE_CLIENTS, crew.one),
                Turn(TWO, MOST_ENGINE_CLIENTS, crew.two),
                Turn(APART, both, crew.apart),
            ]
            figures = await take_turns(turns, scale.rounds)
        deadlocks = await _deadlocks(ground)
        for region in (filled, second):
            await judge(ground, _DATABASE, region, result)
    result.figures += figures.values()
    result.ratios += _ratios(figures, median(crew.cores), deadlocks)
    if deadlocks:
        result.broken.append(f"PostgreSQL counted {deadlocks} deadlocks of two processes")


async def _fill_second(ground: Ground, filled: Filled) -> Filled:
    database = Database(ground.server.app_url(_DATABASE))
    try:
        owner_url = ground.server.owner_url(_DATABASE)
        second = await fill(
            database, owner_url, _SECOND, filled.names, filled.wallets, filled.merchants
        )
    finally:
        await database.close()
    await ground.execute(_DATABASE, "VACUUM (ANALYZE)")
    await ground.settle()
    return second


async def _deadlocks(ground: Ground) -> int:
    """How many PostgreSQL has counted; the processes have ended and told what they knew."""
    connection = await asyncpg.connect(ground.server.superuser_url)
    try:
        count = "SELECT deadlocks FROM pg_stat_database WHERE datname = $1"
        return int(await connection.fetchval(count, _DATABASE))
    finally:
        await connection.close()


def _ratios(figures: Figures, cores: float, deadlocks: int) -> list[Ratio]:
    one = figures[ONE, MOST_ENGINE_CLIENTS].per_second
    return [
        Ratio(
            NAME,
            figures[TWO, MOST_ENGINE_CLIENTS].per_second / one,
            TARGET,
            f"payments a second under one hot budget, {MOST_ENGINE_CLIENTS} clients spread over "
            f"two processes, over the same in one; {deadlocks} deadlocks",
            "the head's lock: one batch at a time, whoever decides it",
        ),
        Ratio(
            REGIONS,
            figures[APART, 2 * MOST_ENGINE_CLIENTS].per_second / one,
            REGIONS_TARGET,
            f"payments a second of two regions in two processes, {MOST_ENGINE_CLIENTS} clients "
            "each, over one region in one",
            f"the cores: one process and its PostgreSQL kept {cores:.1f} of {os.cpu_count()} busy",
        ),
    ]
