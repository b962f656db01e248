"""The Redis client: one try, a deadline, and then a failure that callers can name."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.redis import REDIS_TROUBLE, SOCKET_TIMEOUT_S, connect_redis


class Told:
    """What a made-up server heard."""

    def __init__(self) -> None:
        self.connections = 0
        self.commands = 0


@asynccontextmanager
async def server(*, hangs_up: bool) -> AsyncIterator[tuple[str, Told]]:
    """A Redis that greets, and at the first real command hangs up or says nothing."""
    told = Told()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.connections += 1
        while data := await reader.read(4096):
            greetings = data.count(b"CLIENT") + data.count(b"HELLO")
            writer.write(b"+OK\r\n" * greetings)
            told.commands += data.count(b"INCR")
            if b"INCR" in data and hangs_up:
                break
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"redis://127.0.0.1:{listening.sockets[0].getsockname()[1]}", told


async def test_a_command_whose_answer_was_lost_is_not_sent_again():
    async with server(hangs_up=True) as (url, told):
        client = connect_redis(url)
        with pytest.raises(REDIS_TROUBLE):
            await client.incr("counter")
        await asyncio.sleep(0.2)
        assert (told.connections, told.commands) == (1, 1)
        await client.aclose()


async def test_an_answer_that_does_not_come_is_waited_for_one_second():
    async with server(hangs_up=False) as (url, told):
        client = connect_redis(url)
        started = time.monotonic()
        with pytest.raises(REDIS_TROUBLE):
            await client.incr("counter")
        assert time.monotonic() - started < SOCKET_TIMEOUT_S + 0.5
        assert told.commands == 1
        await client.aclose()


async def test_a_redis_that_is_not_there_is_trouble_at_once():
    client = connect_redis("redis://127.0.0.1:1")
    started = time.monotonic()
    with pytest.raises(REDIS_TROUBLE):
        await client.ping()
    assert time.monotonic() - started < 0.2
    await client.aclose()


async def test_the_real_one_answers(servers):
    client = connect_redis(servers.redis_url)
    assert await client.ping()
    await client.aclose()
