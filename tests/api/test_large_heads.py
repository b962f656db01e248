"""Heads that do not end: a connection may not fill the memory with one."""

import asyncio

import pytest

from api.patience import MOST_HEAD_BYTES
from core.settings import Settings
from tests.api.server import serving

PIECE = b"x-filler: " + b"a" * 4086 + b"\r\n"
BEGIN = b"GET /healthz HTTP/1.1\r\nhost: meguri.test\r\n"


async def status_of(url: str, pieces: int, ending: bytes) -> bytes:
    """How the answer to a head of so many pieces begins; empty where there is none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    try:
        writer.write(BEGIN)
        for _ in range(pieces):
            writer.write(PIECE)
            await writer.drain()
            await asyncio.sleep(0.001)  # in many parts, as over a network
        writer.write(ending)
        return (await reader.read(64)).partition(b"\r\n")[0]
    except ConnectionError:
        return b""  # cut while it went on sending
    finally:
        writer.close()


@pytest.mark.usefixtures("region")
async def test_a_head_that_does_not_end_is_refused(settings: Settings):
    pieces = MOST_HEAD_BYTES // len(PIECE)
    assert settings.head_seconds == 10
    with serving(settings) as (url, _):
        async with asyncio.timeout(settings.head_seconds / 2):
            refused = await status_of(url, 4 * pieces, b"")
        assert refused in {b"HTTP/1.1 400 Bad Request", b""}
        assert await status_of(url, pieces // 2, b"\r\n") == b"HTTP/1.1 200 OK"


@pytest.mark.usefixtures("region")
async def test_heads_that_follow_each_other_are_measured_apart(settings: Settings):
    with serving(settings) as (url, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        for _ in range(3):
            writer.write(BEGIN)
            for _ in range(MOST_HEAD_BYTES // len(PIECE) // 2):
                writer.write(PIECE)
                await writer.drain()
            writer.write(b"\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
        writer.close()
