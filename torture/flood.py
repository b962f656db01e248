"""A flood of payments, sent light enough for one thread to offer three times what is carried.

`torture.caller` waits for each answer, as a client does, and takes more time for a request than the
deployment. Here requests are written and answers are cut out by hand, on connections that are kept.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from time import monotonic
from typing import Any, Final, cast

import orjson

from torture import operations
from torture.caller import PATIENCE_S
from torture.operations import Operation
from torture.processes import Program
from torture.record import Ending, Line
from torture.stage import Stage
from town import wire
from town.startup import HOST

TICK_S: Final = 0.005
MOST_LINES: Final = 3_000
"""So many connections to one process at most. Who then finds none of them free is not sent."""
LONGEST_REST_S: Final = 3.0
"""The server closes a connection that rests for five seconds, perhaps just as it is used again."""
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END_OF_HEAD: Final = b"\r\n\r\n"


class Flood:
    """Residents who pay one yen each, at all processes in turn."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._turns = cycle(stage.apis)
        self._idle: dict[str, list[_Wire]] = {each.name: [] for each in stage.apis}
        self._lines: Counter[str] = Counter()
        self._under_way: dict[_Wire, _Wish] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._goes_on: Callable[[], bool] = lambda: False
        self._sent = self._acknowledged = 0

    async def in_turns(self, clients: int, seconds: float) -> float:
        """What so many clients get acknowledged in a second, each waiting for its answer."""
        until = monotonic() + seconds
        self._goes_on = lambda: monotonic() < until
        self._acknowledged = 0
        for program in islice(self._turns, clients):
            self._pay(program)
        await asyncio.sleep(seconds)
        rate = self._acknowledged / seconds
        await self.ended()
        return rate

    async def at_rate(self, rate: float, seconds: float) -> tuple[float, float]:
        """Let `rate` payments a second fall due, whatever becomes of the earlier ones.

        How many a second were sent, and acknowledged, until the last one was.
        """
        began, due = monotonic(), 0
        self._sent, self._acknowledged, self._goes_on = 0, 0, lambda: False
        while (passed := monotonic() - began) < seconds:
            for program in islice(self._turns, int(passed * rate) - due):
                due += 1
                self._pay(program)
            await asyncio.sleep(TICK_S)
        return self._sent / seconds, self._acknowledged / seconds

    async def ended(self) -> None:
        """Wait until everybody is answered; whoever is not after PATIENCE_S hears nothing."""
        until = monotonic() + PATIENCE_S
        while (self._opening or self._under_way) and monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(TICK_S)
        for line in list(self._under_way):
            line.hang_up()

    def close(self) -> None:
        """Hang up everywhere."""
        for line in [*self._under_way, *(line for idle in self._idle.values() for line in idle)]:
            line.hang_up()

    def answered(self, line: "_Wire", status: int, body: bytes, *, is_replay: bool) -> None:
        """Note an answer; the line is free again."""
        self._acknowledged += status < 300
        told = orjson.loads(body)
        told.pop("grants", None)
        self._note(line, "answered", status, told, is_replay=is_replay)
        if self._goes_on():
            self._send(line, self._stage.now())
        else:
            line.rests_since = self._stage.now()
            self._idle[line.program.name].append(line)

    def lost(self, line: "_Wire") -> None:
        """Note that the line was cut, whether or not somebody waits for an answer there."""
        self._lines[line.program.name] -= 1
        if line in self._under_way:
            operation = self._under_way[line].operation
            self._stage.operations[str(operation.op)] = operation
            self._note(line, "lost", 0, {}, is_replay=False)
        elif line in (idle := self._idle[line.program.name]):
            idle.remove(line)

    def _pay(self, program: Program) -> None:
        idle, now = self._idle[program.name], self._stage.now()
        while idle and idle[-1].rests_since < now - LONGEST_REST_S:
            idle.pop().hang_up()
        if idle:
            self._send(idle.pop(), now)
        elif self._lines[program.name] < MOST_LINES:
            self._lines[program.name] += 1
            task = asyncio.create_task(self._open_and_send(program, now))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open_and_send(self, program: Program, since: float) -> None:
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(lambda: _Wire(self, program), HOST, program.port)
        self._send(line, since)

    def _send(self, line: "_Wire", since: float) -> None:
        scene, chance = self._stage.scene, self._stage.random
        operation = operations.payment(
            scene, chance.choice(scene.holders), chance.choice(scene.shops), 1
        )
        self._under_way[line] = _Wish(operation, since)
        self._sent += 1
        line.write(_written(operation.call()))

    def _note(
        self,
        line: "_Wire",
        ending: Ending,
        status: int,
        answer: Mapping[str, Any],
        *,
        is_replay: bool,
    ) -> None:
        wish = self._under_way.pop(line)
        operation = wish.operation
        noted = Line(
            at=round(wish.since, 4),
            ms=round((self._stage.now() - wish.since) * 1000, 2),
            op=str(operation.op),
            kind=operation.kind,
            who=operation.who,
            process=line.program.name,
            wanted=operation.wanted,
            ending=ending,
            status=status,
            slug=wire.slug_of(status, answer) if status else None,
            is_replay=is_replay,
            answer=answer,
        )
        self._stage.record.append(noted)
        self._stage.meter.see(noted)


@dataclass(frozen=True, slots=True)
class _Wish:
    """A payment on its way; `since` is the second of the run at which it fell due."""

    operation: Operation
    since: float


class _Wire(asyncio.Protocol):
    """One connection, for one request at a time."""

    def __init__(self, flood: Flood, program: Program) -> None:
        self.program = program
        self._flood = flood
        self._received = b""
        self.rests_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, is_there, body = self._received.partition(_END_OF_HEAD)
        if not is_there:
            return
        length = _LENGTH.search(head)
        assert length is not None, "each answer to a payment tells its length"
        if len(body) >= int(length[1]):
            self._received = b""
            is_replay = b"\r\nidempotent-replay: true" in head
            self._flood.answered(self, int(head[9:12]), body, is_replay=is_replay)

    def connection_lost(self, exc: Exception | None) -> None:
        self._flood.lost(self)

    def write(self, request: bytes) -> None:
        """Send a request."""
        self._transport.write(request)

    def hang_up(self) -> None:
        """Cut the connection."""
        self._transport.abort()


def _written(call: wire.Call) -> bytes:
    head = (
        f"{call.method} {call.path} HTTP/1.1\r\nhost: meguri\r\n"
        f"authorization: Bearer {call.token}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(call.content)}\r\n\r\n"
    )
    return head.encode() + call.content
