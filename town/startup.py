"""Starts what a demo needs, and stops it: a demo database with its clock, the server's process."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from os import environ
from pathlib import Path
from time import monotonic
from typing import Any, Final

import asyncpg
import httpx

from core.database import Database
from core.settings import PREFIX, Settings
from ledger.regions import load_regions

HOST: Final = "127.0.0.1"
READY_SECONDS: Final = 60
STOP_SECONDS: Final = 40
CODE: Final = "hinode"

_WHICH: Final = """
    SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()
"""
_IS_OURS: Final = "SELECT to_regclass('ledger.deployment') IS NOT NULL"
_IS_DEMO: Final = "SELECT is_demo FROM ledger.deployment"
_HAS_REGIONS: Final = "SELECT EXISTS (SELECT FROM ledger.region)"
_HAS_TABLES: Final = """
    SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname NOT IN ('information_schema', 'meguri')
                      AND n.nspname !~ '^pg_'
                      AND NOT EXISTS (SELECT FROM pg_depend d
                                       WHERE d.objid = c.oid AND d.deptype = 'e'))
"""
"""Tables and the like of somebody else, not those that extensions bring."""
_MARK: Final = """
    UPDATE ledger.deployment SET is_demo = true
     WHERE is_demo OR NOT EXISTS (SELECT FROM ledger.region)
"""
_REAL: Final = "this database serves real regions; a demo needs one of its own"
_ANALYZE: Final = """
    ANALYZE ledger.holder, ledger.account, ledger.counter, ledger.entry, ledger.posting
"""
_SET_CLOCK: Final = """
    UPDATE ledger.deployment SET real_anchor = $1, town_anchor = $2, factor = $3 WHERE is_demo
"""


class StartupError(Exception):
    """Why the demo cannot start, in one sentence for the person who asked for it."""


async def check_addresses(owner_url: str, database_url: str) -> None:
    """Raises StartupError unless both addresses lead to one database.

    Otherwise the owner's would be looked at and marked, and the day lived in the other one.
    """
    found = []
    for url in (owner_url, database_url):
        connection = await asyncpg.connect(url)
        try:
            found.append(await connection.fetchrow(_WHICH))
        finally:
            await connection.close()
    if found[0] != found[1]:
        raise StartupError("the owner's address and the application's lead to two databases")


async def check_ground(owner_url: str) -> None:
    """Look, before anything is changed, whether a demo may have this database.

    It may if the database is empty, or ours without regions, or a demo's. Raises StartupError for
    any other: it is somebody's real one.
    """
    owner = await asyncpg.connect(owner_url)
    try:
        if await owner.fetchval(_IS_OURS):
            if await owner.fetchval(_HAS_REGIONS) and not await owner.fetchval(_IS_DEMO):
                raise StartupError(_REAL)
        elif await owner.fetchval(_HAS_TABLES):
            raise StartupError("this database holds other tables; a demo needs one of its own")
    finally:
        await owner.close()


async def mark_as_demo(owner_url: str) -> None:
    """Mark a migrated database as a demo; one that is marked already stays so.

    Raises StartupError for a database that has regions and no mark: it is somebody's real one.
    """
    owner = await asyncpg.connect(owner_url)
    try:
        done = await owner.execute(_MARK)
    finally:
        await owner.close()
    if done != "UPDATE 1":
        raise StartupError(_REAL)


async def set_clock(owner_url: str, town: datetime, factor: int) -> None:
    """Let the town's clock show `town` now and run `factor` times as fast from now on.

    Processes read the clock when they start. Raises StartupError unless this is a demo database.
    """
    owner = await asyncpg.connect(owner_url)
    try:
        done = await owner.execute(_SET_CLOCK, datetime.now(UTC), town, factor)
    finally:
        await owner.close()
    if done != "UPDATE 1":
        raise StartupError("only a database that is marked as a demo has a faster clock")


async def analyze(owner_url: str) -> None:
    """Let PostgreSQL look at its tables now: after a bulk load it plans as for an empty database.

    It does so by itself too, but up to a minute later, and until then reads a whole region where
    one wallet was meant.
    """
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute(_ANALYZE)
    finally:
        await owner.close()


async def free_code(database: Database) -> str:
    """A region code that nobody has yet: each demo on one database opens a town of its own."""
    taken = await load_regions(database)
    number = 1
    while (code := CODE if number == 1 else f"{CODE}-{number}") in taken:
        number += 1
    return code


def free_port(wanted: int) -> int:
    """The wanted port if nothing listens there at this moment, else another one; 0 wants any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def server(settings: Settings, port: int, log: Path) -> AsyncIterator[Process]:
    """The API as a process of its own, ready when the block begins and gone when it has ended.

    Its output is appended to `log`. Raises StartupError when it is not ready in READY_SECONDS.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "cli.main", "serve", "--host", HOST, "--port", str(port)),
            "--until-input-ends",
            stdin=PIPE,  # closes when we end, however that happens
            stdout=output,
            stderr=STDOUT,
            env={**_outside(), **_as_environment(settings)},
            start_new_session=True,  # Ctrl-C reaches only us, and we stop it in order
        )
    try:
        await _ready(process, f"http://{HOST}:{port}/readyz", log)
        yield process
    finally:
        await _stop(process)


async def while_it_runs(process: Process, work: Coroutine[Any, Any, object]) -> None:
    """Do the work, and give it up with StartupError when the server ends by itself meanwhile."""
    working = asyncio.ensure_future(work)
    ended = asyncio.ensure_future(process.wait())
    try:
        await asyncio.wait({working, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise StartupError(f"the server ended by itself ({process.returncode})")
        await working
    finally:
        for task in (working, ended):
            task.cancel()
        await asyncio.wait({working, ended})


async def _ready(process: Process, address: str, log: Path) -> None:
    begun = monotonic()
    async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
        while monotonic() - begun < READY_SECONDS:
            if process.returncode is not None:
                raise StartupError(f"the server ended by itself; its words are in {log}")
            if await _answers(http, address):
                return
            await asyncio.sleep(0.1)
    raise StartupError(f"the server was not ready in {READY_SECONDS} seconds; see {log}")


async def _answers(http: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await http.get(address)).status_code == 200
    except httpx.TransportError:
        return False


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _outside() -> dict[str, str]:
    """Our environment without our settings: the server gets those of the demo."""
    return {name: value for name, value in environ.items() if not name.startswith(PREFIX)}


def _as_environment(settings: Settings) -> dict[str, str]:
    """The variables that give the server these settings, without other logins than its own."""
    providers = {
        name: {"secret": provider.secret.get_secret_value(), "region": provider.region}
        for name, provider in settings.top_up_providers.items()
    }
    plain = settings.model_dump(
        exclude={"owner_database_url", "sealer_database_url", "top_up_providers"}
    )
    variables = {
        PREFIX + name.upper(): str(value) for name, value in plain.items() if value is not None
    }
    return {**variables, f"{PREFIX}TOP_UP_PROVIDERS": json.dumps(providers)}
