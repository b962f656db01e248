"""19: three times the load that it can carry, for most of the run."""

import asyncio
import os
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from typing import Final

import httpx

from torture.flood import Flood
from torture.meter import percentile
from torture.scenario import Scenario
from torture.scene import TownSize
from torture.stage import CLIENTS, Stage

TIMES: Final = 3
LEAST_TIMES: Final = 2.4
"""With less than that much more than it carries the run has shown nothing."""
LEAST_GOODPUT: Final = 0.9
CROWDS: Final = (CLIENTS, 4 * CLIENTS)
"""The peak is what the better of these crowds gets."""
LOOK_S: Final = 10.0
AT_ONCE_MS: Final = 2_000
"""So long a request that is turned away may take at most, for 99 of 100."""
CALM_S: Final = 3.0


async def play(stage: Stage) -> None:
    """Find the peak, offer three times as much, then again what it carries.

    Where there are two cores the deployment has one of them, and the load the other: else it would
    be the load that is slow.
    """
    _part_cores(stage)
    flood = Flood(stage)
    stage.parts.callback(flood.close)
    quarter = stage.seconds / 4
    await flood.in_turns(CLIENTS, quarter / 4)
    before = await _peak(flood, quarter * 3 / 4)
    began = stage.now()
    doctor = asyncio.create_task(_see_whether_it_lives(stage, 2 * quarter))
    offered, carried = await flood.at_rate(before * TIMES, 2 * quarter)
    ends = stage.now()
    await flood.ended()
    stage.meter.fault(f"{TIMES} times the load", began, ends)
    await doctor
    await asyncio.sleep(CALM_S)
    after = await _peak(flood, quarter)
    peak = max(before, after, 1)
    seen = f"peak {peak:.0f} a second, offered {offered:.0f}, acknowledged {carried:.0f}"
    stage.promise("More was offered than it can carry", offered >= LEAST_TIMES * before, seen)
    name = "Under three times the load it carries nine tenths of its peak"
    stage.promise(name, carried >= LEAST_GOODPUT * peak, f"{seen}: {carried / peak:.0%}")
    _promise_at_once(stage, int(began) + 1, int(ends))
    stage.promise(
        "It recovers by itself",
        after >= LEAST_GOODPUT * before,
        f"{before:.0f} a second before, {after:.0f} after",
    )


async def _peak(flood: Flood, seconds: float) -> float:
    """The most payments that are acknowledged in a second when all clients wait for answers."""
    rates = [await flood.in_turns(clients, seconds / len(CROWDS)) for clients in CROWDS]
    return max(rates)


def _promise_at_once(stage: Stage, begun: int, ends: int) -> None:
    waits = [
        ms for second in range(begun, ends) for ms in stage.meter.turned_away_ms.get(second, [])
    ]
    slowest = percentile(waits, 0.99)
    stage.promise(
        "The surplus is turned away at once, with 429 or 503",
        bool(waits) and slowest <= AT_ONCE_MS,
        f"{len(waits):,} turned away, half of them within {percentile(waits, 0.5):,.0f} ms,"
        f" 99 of 100 within {slowest:,.0f} ms",
    )


async def _see_whether_it_lives(stage: Stage, seconds: float) -> None:
    """Ask every process each second, on a new connection; promise that all said yes."""
    until, said = monotonic() + seconds, Counter[str]()
    anew = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(trust_env=False, timeout=LOOK_S, limits=anew) as http:
        while monotonic() < until:
            for program in stage.apis:
                for path in ("/healthz", "/readyz"):
                    try:
                        answer = await http.get(program.address + path)
                        said[str(answer.status_code)] += 1
                    except httpx.TransportError as error:
                        said[type(error).__name__] += 1
            await asyncio.sleep(1)
    stage.promise(
        "Meanwhile every process says that it lives and is ready",
        set(said) == {"200"},
        ", ".join(f"{count} times {what}" for what, count in said.items()),
    )


def _part_cores(stage: Stage) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return
    ours, theirs = {cores[-1]}, set(cores[:-1])
    os.sched_setaffinity(0, ours)
    stage.parts.callback(os.sched_setaffinity, 0, set(cores))
    for pid in stage.server_pids():
        with suppress(ProcessLookupError):  # a PostgreSQL session that has ended since
            os.sched_setaffinity(pid, theirs)


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
