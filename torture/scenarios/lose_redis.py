"""18: Redis is flushed, killed, and slow for up to 30 seconds."""

import asyncio
import os
import signal
from time import monotonic
from typing import Final

from redis.asyncio import Redis

from core.embedded.valkey import start_valkey
from torture.judge.promise import Broken
from torture.load import clients, load_while
from torture.scenario import Scenario
from torture.screen import screens
from torture.stage import Stage

SLOW_S: Final = 30.0


async def play(stage: Stage) -> None:
    """One after the other, in turns, while payments by shop QR go on and screens follow."""
    crowd = clients(stage)
    await screens(stage, 6)

    async def faults() -> None:
        until = monotonic() + stage.seconds
        turns = (_flush, _kill, _stop)
        while True:
            for turn in turns:
                if monotonic() >= until:
                    return
                await asyncio.sleep(0.5)
                await turn(stage)

    await load_while(crowd, asyncio.create_task(faults()))
    broken = Broken()
    away = [fault for fault in stage.meter.faults if fault.ends - fault.begins >= 1]
    for fault in away:
        if stage.meter.rate(fault.begins, fault.ends) == 0:
            broken.add(f"{fault.name} at {fault.begins:.0f} s")
    name = "Payments go on while Redis is away"
    stage.promises.append(broken.promise(name, f"{len(away)} times away for a second and more"))


async def _flush(stage: Stage) -> None:
    began = stage.now()
    client = Redis.from_url(stage.ground.valkey.url)
    await client.flushall()
    await client.aclose()
    stage.meter.fault("Redis flushed", began, stage.now())


async def _kill(stage: Stage) -> None:
    began = stage.now()
    os.kill(stage.ground.valkey_pid(), signal.SIGKILL)
    await asyncio.sleep(stage.random.uniform(1, 3))
    again = await start_valkey(stage.ground.settings.data_dir)
    await again.leave()
    stage.meter.fault("Redis killed", began, stage.now())


async def _stop(stage: Stage) -> None:
    began, pid = stage.now(), stage.ground.valkey_pid()
    os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(min(SLOW_S, stage.seconds / 4))
    os.kill(pid, signal.SIGCONT)
    stage.meter.fault("Redis silent", began, stage.now())


SCENARIO = Scenario(
    number=18,
    name="lose-redis",
    does="Redis is flushed, killed and started again, and stands still for a quarter of the run (at"
    " most 30 s), in turns, while 64 clients pay by shop QR and screens follow six stores.",
    proves="Redis holds nothing that counts: payments go on, screens miss nothing.",
    leaves_open="one-time codes: there are none yet; they will fail closed.",
    play=play,
    least_a_minute=600,
    least_faults=3,
)
