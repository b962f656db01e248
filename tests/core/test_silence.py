"""A database that says nothing any more and hangs up on nobody."""

import asyncio
import ctypes
import socket
import struct
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import pytest
from sqlalchemy import text

from core.database import Database, allow
from core.errors import Problem
from core.outage import DATABASE_UNAVAILABLE, OUTCOME_UNKNOWN
from core.silence import BoundedConnection
from ledger.regions import Region
from tests.cancelling import nothing_is_left
from tests.servers import Place
from torture.proxy import reach

SHORT_S = 0.5
LONG_S = 15.0
"""Far longer than anything here takes, on a busy machine too."""
SOON = {"TCP_KEEPIDLE": 1, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 2, "TCP_USER_TIMEOUT": 2_000}
DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A socket's filter (BPF) of one instruction: of each packet that comes, keep nothing."""


class Line:
    """Between the program and PostgreSQL: passes on what is said until it is silent."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.is_silent = False
        self.ends: list[asyncio.StreamWriter] = []
        self._talks: set[asyncio.Task[None]] = set()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        self.ends.append(writer)
        to_there: asyncio.StreamWriter | None = None
        try:
            if self.is_silent:
                await asyncio.Event().wait()
            there, to_there = await reach(self._target)
            await asyncio.gather(self._pass_on(reader, to_there), self._pass_on(there, writer))
        except (asyncio.CancelledError, ConnectionError):
            pass
        finally:
            for each in (to_there, writer):
                if each is not None:
                    each.transport.abort()

    async def stop(self) -> None:
        for task in self._talks:
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while some := await reader.read(65_536):
            if self.is_silent:
                await asyncio.Event().wait()  # this connection is dead, whatever comes later
            writer.write(some)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def by_socket(url: str) -> AsyncIterator[tuple[Line, str]]:
    with tempfile.TemporaryDirectory(prefix="meguri-line-") as folder:
        line = Line(url)
        server = await asyncio.start_unix_server(line.talk, Path(folder) / ".s.PGSQL.5432")
        yield line, _by(url, "", f"host={quote(folder)}&port=5432")
        server.close()
        await line.stop()


@asynccontextmanager
async def by_network(url: str) -> AsyncIterator[tuple[Line, str]]:
    line = Line(url)
    server = await asyncio.start_server(line.talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield line, _by(url, f"127.0.0.1:{port}", "sslmode=disable")
    server.close()
    await line.stop()


def _by(url: str, place: str, query: str) -> str:
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{login}@{place}", query=query))


@asynccontextmanager
async def reached(url: str) -> AsyncIterator[Database]:
    database = Database(url, pool_size=1, answer_within_s=SHORT_S)
    yield database
    await database.close()


async def read(database: Database, region: Region) -> None:
    async with database.snapshot(region.region_id) as session:
        await session.execute(text("SELECT 1"))


async def in_time(work: Awaitable[None]) -> None:
    async with asyncio.timeout(LONG_S):
        await work


async def test_a_statement_that_is_never_answered_ends(place: Place, region: Region):
    async with by_socket(place.app_url) as (line, url), reached(url) as database:
        await read(database, region)
        line.is_silent = True
        with pytest.raises(Problem) as told:
            await in_time(read(database, region))
        assert told.value.type is DATABASE_UNAVAILABLE
        line.is_silent = False
        await in_time(read(database, region))
        await nothing_is_left(place.superuser_url, database)


async def test_a_commit_that_is_never_answered_is_unknown(place: Place, region: Region):
    async def write(database: Database, before_commit: Callable[[], None]) -> None:
        async with database.transaction(region.region_id) as session:
            await session.execute(text("SELECT pg_current_xact_id()"))
            before_commit()

    async with by_socket(place.app_url) as (line, url), reached(url) as database:

        def be_silent() -> None:
            asyncio.get_running_loop().call_soon(lambda: setattr(line, "is_silent", True))

        with pytest.raises(Problem) as told:
            await in_time(write(database, be_silent))
        assert told.value.type is OUTCOME_UNKNOWN
        line.is_silent = False
        await in_time(read(database, region))


async def test_a_long_read_has_its_time_and_the_next_one_has_not(place: Place, region: Region):
    async with reached(place.app_url) as database:
        async with database.snapshot(region.region_id) as session:
            await allow(session, 120)
            await session.execute(text(f"SELECT pg_sleep({4 * SHORT_S})"))
            limit = await session.scalar(text("SHOW statement_timeout"))
        assert limit == "2min"
        with pytest.raises(Problem) as told:
            async with database.snapshot(region.region_id) as session:
                await session.execute(text(f"SELECT pg_sleep({8 * SHORT_S})"))
        assert told.value.type is DATABASE_UNAVAILABLE


async def test_a_network_that_drops_everything_ends_what_has_no_limit(place: Place, region: Region):
    """No packet comes through any more, in either direction, and nobody says so."""
    async with by_network(place.app_url) as (line, url), reached(url) as database:
        connection = await database.connect_region(region.region_id, statement_timeout="0")
        assert isinstance(connection, BoundedConnection)
        ours = connection._transport.get_extra_info("socket")
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        connection.watch_line(SOON)
        asked = asyncio.create_task(connection.fetchval("SELECT pg_sleep(600)"))
        await asyncio.sleep(SHORT_S)
        line.is_silent = True
        for end in line.ends:
            _drop_what_comes(end.get_extra_info("socket").fileno())
        done, _ = await asyncio.wait([asked], timeout=LONG_S)
        connection.terminate()
        assert done, "the kernel found nobody there, and told"
        assert isinstance(asked.exception(), asyncpg.PostgresConnectionError)


def _drop_what_comes(fileno: int) -> None:
    program = ctypes.create_string_buffer(DROP_ALL)
    attached = struct.pack("HL", 1, ctypes.addressof(program))
    with socket.socket(fileno=fileno) as end:
        end.setsockopt(socket.SOL_SOCKET, 26, attached)  # SO_ATTACH_FILTER
        end.detach()
