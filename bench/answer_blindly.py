"""A bare server that gives every request the same answer: it shows what the generator can do.

A process of its own: `python -m bench.answer_blindly PORT`, until it is terminated.
"""

import asyncio
import sys
from typing import Final, cast

import uvloop

_BODY: Final = b'{"seq":' + b"1" * 600 + b"}"
_ANSWER: Final = (
    b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)


class _Blind(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        # The generator's requests, and nobody else's, end like this, and arrive whole or in parts.
        if data.endswith(b"}"):
            self._transport.write(_ANSWER)


async def answer_blindly(port: int) -> None:
    """Serve on the loopback until the process ends."""
    server = await asyncio.get_running_loop().create_server(_Blind, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(answer_blindly(int(sys.argv[1])))
