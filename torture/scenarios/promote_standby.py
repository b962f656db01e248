"""15: the synchronous standby is lost, comes back, and is promoted under load."""

import asyncio
from time import monotonic
from typing import Final

from torture.failover import lose_and_promote
from torture.scenario import Scenario
from torture.stage import Stage
from torture.standby import Standby

LONGEST_AWAY_S: Final = 30.0
"""Longer than a batch may take, so that the application gives up on it meanwhile."""
IN_FLIGHT_S: Final = 1

_END_WAITS: Final = """
    SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event = 'SyncRep'
"""


async def play(stage: Stage) -> None:
    """Lose the standby, let nothing be acknowledged meanwhile, and then let it take over."""
    await lose_and_promote(stage, _lose)


async def _lose(stage: Stage, standby: Standby) -> None:
    """Nothing may be acknowledged while there is no standby: writes wait, or fail."""
    began = stage.now()
    await standby.kill()
    await _end_waits(stage, min(LONGEST_AWAY_S, max(stage.seconds / 4, 4)))
    away = (int(began) + 1 + IN_FLIGHT_S, int(stage.now()))
    await standby.start()
    stage.meter.fault("the standby is away", began, stage.now())
    rate = stage.meter.rate(*away)
    name = "Without the standby nothing is acknowledged: it never goes asynchronous in silence"
    stage.promise(name, rate == 0, f"{rate:.1f} a second, second {away[0]} to {away[1]}")


async def _end_waits(stage: Stage, seconds: float) -> None:
    """Commits that wait for the standby are let go: they then stand on the first server only."""
    superuser, until = await stage.ground.superuser(), monotonic() + seconds
    while monotonic() < until:
        await asyncio.sleep(0.5)
        for _ in range(await superuser.fetchval(_END_WAITS)):
            stage.meter.fault("a commit that is only local", stage.now(), stage.now())
    await superuser.close()


SCENARIO = Scenario(
    number=15,
    name="promote-standby",
    does="PostgreSQL has a synchronous standby, made by pg_basebackup. Under load it is killed, and"
    " the waits of commits for it are cancelled; it comes back; then the first server is killed,"
    " and the standby promoted in its place.",
    proves="what was acknowledged is on the standby; while there is none, nothing is acknowledged,"
    " also not what was committed on one server only.",
    leaves_open="a promotion while commits are only local, whose GET may have shown them before;"
    " two servers that both think that they are the first: fencing is the operator's.",
    play=play,
    least_a_minute=200,
    least_faults=2,
)
