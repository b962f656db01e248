"""The load generator: sends payments over keep-alive connections, each when the last is answered.

A process of its own, with no more in it than the measurement needs: `python -m bench.send_requests`
reads a `Load` as JSON from its input and writes an `Outcome` as JSON to its output.
"""

import asyncio
import random
import sys
from array import array
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Final, cast

import orjson
import uvloop

from bench.scale import LARGEST_YEN, SMALLEST_YEN
from core.ids import uuid7

_LATE_S: Final = 30
_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


@dataclass(frozen=True, slots=True)
class Load:
    """What to send, and for how long."""

    port: int
    path: str
    """Before the id of the payment: `/v1/payments/`."""
    connections: int
    seconds: float
    payers: list[tuple[str, str]]
    """Token and wallet of each resident; any of them may pay next."""
    qrs: list[str]
    """Codes of stores, drawn as people choose them; any of them may be next."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    answered: int
    seconds: float
    statuses: dict[str, int]
    median_ms: float
    p99_ms: float


class _Requests:
    """Makes the requests, and counts their answers."""

    def __init__(self, load: Load) -> None:
        self._chance = random.Random(load.port)
        self._start = f"PUT {load.path}".encode()
        self._payers = [_payer(token, wallet) for token, wallet in load.payers]
        self._qrs = [b'","qr":' + orjson.dumps(qr) + b',"amount_yen":' for qr in load.qrs]
        self.statuses: Counter[str] = Counter()
        self.waits = array("d")

    def next(self) -> bytes:
        """One whole request."""
        choice = self._chance.choice
        head, body = choice(self._payers)
        amount = self._chance.randint(SMALLEST_YEN, LARGEST_YEN)
        body += choice(self._qrs) + b"%d}" % amount
        payment = str(uuid7(datetime.now(UTC))).encode()
        return b"%b%b HTTP/1.1\r\n%b%d\r\n\r\n%b" % (self._start, payment, head, len(body), body)

    def count(self, status: str, wait_s: float) -> None:
        """One answer."""
        self.statuses[status] += 1
        self.waits.append(wait_s)


class _Connection(asyncio.Protocol):
    def __init__(self, requests: _Requests, until: float) -> None:
        self._requests = requests
        self._until = until
        self._received = b""
        self._sent_at = 0.0
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if _is_whole(self._received):
            status = self._received[9:12].decode()
            self._received = b""
            self._requests.count(status, perf_counter() - self._sent_at)
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(exc or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        self._sent_at = perf_counter()
        if self._sent_at < self._until:
            self._transport.write(self._requests.next())
        else:
            self.over.set_result(None)
            self._transport.close()


async def send_requests(load: Load) -> Outcome:
    """Send until the time is over, and wait for the last answers."""
    requests = _Requests(load)
    loop = asyncio.get_running_loop()
    started = perf_counter()
    until = started + load.seconds
    async with asyncio.timeout(load.seconds + _LATE_S):
        opened = await asyncio.gather(
            *(
                loop.create_connection(lambda: _Connection(requests, until), "127.0.0.1", load.port)
                for _ in range(load.connections)
            )
        )
        await asyncio.gather(*(connection.over for _, connection in opened))
    seconds = perf_counter() - started
    waits = sorted(requests.waits)
    return Outcome(
        answered=len(waits),
        seconds=seconds,
        statuses=dict(requests.statuses),
        median_ms=round(waits[len(waits) // 2] * 1000, 2),
        p99_ms=round(waits[len(waits) * 99 // 100] * 1000, 2),
    )


def _payer(token: str, wallet: str) -> tuple[bytes, bytes]:
    head = (
        f"host: 127.0.0.1\r\nauthorization: Bearer {token}\r\n"
        "content-type: application/json\r\ncontent-length: "
    )
    return head.encode(), f'{{"wallet_id":"{wallet}'.encode()


def _is_whole(answer: bytes) -> bool:
    """Whether head and body have arrived; an answer tells the length of its body."""
    end = answer.find(_END_OF_HEAD)
    if end < 0:
        return False
    length = answer[:end].lower().partition(_LENGTH)[2].partition(b"\r\n")[0]
    return len(answer) >= end + len(_END_OF_HEAD) + int(length)


if __name__ == "__main__":
    outcome = uvloop.run(send_requests(Load(**orjson.loads(sys.stdin.buffer.read()))))
    sys.stdout.buffer.write(orjson.dumps(asdict(outcome)))
