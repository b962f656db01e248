"""The load generator tells what clients would have seen."""

import asyncio
import time
from collections.abc import AsyncIterator

from bench.processes import generate
from bench.send_requests import Load


async def lines_of_a_head(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while (line := await reader.readline()) not in {b"\r\n", b""}:
        yield line


async def test_an_open_loop_charges_a_stall_to_everybody_who_was_due():
    """Counted from when they were sent, four of 200 would have been slow: one a connection."""
    stalled = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := b"".join([line async for line in lines_of_a_head(reader)]):
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            if not stalled.is_set():
                stalled.set()
                time.sleep(0.8)
            writer.write(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    load = Load(port, "/v1/payments/", 4, 1, [("token", "wallet")], ["qr"], per_second=200)
    outcome = await generate(load)
    server.close()
    assert outcome.statuses.keys() == {"201"}
    assert outcome.answered + outcome.dropped > 20
    assert outcome.median_ms > 100, "most fell due during the stall, and waited for its end"
