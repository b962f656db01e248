"""12: forced timeouts in every driver: database, Redis, HTTP."""

import asyncio
import os
import signal
from random import Random
from time import monotonic
from typing import Final

from torture.caller import Mishap
from torture.load import clients, load_while
from torture.scenario import Scenario
from torture.stage import Stage

LOCK_TIMEOUT_S: Final = 11.0
"""A little longer than the application waits for a lock."""
LONG_RUN_S: Final = 60.0

_CANCEL: Final = """
    SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND usename <> current_user AND backend_type = 'client backend' AND state <> 'idle'
"""


async def play(stage: Stage) -> None:
    """Statements end as by statement_timeout, locks do not come, Redis is silent, clients leave."""
    crowd = clients(stage, mishap=lambda random: _impatient(stage, random))

    async def faults() -> None:
        until = monotonic() + stage.seconds
        await asyncio.gather(_statements(stage, until), _redis(stage, until), _lock(stage, until))
        await asyncio.sleep(2)

    await load_while(crowd, asyncio.create_task(faults()))
    for client in crowd:
        client.caller.mishap = lambda: None


def _impatient(stage: Stage, random: Random) -> Mishap:
    def mishap() -> float | None:
        if random.random() >= 0.05:
            return None
        stage.meter.fault("a client's timeout", stage.now(), stage.now())
        return random.uniform(0.01, 0.1)

    return mishap


async def _statements(stage: Stage, until: float) -> None:
    """PostgreSQL cancels what runs, which is what its statement_timeout does."""
    superuser = await stage.ground.superuser()
    while monotonic() < until:
        await asyncio.sleep(stage.random.uniform(0.1, 0.8))
        for _ in range(await superuser.fetchval(_CANCEL)):
            stage.meter.fault("a statement's timeout", stage.now(), stage.now())
    await superuser.close()


async def _redis(stage: Stage, until: float) -> None:
    while monotonic() < until:
        await asyncio.sleep(stage.random.uniform(0.5, 2))
        began = stage.now()
        pid = stage.ground.valkey_pid()
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(stage.random.uniform(0.3, 1.5))
        os.kill(pid, signal.SIGCONT)
        stage.meter.fault("a silent Redis", began, stage.now())


async def _lock(stage: Stage, until: float) -> None:
    """In long runs somebody holds the head's lock for longer than the application waits."""
    superuser = await stage.ground.superuser()
    while stage.seconds >= LONG_RUN_S and monotonic() + LOCK_TIMEOUT_S < until:
        began = stage.now()
        async with superuser.transaction():
            await superuser.execute("SELECT FROM ledger.head FOR UPDATE")
            await asyncio.sleep(LOCK_TIMEOUT_S)
        stage.meter.fault("a lock's timeout", began, stage.now())
        await asyncio.sleep(LOCK_TIMEOUT_S)
    await superuser.close()


SCENARIO = Scenario(
    number=12,
    name="timeouts",
    does="Statements are cancelled in PostgreSQL as by its time limit, in runs of a minute and more"
    " the head's lock is held for 11 s, Redis stands still, clients give up after 10 to 100 ms.",
    proves="whichever driver gives up, nothing is done twice and every id tells the truth.",
    leaves_open="a network that is silent for longer than the 20 s that a batch may take: a test.",
    play=play,
    least_a_minute=300,
    least_faults_a_minute=60,
)
