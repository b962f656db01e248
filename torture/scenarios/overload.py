"""19: three times the load that it can carry, for most of the run."""

import asyncio
import os
import resource
from dataclasses import replace
from time import monotonic
from typing import Final

from torture import operations
from torture.caller import Caller
from torture.meter import percentile
from torture.scenario import Scenario
from torture.scene import TownSize
from torture.stage import CLIENTS, Stage

TIMES: Final = 3
LEAST_TIMES: Final = 2.4
"""With less than that much more than it carries the run has shown nothing."""
LEAST_GOODPUT: Final = 0.9
TICK_S: Final = 0.02
MOST_LINES: Final = 6_000
AT_ONCE_MS: Final = 2_000
"""So long a request that is turned away may take at most, for 99 of 100."""
CALM_S: Final = 3.0


async def play(stage: Stage) -> None:
    """Find the peak, offer three times as much, then again what it carries.

    Where there are two cores the deployment has one of them, and the load the other: else it would
    be the load that is slow.
    """
    _part_cores(stage)
    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(most, 4 * MOST_LINES)), hard))
    before = await _closed_loop(stage, stage.seconds / 4)
    began = stage.now()
    offered, carried = await _open_loop(stage, before * TIMES, stage.seconds / 2)
    stage.meter.fault(f"{TIMES} times the load", began, stage.now())
    await asyncio.sleep(CALM_S)
    after = await _closed_loop(stage, stage.seconds / 4)
    peak = max(before, after)
    seen = f"peak {peak:.0f} a second, offered {offered:.0f}, acknowledged {carried:.0f}"
    stage.promise("More was offered than it can carry", offered >= LEAST_TIMES * before, seen)
    name = "Under three times the load it carries nine tenths of its peak"
    stage.promise(name, carried >= LEAST_GOODPUT * peak, f"{seen}: {carried / peak:.0%}")
    stage.promise(
        "It recovers by itself",
        after >= LEAST_GOODPUT * before,
        f"{before:.0f} a second before, {after:.0f} after",
    )


def _part_cores(stage: Stage) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return
    ours, theirs = {cores[-1]}, set(cores[:-1])
    os.sched_setaffinity(0, ours)
    stage.parts.callback(os.sched_setaffinity, 0, set(cores))
    for pid in stage.server_pids():
        os.sched_setaffinity(pid, theirs)


async def _closed_loop(stage: Stage, seconds: float) -> float:
    """Payments that 64 clients get acknowledged in a second, each waiting for its answer."""
    crowd = [stage.caller(number) for number in range(CLIENTS)]
    until, begun = monotonic() + seconds, stage.now()

    async def work(caller: Caller) -> None:
        while monotonic() < until:
            await _pay(stage, caller)

    await asyncio.gather(*(work(caller) for caller in crowd))
    return stage.meter.rate(begun + 1, stage.now() - 1)


async def _open_loop(stage: Stage, rate: float, seconds: float) -> tuple[float, float]:
    """What was offered and what was acknowledged in a second, when nobody waits for answers."""
    idle: list[Caller] = []
    running: set[asyncio.Task[None]] = set()
    began, begun, sent, lines = monotonic(), stage.now(), 0, 0

    async def one(caller: Caller) -> None:
        await _pay(stage, caller)
        idle.append(caller)

    while (passed := monotonic() - began) < seconds:
        while sent < passed * rate and (idle or lines < MOST_LINES):
            if not idle:
                idle.append(stage.caller(lines))
                lines += 1
            task = asyncio.create_task(one(idle.pop()))
            running.add(task)
            task.add_done_callback(running.discard)
            sent += 1
        await asyncio.sleep(TICK_S)
    ends = stage.now()
    carried = stage.meter.rate(begun + 1, ends)
    _promise_at_once(stage, begun, ends)
    await asyncio.gather(*running)
    return sent / seconds, carried


def _promise_at_once(stage: Stage, begun: float, ends: float) -> None:
    meter = stage.meter
    seconds = range(int(begun) + 1, int(ends))
    turned = sum(meter.by_second[second]["turned away"] for second in seconds)
    waits = [ms for second in seconds for ms in meter.turned_away_ms.get(second, [])]
    slowest = percentile(waits, 0.99)
    stage.promise(
        "The surplus is turned away at once, with 429 or 503",
        turned > 0 and slowest <= AT_ONCE_MS,
        f"{turned:,} turned away, 99 of 100 within {slowest:,.0f} ms",
    )


async def _pay(stage: Stage, caller: Caller) -> None:
    scene, chance = stage.scene, stage.random
    holder, shop = chance.choice(scene.holders), chance.choice(scene.shops)
    await stage.ask(caller, operations.payment(scene, holder, shop, 1))


SCENARIO = Scenario(
    number=19,
    name="overload",
    does="After the peak was measured, three times as many payments arrive as that, whether or not"
    " the earlier ones were answered; nobody asks again.",
    proves="what it cannot carry is turned away at once, nine tenths of the peak go on, and it"
    " recovers by itself.",
    leaves_open="clients that ask again and again without a pause; a load balancer's own limits.",
    play=play,
    least_a_minute=2_000,
    size=replace(TownSize(), residents=1_500),
)
