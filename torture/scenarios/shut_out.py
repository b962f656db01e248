"""33: PostgreSQL lives and lets nobody in, loses one of its own processes, or stands still."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import Final

import asyncpg

from core.outage import CONNECT_TROUBLE
from torture.ground import DATABASE
from torture.load import clients, load_while
from torture.processes import Program
from torture.scenario import Scenario
from torture.stage import Stage

AWAY_S: Final = 4.0
LONGEST_STILL_S: Final = 25.0
"""Longer than a batch may take."""
AFTERWARDS_S: Final = 4.0
LONGEST_RECOVERY_S: Final = 30
PARTS: Final = ("meguri_app_login", "walwriter", "checkpointer", "background writer")
"""Words by which a process of PostgreSQL is known."""

SHUT: Final = {
    "its login is barred": (
        "ALTER ROLE meguri_app_login NOLOGIN",
        "ALTER ROLE meguri_app_login LOGIN",
    ),
    "its login has no connection left": (
        "ALTER ROLE meguri_app_login CONNECTION LIMIT 0",
        "ALTER ROLE meguri_app_login CONNECTION LIMIT -1",
    ),
    "its login is no member of its role": (
        "REVOKE meguri_app FROM meguri_app_login",
        "GRANT meguri_app TO meguri_app_login",
    ),
    "the database is shut": (
        f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false",
        f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true",
    ),
    "the database can only be read": (
        f"ALTER DATABASE {DATABASE} SET default_transaction_read_only = on",
        f"ALTER DATABASE {DATABASE} RESET default_transaction_read_only",
    ),
}
"""What is done to it, and undone."""

_END_ALL: Final = f"""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
     WHERE datname = '{DATABASE}' AND usename <> current_user
"""  # noqa: S608  (a name of ours)


async def play(stage: Stage) -> None:
    """One after the other, in turns, while 64 clients work; then it must go on by itself."""
    crowd = clients(stage)

    async def faults() -> None:
        until = monotonic() + stage.seconds
        for turn in _turns(stage):
            if monotonic() < until:
                await turn()
                await asyncio.sleep(stage.random.uniform(1, 2))
        await asyncio.sleep(AFTERWARDS_S)

    await load_while(crowd, asyncio.create_task(faults()))
    ended = int(stage.meter.faults[-1].ends)
    rate = stage.meter.rate(ended + 1, ended + int(AFTERWARDS_S))
    name = "Afterwards payments go on, and nobody had to help"
    stage.promise(name, rate > 0, f"{rate:.0f} a second")


def _turns(stage: Stage) -> list[Callable[[], Awaitable[None]]]:
    still_s = min(LONGEST_STILL_S, stage.seconds / 4)
    turns: list[Callable[[], Awaitable[None]]] = [
        *(lambda why=why: _shut(stage, why) for why in SHUT),
        *(lambda words=words: _kill_one(stage, words) for words in PARTS),
        lambda: _stand_still(stage, "PostgreSQL", stage.ground.postgres_pids(), still_s),
        *(lambda each=each: _stop(stage, each, still_s) for each in (stage.apis[0], stage.worker)),
    ]
    stage.random.shuffle(turns)
    return turns


async def _shut(stage: Stage, why: str) -> None:
    began, (shut, open_again) = stage.now(), SHUT[why]
    superuser = await asyncpg.connect(stage.ground.postgres.superuser_url)
    try:
        await superuser.execute(shut)
        await superuser.execute(_END_ALL)
        await asyncio.sleep(AWAY_S)
    finally:
        await superuser.execute(open_again)
        await superuser.execute(_END_ALL)
        await superuser.close()
    stage.meter.fault(why, began, stage.now())


async def _kill_one(stage: Stage, words: str) -> None:
    """Kill -9 of one of PostgreSQL's processes: it ends all the others, and starts them again."""
    pids = [pid for pid in stage.ground.postgres_pids()[1:] if words in _words_of(pid)]
    if not pids:
        return
    began = stage.now()
    os.kill(stage.random.choice(pids), signal.SIGKILL)
    await asyncio.sleep(0.2)
    for _ in range(LONGEST_RECOVERY_S):
        if await _is_up(stage):
            break
        await asyncio.sleep(1)
    stage.meter.fault(f"kill -9 of a {words} of PostgreSQL", began, stage.now())


async def _is_up(stage: Stage) -> bool:
    try:
        await stage.ground.administer("SELECT pg_current_wal_lsn()")
    except CONNECT_TROUBLE:
        return False
    return True


async def _stop(stage: Stage, program: Program, seconds: float) -> None:
    assert program.process is not None, "it was started"
    await _stand_still(stage, program.name, [program.process.pid], seconds)


async def _stand_still(stage: Stage, name: str, pids: list[int], seconds: float) -> None:
    began = stage.now()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(seconds)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    stage.meter.fault(f"{name} stands still", began, stage.now())


def _words_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


SCENARIO = Scenario(
    number=33,
    name="shut-out",
    does="PostgreSQL bars the application's login, gives it no connection, takes its role away,"
    " shuts the database or lets it be read only; one of its processes is killed with SIGKILL; it,"
    " an API process and the worker stand still for a quarter of the run (at most 25 s): in turns,"
    " in an order of the seed, while 64 clients work.",
    proves="whatever keeps the application out, it says that nothing was done or that it does not"
    " know, and goes on by itself afterwards.",
    leaves_open="a disk that is full or fails; a machine without memory.",
    play=play,
    least_a_minute=100,
    least_faults=3,
)
