"""Bodies that do not come, or drip: nobody waits long, and without a token not at all."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from api.tokens import issue
from core.settings import Settings
from ledger.regions import Region
from tests.api.server import serving
from tests.conftest import PROVIDER
from tests.town_builder import new_id

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
WEBHOOK = f"POST /v1/webhooks/top-ups/{PROVIDER}"


@pytest.fixture
def impatient(settings: Settings, region: Region) -> Any:
    """The deployed app on a socket; it waits one second for a body."""
    assert settings.body_seconds == 10
    with serving(settings.model_copy(update={"body_seconds": 1})) as both:
        yield both


@asynccontextmanager
async def begun(url: str, line: str, *headers: str, length: int = 1000) -> AsyncIterator[Streams]:
    """A request that has sent its headers, which promise a body of `length` bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    lines = [f"{line} HTTP/1.1", "Host: meguri.test", "Content-Type: application/json"]
    lines += [f"Content-Length: {length}", *headers, "", ""]
    writer.write("\r\n".join(lines).encode())
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], dict[str, Any]]:
    """The next answer: its status, headers and problem."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers["content-length"]))
    return head[0].split()[1], headers, json.loads(body)


async def is_too_slow(reader: asyncio.StreamReader) -> None:
    status, headers, told = await answer(reader)
    assert (status, told["type"]) == ("408", "/problems/body-too-slow")
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    with suppress(ConnectionResetError):  # how it closes on a byte that came after the answer
        assert await reader.read() == b"", "the connection is closed"


def bearer(app: FastAPI) -> str:
    token = issue(app.state.meguri.keys, "resident", uuid4(), "setagaya")
    return f"Authorization: Bearer {token}"


async def test_a_body_that_does_not_come_is_not_waited_for(impatient: tuple[str, FastAPI]):
    url, app = impatient
    lines = [(WEBHOOK, ""), (f"PUT /v1/payments/{new_id()}", bearer(app))]
    for line, header in lines:
        async with begun(url, line, *filter(None, [header])) as (reader, writer):
            writer.write(b'{"wallet_id":')
            await is_too_slow(reader)


async def test_a_body_that_drips_has_no_more_time(impatient: tuple[str, FastAPI]):
    async with begun(impatient[0], WEBHOOK) as (reader, writer):
        told = asyncio.create_task(is_too_slow(reader))
        dripped = 0
        while not told.done():
            writer.write(b" ")
            dripped += 1
            assert dripped < 1000, "the whole body was waited for"
            await asyncio.sleep(0.02)
        await told


async def test_without_a_token_no_body_is_waited_for_at_all(impatient: tuple[str, FastAPI]):
    path = f"PUT /v1/payments/{new_id()}"
    for header in ("Accept: */*", "Authorization: Bearer a.b.c"):
        async with begun(impatient[0], path, header, length=10**9) as (reader, _):
            status, _, told = await answer(reader)
            assert (status, told["type"][:16]) == ("401", "/problems/token-")


async def test_who_goes_away_in_the_middle_breaks_nothing(
    impatient: tuple[str, FastAPI], caplog: pytest.LogCaptureFixture
):
    url, app = impatient
    line = f"PUT /v1/payments/{new_id()}"
    async with begun(url, line, bearer(app)) as (_, writer):
        writer.write(b"{")
        await writer.drain()
    async with begun(url, line, bearer(app), length=2) as (reader, writer):
        writer.write(b"{}")
        assert (await answer(reader))[0] == "422"
    assert "bug in request" not in caplog.text
