"""Everybody who waits to be connected is accepted in one turn of the event loop."""

import asyncio
import socket
from contextlib import ExitStack

import pytest

from api.accept import Loop

MANY = 50


class Echo(asyncio.Protocol):
    """Says back what it hears; counts who is connected."""

    connected = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        Echo.connected += 1
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)  # type: ignore[attr-defined]


async def accept_many() -> None:
    running = asyncio.get_running_loop()
    server = await running.create_server(Echo, "127.0.0.1", 0, backlog=2 * MANY)
    address = server.sockets[0].getsockname()
    with ExitStack() as open_still:
        open_still.callback(server.close)
        clients = [open_still.enter_context(socket.create_connection(address)) for _ in range(MANY)]
        gone = clients.pop()
        gone.close()
        for client in clients:
            client.sendall(b"x")
            client.settimeout(10)
        for _ in range(MANY // 5):
            await asyncio.sleep(0)
        assert Echo.connected >= MANY - 1
        assert {await running.run_in_executor(None, each.recv, 1) for each in clients} == {b"x"}
    await server.wait_closed()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


def test_a_turn_of_the_loop_accepts_all_who_wait():
    Echo.connected = 0
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(accept_many())
