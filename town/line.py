"""The town's line to the server: HTTP/1.1 over connections that are kept, light enough for crowds.

httpx's own line looks at every connection for every request, which takes more of a machine than
the server that it talks to; client and server share one here.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

import httptools
import httpx

OPENING_SECONDS: Final = 5
Result = TypeVar("Result")


class Line(httpx.AsyncBaseTransport):
    """At most `connections` to one server, each for one request at a time; the others wait.

    Raises httpx's transport errors: ConnectError, ReadError and ReadTimeout.
    """

    def __init__(
        self, address: str, connections: int, timeout_seconds: float, from_host: str | None = None
    ) -> None:
        """`address` is http://host:port; an answer may take `timeout_seconds`.

        Connections come `from_host`, if one is named.
        """
        self._from = None if from_host is None else (from_host, 0)
        parts = urlsplit(address)
        assert parts.hostname, address
        self._host, self._port = parts.hostname, parts.port or 80
        self._room = asyncio.Semaphore(connections)
        self._timeout_seconds = timeout_seconds
        self._idle: deque[_Connection] = deque()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request whose body is known whole, and wait for all of the answer."""
        async with self._room:
            connection = await self._connection(request)
            with ExitStack() as undo:
                undo.callback(connection.close)
                answer = await _within(
                    self._timeout_seconds, connection.ask(_written(request)), request
                )
                undo.pop_all()
            if connection.is_open:
                self._idle.append(connection)
            return answer

    async def aclose(self) -> None:
        """Close every connection that is not in use."""
        while self._idle:
            self._idle.pop().close()

    async def _connection(self, request: httpx.Request) -> "_Connection":
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        opening = asyncio.get_running_loop().create_connection(
            _Connection, self._host, self._port, local_addr=self._from
        )
        try:
            _, connection = await _within(OPENING_SECONDS, opening, request)
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        return connection


class _Connection(asyncio.Protocol):
    """One connection; httptools calls the `on_` methods as the answer comes in."""

    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport | None = None
        self._answered: asyncio.Future[httpx.Response] | None = None
        self._begin()

    async def ask(self, written: bytes) -> httpx.Response:
        """Write a request and wait for its answer."""
        assert self._transport is not None
        assert self._answered is None, "one request at a time"
        self._answered = asyncio.get_running_loop().create_future()
        self._begin()
        if self.is_open:
            self._transport.write(written)
        else:
            self._fail("the line was closed")
        try:
            return await self._answered
        finally:
            self._answered = None

    def close(self) -> None:
        """Hang up."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line is there."""
        # uvloop's transports have this interface without being of the class.
        self._transport, self.is_open = cast(asyncio.Transport, transport), True

    def data_received(self, data: bytes) -> None:
        """Part of an answer."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("the answer was no HTTP")
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The server, or the way to it, is gone."""
        self.is_open = False
        self._fail("the line was cut")

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header of the answer."""
        self._headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """The answer is whole."""
        self.is_open = self.is_open and self._parser.should_keep_alive()
        if self._answered is not None and not self._answered.done():
            status = self._parser.get_status_code()
            answer = httpx.Response(status, headers=self._headers, content=bytes(self._body))
            self._answered.set_result(answer)

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()

    def _fail(self, why: str) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(httpx.ReadError(why))


def _written(request: httpx.Request) -> bytes:
    head = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    head += [b"%s: %s" % header for header in request.headers.raw]
    return b"\r\n".join((*head, b"", b"")) + request.content


async def _within(
    seconds: float, work: Coroutine[Any, Any, Result], request: httpx.Request
) -> Result:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError as error:
        raise httpx.ReadTimeout("no answer came", request=request) from error
