"""30: the standby is lost where the operator chose to go on without it, and comes back."""

import asyncio
import re
from time import monotonic
from typing import Final

import httpx

from torture.failover import lose_and_promote
from torture.processes import BrokenRunError, Program
from torture.scenario import Scenario
from torture.stage import Stage
from torture.standby import Standby

PATIENCE_S: Final = 2
LONGEST_AWAY_S: Final = 60.0
TURNS_WITHIN_S: Final = 30.0
SETTLED_S: Final = 1
ALONE: Final = "done without"
TOGETHER: Final = "waited for"
BEGINS: Final = "commits stand on one server alone"
ENDS: Final = "commits are waited for as before"

_COUNTER: Final = re.compile(r"^meguri_commits_without_standby_total (\S+)$", re.MULTILINE)


async def play(stage: Stage) -> None:
    """Lose the standby, pay on, let it come back, and then let it take over."""
    # Its newest commits are the standby's too, from the moment at which both are waited for.
    await lose_and_promote(
        stage, _lose, without_standby="degrade", standby_patience_seconds=PATIENCE_S
    )


async def _lose(stage: Stage, standby: Standby) -> None:
    """Payments go on at one server alone, in the open, until the standby has caught up."""
    before = [await _commits_alone(api) for api in stage.apis]
    began = stage.now()
    await standby.kill()
    for api in stage.apis:
        await _until(api, ALONE)
    alone = int(stage.now()) + SETTLED_S
    await asyncio.sleep(min(LONGEST_AWAY_S, max(stage.seconds / 4, SETTLED_S + 2)))
    rate = stage.meter.rate(alone, stage.now())
    counted = [await _commits_alone(api) for api in stage.apis]
    await standby.start()
    for api in stage.apis:
        await _until(api, TOGETHER)
    stage.meter.fault("the standby is away", began, stage.now())
    await asyncio.sleep(SETTLED_S)
    after = [await _commits_alone(api) for api in stage.apis]
    await asyncio.sleep(SETTLED_S)
    later = [await _commits_alone(api) for api in stage.apis]
    stage.promise(
        "Without the standby payments go on", rate > 0, f"{rate:.1f} a second from second {alone}"
    )
    stage.promise(
        "It is never silent: every process says so at /readyz, in its log and by a counter",
        not any(before) and all(counted) and all(_said(api) == (1, 1) for api in stage.apis),
        f"commits of one server: {counted}, {after} in the end; each log tells beginning and end",
    )
    stage.promise(
        "Once the standby is back, commits wait for it again", after == later, f"{after}, {later}"
    )


async def _until(api: Program, standing: str) -> None:
    """Wait until the process says how it stands with the standby. Raises BrokenRunError."""
    until = monotonic() + TURNS_WITHIN_S
    while monotonic() < until:
        if (await _ask(api, "/readyz")).json().get("standby") == standing:
            return
        await asyncio.sleep(0.1)
    raise BrokenRunError(f"{api.name} did not say {standing!r} in {TURNS_WITHIN_S} s")


async def _commits_alone(api: Program) -> int:
    found = _COUNTER.search((await _ask(api, "/metrics")).text)
    return int(float(found[1])) if found else 0


async def _ask(api: Program, path: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        return await http.get(f"{api.address}{path}")


def _said(api: Program) -> tuple[int, int]:
    log = api.log.read_text()
    return log.count(BEGINS), log.count(ENDS)


SCENARIO = Scenario(
    number=30,
    name="go-on-alone",
    does="PostgreSQL has a synchronous standby, and the operator chose `degrade`. Under load the"
    " standby is killed, and comes back after a quarter of the run; then the first server is"
    " killed, and the standby promoted in its place.",
    proves="payments go on at one server, and every process says so for as long as that lasts; the"
    " standby then has what was acknowledged meanwhile, and is waited for again.",
    leaves_open="a first server that is lost while it is alone: what was paid meanwhile is lost"
    " with it, which is what the operator chose.",
    play=play,
    least_a_minute=200,
    least_faults=2,
)
