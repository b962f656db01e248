"""The line over real sockets: answers whole, in pieces, cut short, late, and lines gone dead."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from town.line import Line

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n"
BODY = b'{"ok":true}'


@asynccontextmanager
async def server(answer: Handler) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that reads each request whole, and answers as it is told; and what it was asked."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                asked.append(head)
                length = re.search("content-length: ([0-9]+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", asked
    finally:
        listening.close()


@asynccontextmanager
async def client(
    address: str, *, at_once: int = 2, seconds: float = 5
) -> AsyncIterator[httpx.AsyncClient]:
    line = Line(address, at_once, seconds)
    async with httpx.AsyncClient(base_url=address, transport=line, trust_env=False) as http:
        yield http


async def whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK + BODY)


async def in_pieces(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in OK + BODY:
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(0)


async def in_chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"ok"\r\n')
    writer.write(b"6\r\n:true}\r\n0\r\n\r\n")


@pytest.mark.parametrize("answer", [whole, in_pieces, in_chunks])
async def test_an_answer_arrives_however_it_is_cut(answer: Handler) -> None:
    async with server(answer) as (address, asked), client(address) as http:
        reply = await http.put("/v1/x?a=1", content=b'{"a":1}', headers={"x-face": "resident"})
    assert (reply.status_code, reply.json()) == (200, {"ok": True})
    assert asked[0].startswith("PUT /v1/x?a=1 HTTP/1.1\r\n")
    assert "x-face: resident" in asked[0]


async def test_a_connection_is_used_again_and_there_are_never_more_than_allowed() -> None:
    open_now = most = connections = 0

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.01)
        open_now -= 1
        ports.add(writer.get_extra_info("peername")[1])
        writer.write(OK + BODY)

    ports: set[int] = set()
    async with server(slowly) as (address, _), client(address) as http:
        await asyncio.gather(*(http.get("/") for _ in range(20)))
    connections = len(ports)
    assert most == connections == 2


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK + BODY[:4])
    await writer.drain()
    writer.close()


async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(5)


@pytest.mark.parametrize(
    ("answer", "error"),
    [(cut, httpx.ReadError), (nonsense, httpx.ReadError), (silence, httpx.ReadTimeout)],
)
async def test_no_usable_answer_is_told_by_name(answer: Handler, error: type[Exception]) -> None:
    async with server(answer) as (address, _), client(address, seconds=0.3) as http:
        with pytest.raises(error):
            await http.get("/")


async def test_nobody_there_is_told_by_name() -> None:
    async with server(whole) as (address, _):
        pass
    async with client(address) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("/")


async def test_a_line_that_the_server_closed_meanwhile_is_not_used_again() -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK.replace(b"content-type", b"connection: close\r\ncontent-type") + BODY)
        writer.close()

    async with server(once) as (address, asked), client(address, at_once=1) as http:
        for _ in range(3):
            assert (await http.get("/")).status_code == 200
    assert len(asked) == 3


async def test_who_stops_waiting_does_not_get_anothers_answer() -> None:
    answers = iter([b'{"no": 1}  ', BODY])

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        writer.write(OK + next(answers))

    async with server(late) as (address, _), client(address, at_once=1) as http:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await http.get("/first")
        assert (await http.get("/second")).json() == {"ok": True}
