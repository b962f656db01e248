"""A push service for measurements: of forty addresses one is gone, and one fails at first.

A process of its own: `python -m bench.fake_push PORT`, until it is terminated. A GET tells how many
pushes it took, to how many addresses, and how many of them it took twice.
"""

import asyncio
import sys
from typing import Final, cast

import orjson
import uvloop

GONE: Final = 0
FAILS_ONCE: Final = 1
OF: Final = 40
_END_OF_HEAD: Final = b"\r\n\r\n"


class _Taken:
    def __init__(self) -> None:
        self.took, self.twice = set[int](), 0
        self.failed = set[int]()

    def answer(self, number: int) -> bytes:
        if number % OF == GONE:
            return b"410 Gone"
        if number % OF == FAILS_ONCE and number not in self.failed:
            self.failed.add(number)
            return b"500 Oh"
        self.twice += number in self.took
        self.took.add(number)
        return b"201 Created"


class _Service(asyncio.Protocol):
    def __init__(self, taken: _Taken) -> None:
        self._taken, self._read = taken, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, rest = self._read.partition(_END_OF_HEAD)
        if not end:
            return
        first, *fields = head.split(b"\r\n")
        lengths = [line[15:] for line in fields if line.lower().startswith(b"content-length:")]
        length = int(lengths[0]) if lengths else 0
        if len(rest) < length:
            return
        self._read = rest[length:]
        verb, path, _ = first.split(b" ")
        if verb == b"GET":
            told = {"took": len(self._taken.took), "twice": self._taken.twice}
            body, status = orjson.dumps(told), b"200 OK"
        else:
            body, status = b"", self._taken.answer(int(path[1:]))
        self._transport.write(
            b"HTTP/1.1 %b\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)
        )


async def serve(port: int) -> None:
    """Serve on the loopback until the process ends."""
    taken = _Taken()
    made = asyncio.get_running_loop().create_server(lambda: _Service(taken), "127.0.0.1", port)
    await (await made).serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
