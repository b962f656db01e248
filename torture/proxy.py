"""A proxy before PostgreSQL that loses the connection at the worst moment: during COMMIT."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

Cut = Literal["before", "after", "meanwhile"]
"""The server never saw the COMMIT; it did it and said so; it saw it, and may be at work yet."""

SOCKET = ".s.PGSQL.5432"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Proxy:
    """Passes on what is said, until `cut` says that a COMMIT's connection is to be lost."""

    target: str
    """URL of the real server."""
    folder: Path
    cut: Callable[[], Cut | None] = lambda: None
    """Asked at each COMMIT."""
    cuts: int = 0
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The same database by way of this proxy."""
        return self.before(self.target)

    def before(self, url: str) -> str:
        """The target's server by way of this proxy, with the login of `url`."""
        parts = urlsplit(url)
        login = parts.netloc.rpartition("@")[0]
        query = f"host={quote(str(self.folder))}&port=5432"
        return urlunsplit(parts._replace(netloc=f"{login}@", query=query))

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, whatever happens to it."""
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            server: Streams = await reach(self.target)
        except OSError:  # nobody is there: the client hears what it would hear without us
            writer.close()
            self._talks.discard(task)
            return
        answers = asyncio.create_task(_copy(server[0], writer))
        try:
            await self._pass_on(reader, server[1], answers)
        finally:
            answers.cancel()
            server[1].close()
            writer.close()
            self._talks.discard(task)

    async def stop(self) -> None:
        """End all connections."""
        for task in list(self._talks):
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        server: asyncio.StreamWriter,
        answers: "asyncio.Task[None]",
    ) -> None:
        is_first = True
        listener = _Listener()
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind = b"" if is_first else await reader.readexactly(1)
                size = await reader.readexactly(4)
                body = await reader.readexactly(int.from_bytes(size) - 4)
                is_first = False
                if server.is_closing():  # it died, and uvloop says so by a RuntimeError
                    return
                cut = self.cut() if listener.hears_commit(kind, body) else None
                if cut is None:
                    server.write(kind + size + body)
                    await server.drain()
                    continue
                self.cuts += 1
                answers.cancel()
                if cut != "before":
                    server.write(kind + size + body)
                    await server.drain()
                if cut == "after":
                    await asyncio.sleep(0.2)
                return


async def reach(url: str) -> Streams:
    """Connect to the server of a libpq URL: by the socket in its `host`, or by the network."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host, port = query.get("host", [""])[0], query.get("port", ["5432"])[0]
    if host:
        return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
    return await asyncio.open_connection(parts.hostname, parts.port or 5432)


@dataclass
class _Listener:
    """Follows what a client says, to know when it commits: by COMMIT, or by the end of a
    ledger.write() that is outside of any transaction.
    """

    writes: set[bytes] = field(default_factory=set)
    """Names of prepared statements."""
    is_writing: bool = False
    is_in_transaction: bool = False

    def hears_commit(self, kind: bytes, body: bytes) -> bool:
        """Whether with this message something is committed."""
        match kind:
            case b"Q":
                is_commit = body.rstrip(b";\0") == b"COMMIT"
                self.is_in_transaction = not is_commit and (
                    self.is_in_transaction or body.startswith(b"BEGIN")
                )
                return is_commit
            case b"P":
                name, query = body.split(b"\0")[:2]
                if b"ledger.write(" in query:
                    self.writes.add(name)
            case b"B":
                self.is_writing = body.split(b"\0", 2)[1] in self.writes
            case b"S":
                was_writing, self.is_writing = self.is_writing, False
                return was_writing and not self.is_in_transaction
        return False


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def running_proxy(target: str) -> AsyncIterator[Proxy]:
    """A proxy before the server of `target`, on a socket of its own."""
    with tempfile.TemporaryDirectory(prefix="meguri-proxy-") as folder:
        proxy = Proxy(target, Path(folder))
        server = await asyncio.start_unix_server(proxy.talk, proxy.folder / SOCKET)
        try:
            yield proxy
        finally:
            server.close()
            await proxy.stop()
