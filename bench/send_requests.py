"""The load generator: sends payments over keep-alive connections, in closed or in open loop.

A process of its own, with no more in it than the measurement needs: `python -m bench.send_requests`
reads a `Load` as JSON from its input and writes an `Outcome` as JSON to its output.

In closed loop each connection sends when its last request was answered. In open loop requests fall
due at moments that were drawn before, whatever the server does, as clients who do not know of each
other would send them. A request's wait begins when it is due, also while no connection is free: a
server that stalls is charged for everyone whom it keeps waiting.
"""

import asyncio
import random
import signal
import sys
from array import array
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Final, cast

import orjson
import uvloop

from bench.scale import LARGEST_YEN, SMALLEST_YEN
from core.garbage import collect_seldom
from core.ids import uuid7

LATEST_S: Final = 1.0
"""A request in open loop that no connection was free for so long is dropped, and counted."""

_LATE_S: Final = 30
_SOONEST_S: Final = 1e-6
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
    per_second: float = 0
    """How many fall due in a second, in open loop; 0 for a closed one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    answered: int
    dropped: int
    seconds: float
    statuses: dict[str, int]
    waits_ms: list[float]
    """From the shortest on; also of those that were dropped: each of them counts as LATEST_S."""

    @property
    def median_ms(self) -> float:
        """The wait that half of them do not exceed."""
        return self.waits_ms[len(self.waits_ms) // 2]

    @property
    def p99_ms(self) -> float:
        """The wait that 1 % of them exceed."""
        return p99_of(self.waits_ms)


def p99_of(waits_ms: Sequence[float]) -> float:
    """The wait that 1 % of these exceed, which stand from the shortest on."""
    return waits_ms[len(waits_ms) * 99 // 100]


class _Requests:
    """Makes the requests, and counts their answers."""

    def __init__(self, load: Load) -> None:
        self._chance = random.Random()  # seeded, each load would empty the same wallets
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
    """Sends one request at a time."""

    on_answer: "Callable[[_Connection], None]"
    """What comes after an answer."""

    def __init__(self, requests: _Requests) -> None:
        self._requests = requests
        self._received = b""
        self._due_at = 0.0
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if _is_whole(self._received):
            status = self._received[9:12].decode()
            self._received = b""
            self._requests.count(status, perf_counter() - self._due_at)
            self.on_answer(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(exc or ConnectionError("the server closed the connection"))

    def send(self, due_at: float) -> None:
        """Send a request that was due at a moment of `perf_counter`."""
        self._due_at = due_at
        self._transport.write(self._requests.next())

    def close(self) -> None:
        """Send no more."""
        if not self.over.done():
            self.over.set_result(None)
            self._transport.close()


class _Closed:
    """A closed loop: each connection sends again as soon as it is answered."""

    dropped = 0

    def __init__(self, load: Load) -> None:
        self._until = perf_counter() + load.seconds

    def begin(self, connections: list[_Connection]) -> None:
        """Let them all send."""
        for connection in connections:
            self.on_answer(connection)

    def on_answer(self, connection: _Connection) -> None:
        """Send the next one, while there is time."""
        now = perf_counter()
        if now < self._until:
            connection.send(now)
        else:
            connection.close()


class _Open:
    """An open loop: requests fall due at drawn moments, and go on whichever connection is free."""

    def __init__(self, load: Load) -> None:
        chance = random.Random()
        self._due: deque[float] = deque()
        moment = perf_counter()
        until = moment + load.seconds
        while (moment := moment + chance.expovariate(load.per_second)) < until:
            self._due.append(moment)
        self._late: deque[float] = deque()
        self._connections: list[_Connection] = []
        self._free: deque[_Connection] = deque()
        self.dropped = 0

    def begin(self, connections: list[_Connection]) -> None:
        """Wake up at each moment, to the microsecond.

        Timers of event loops count in milliseconds, which would add half of one to each wait.
        """
        self._connections, self._free = connections, deque(connections)
        asyncio.get_running_loop().add_signal_handler(signal.SIGALRM, self._send_what_is_due)
        self._send_what_is_due()

    def on_answer(self, connection: _Connection) -> None:
        """The connection is free again; somebody may be waiting for it."""
        self._free.append(connection)
        self._send_what_is_due()

    def _send_what_is_due(self) -> None:
        now = perf_counter()
        while self._due and self._due[0] <= now:
            self._late.append(self._due.popleft())
        while self._late and self._late[0] < now - LATEST_S:
            self._late.popleft()
            self.dropped += 1
        while self._late and self._free:
            # The one that was free for longest: a server closes what nobody uses.
            self._free.popleft().send(self._late.popleft())
        if self._due:
            pause_s = max(self._due[0] - perf_counter(), _SOONEST_S)
            signal.setitimer(signal.ITIMER_REAL, pause_s)
        elif not self._late and len(self._free) == len(self._connections):
            for connection in self._connections:
                connection.close()


async def send_requests(load: Load) -> Outcome:
    """Send until the time is over, and wait for the last answers."""
    requests = _Requests(load)
    event_loop = asyncio.get_running_loop()
    opened = [
        (await event_loop.create_connection(lambda: _Connection(requests), "127.0.0.1", load.port))[
            1
        ]
        for _ in range(load.connections)
    ]
    started = perf_counter()
    loop = _Open(load) if load.per_second else _Closed(load)
    for connection in opened:
        connection.on_answer = loop.on_answer
    async with asyncio.timeout(load.seconds + _LATE_S):
        loop.begin(opened)
        await asyncio.gather(*(connection.over for connection in opened))
    return _outcome(requests, perf_counter() - started, loop.dropped)


def _outcome(requests: _Requests, seconds: float, dropped: int) -> Outcome:
    waits = sorted([*requests.waits, *[LATEST_S] * dropped])
    return Outcome(
        answered=len(requests.waits),
        dropped=dropped,
        seconds=seconds,
        statuses=dict(requests.statuses),
        waits_ms=[round(wait * 1000, 3) for wait in waits],
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
    collect_seldom()
    outcome = uvloop.run(send_requests(Load(**orjson.loads(sys.stdin.buffer.read()))))
    sys.stdout.buffer.write(orjson.dumps(asdict(outcome)))
