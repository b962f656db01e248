"""14: kill -9 of PostgreSQL under load, again and again."""

import asyncio
from time import monotonic

from torture.load import clients, load_while
from torture.scenario import Scenario
from torture.stage import Stage


async def play(stage: Stage) -> None:
    """Kill the postmaster at random moments; start it again at once."""
    crowd = clients(stage)

    async def faults() -> None:
        until = monotonic() + stage.seconds
        while monotonic() < until:
            await asyncio.sleep(stage.random.uniform(1, 2.5))
            began = stage.now()
            await stage.ground.kill_postgres()
            await stage.ground.restart_postgres()
            stage.meter.fault("kill -9 of PostgreSQL", began, stage.now())
        await asyncio.sleep(2)

    await load_while(crowd, asyncio.create_task(faults()))


SCENARIO = Scenario(
    number=14,
    name="kill-postgres",
    does="PostgreSQL is killed with SIGKILL every few seconds while 64 clients pay, refund and top"
    " up, and is started again at once.",
    proves="what was acknowledged is on disk before the answer; what was in a commit at that moment"
    " is answered as unknown or rightly, and its id tells the truth.",
    leaves_open="a machine that loses power, a disk that lies about fsync, a database on another"
    " machine: the operating system here lives on.",
    play=play,
    least_a_minute=300,
    least_faults_a_minute=4,
)
