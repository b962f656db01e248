"""What comes behind a body is no head; who asks and takes no answer is let go."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import pytest
from fastapi import FastAPI

from api.patience import MOST_BESIDE_BYTES
from api.tokens import issue
from core.settings import Settings
from ledger.regions import Region
from tests.api.server import serving

HEAD_S = 1
LONGEST_HEAD_S = 20
LARGE = b"GET /openapi.json HTTP/1.1\r\nHost: meguri.test\r\n\r\n"
"""More is answered than buffers hold, when it is asked for a few times."""
TIMES = 8


@pytest.fixture
def impatient(settings: Settings, region: Region) -> Iterator[tuple[str, FastAPI]]:
    with serving(settings.model_copy(update={"head_seconds": HEAD_S})) as both:
        yield both


@pytest.fixture
def patient(settings: Settings, region: Region) -> Iterator[tuple[str, FastAPI]]:
    """So that nothing but what is asked about cuts a connection."""
    both = {"head_seconds": LONGEST_HEAD_S, "body_seconds": LONGEST_HEAD_S}
    with serving(settings.model_copy(update=both)) as started:
        yield started


def _head(*lines: str) -> bytes:
    first = f"PUT /v1/payments/{uuid4()} HTTP/1.1"
    more = ("Host: meguri.test", "Content-Type: application/json", "Connection: close")
    return "\r\n".join((first, *more, "Transfer-Encoding: chunked", *lines, "", "")).encode()


async def _answered(url: str, *sent: bytes) -> bytes:
    """What comes until the server hangs up or is silent for some seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    heard = b""
    try:
        for part in sent:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(LONGEST_HEAD_S / 4):
            while part := await reader.read(65_536):
                heard += part
    except (ConnectionError, TimeoutError):
        pass
    finally:
        writer.close()
    return heard


async def test_a_trailer_is_no_header(patient: tuple[str, FastAPI]):
    url, app = patient
    token = issue(app.state.meguri.keys, "resident", uuid4(), "setagaya")
    bearer = f"Authorization: Bearer {token}"
    in_the_head = await _answered(url, _head(bearer), b"2\r\n{}\r\n0\r\n\r\n")
    assert in_the_head.startswith(b"HTTP/1.1 422")
    behind = await _answered(url, _head(), b"2\r\n{}\r\n0\r\n", f"{bearer}\r\n\r\n".encode())
    assert behind.startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("endless", [b"X-More: 1\r\n", b"x"], ids=["lines", "a name"])
async def test_what_comes_behind_a_body_has_a_limit(patient: tuple[str, FastAPI], endless: bytes):
    """Whoever sends more is cut at once, and not when the time of a body is over."""
    url, app = patient
    token = issue(app.state.meguri.keys, "resident", uuid4(), "setagaya")
    head = _head(f"Authorization: Bearer {token}") + b"2\r\n{}\r\n0\r\n"
    few = await _answered(url, head, b"X-More: 1\r\n" * 100, b"\r\n")
    assert few.startswith(b"HTTP/1.1 422")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(head + endless * (MOST_BESIDE_BYTES // len(endless) + 1))
    async with asyncio.timeout(LONGEST_HEAD_S / 2):
        with suppress(ConnectionError):
            assert await reader.read() == b""
    writer.close()


async def test_who_takes_no_answer_is_let_go(impatient: tuple[str, FastAPI]):
    """What the kernel has by then still comes; a slow machine may need more time to get there."""
    for seconds in (6, 12, 24):
        with _asked_much(impatient[0]) as slow:
            await asyncio.sleep(seconds * HEAD_S)
            if await asyncio.to_thread(_answers, slow, 0) < TIMES:
                return
    raise AssertionError("it is never cut")


async def test_who_takes_answers_slowly_has_them_all(impatient: tuple[str, FastAPI]):
    with _asked_much(impatient[0]) as slow:
        assert await asyncio.to_thread(_answers, slow, pause_s=0.01) == TIMES


def _asked_much(url: str) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), LONGEST_HEAD_S)
    line.sendall(LARGE * TIMES)
    return line


def _answers(line: socket.socket, pause_s: float) -> int:
    """How many come whole until the server hangs up."""
    heard = bytearray()
    with suppress(OSError):
        while part := line.recv(65_536):
            heard += part
            time.sleep(pause_s)
    return heard.count(b"HTTP/1.1 200") - (not heard.endswith(b"}"))
