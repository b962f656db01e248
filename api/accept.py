"""An event loop that accepts all who wait to be connected; uvloop's accepts one in each turn.

A busy process takes long turns. Who comes anew, a load balancer's look at its health too, would
wait for as many of them as there are others before him, and nobody could even turn him away.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final, cast

import uvloop

MOST_IN_A_TURN: Final = 128


class Loop(uvloop.Loop):
    """uvloop's loop. Named to uvicorn as `api.accept:Loop`."""

    def __init__(self) -> None:
        super().__init__()
        self._connecting: set[asyncio.Task[Any]] = set()

    async def create_server(
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], *where: Any, **how: Any
    ) -> asyncio.Server:
        """A server that, whenever one connection is accepted, accepts those behind it as well."""
        servers: list[asyncio.Server] = []

        def made() -> asyncio.BaseProtocol:
            for server in servers:
                for listening in server.sockets:
                    self._accept(listening, protocol_factory, how.get("ssl"))
            return protocol_factory()

        server = cast(asyncio.Server, await super().create_server(made, *where, **how))
        servers.append(server)
        return server

    def _accept(
        self, listening: Any, protocol_factory: Callable[[], asyncio.BaseProtocol], tls: Any
    ) -> None:
        ours = socket.socket(listening.family, listening.type, 0, listening.fileno())
        try:
            for _ in range(MOST_IN_A_TURN):
                connection, _ = ours.accept()
                connection.setblocking(False)
                connecting = self.connect_accepted_socket(protocol_factory, connection, ssl=tls)
                task = self.create_task(connecting)
                self._connecting.add(task)
                task.add_done_callback(self._connected)
        except OSError:
            return  # nobody waits there any more; whatever else it is happens to uvloop too
        finally:
            ours.detach()

    def _connected(self, task: asyncio.Task[Any]) -> None:
        self._connecting.discard(task)
        if not task.cancelled():
            task.exception()  # who went away before the connection was made is nobody's trouble
