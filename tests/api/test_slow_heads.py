"""Heads that do not come, or drip, and bodies that drip on after their answer: all are cut."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from fastapi import FastAPI

from api.tokens import issue
from core.settings import Settings
from ledger.regions import Region
from tests.api.server import serving
from tests.town_builder import new_id

HEAD_S = 2
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: meguri.test\r\n\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def impatient(settings: Settings, region: Region) -> Iterator[tuple[str, FastAPI]]:
    """The deployed app on a socket; it waits two seconds for a head."""
    assert settings.head_seconds == 10
    with serving(settings.model_copy(update={"head_seconds": HEAD_S})) as both:
        yield both


@asynccontextmanager
async def connected(url: str, sent: bytes) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(sent)
    try:
        yield reader, writer
    finally:
        writer.close()


async def is_cut(url: str, sent: bytes, drip: bytes) -> bytes:
    """What came before the connection was cut, though a byte or two came every now and then."""
    heard = b""
    async with connected(url, sent) as (reader, writer), asyncio.timeout(10 * HEAD_S):
        while True:
            try:
                async with asyncio.timeout(0.1):
                    part = await reader.read(65_536)
            except TimeoutError:
                writer.write(drip)
                continue
            except ConnectionError:
                return heard
            if not part:
                return heard
            heard += part


def refused(length: int) -> bytes:
    """The head of a request that is answered 401 at once, whatever its body."""
    return f"PUT /v1/payments/{new_id()} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode()


async def test_a_connection_that_drips_is_cut(impatient: tuple[str, FastAPI]):
    url, _ = impatient
    silent, head, blank, second, body, chunks = await asyncio.gather(
        is_cut(url, b"", b""),
        is_cut(url, b"GET /healthz HTTP/1.1\r\n", b"X-More: 1\r\n"),
        is_cut(url, REQUEST, b"\r\n"),
        is_cut(url, REQUEST + b"GET ", b"/"),
        is_cut(url, refused(10**9), b"x"),
        is_cut(url, refused(0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"),
               b"1\r\nx\r\n"),
    )  # fmt: skip
    assert (silent, head) == (b"", b"")
    assert blank.startswith(b"HTTP/1.1 200")
    assert second.startswith(b"HTTP/1.1 200")
    assert body.startswith(b"HTTP/1.1 401")
    assert chunks.startswith(b"HTTP/1.1 401")


async def test_who_goes_on_asking_is_not_cut(impatient: tuple[str, FastAPI]):
    async with connected(impatient[0], b"") as (reader, writer):
        until = time.monotonic() + 1.5 * HEAD_S
        while time.monotonic() < until:
            writer.write(REQUEST * 2)
            for _ in range(2):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200")
                [length] = [
                    int(line.partition(b":")[2])
                    for line in head.splitlines()
                    if line.lower().startswith(b"content-length")
                ]
                await reader.readexactly(length)
            await asyncio.sleep(0.1)


async def test_a_body_has_a_time_of_its_own(impatient: tuple[str, FastAPI]):
    url, app = impatient
    token = issue(app.state.meguri.keys, "resident", uuid4(), "setagaya")
    head = f"PUT /v1/payments/{new_id()} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
    async with connected(url, head.encode()) as (reader, writer):
        await asyncio.sleep(1.5 * HEAD_S)
        writer.write(b"}")
        assert (await reader.readline()).startswith(b"HTTP/1.1 422")
