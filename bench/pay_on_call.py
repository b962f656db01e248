"""A process with an engine of its own that pays whenever it is told to.

`python -m bench.pay_on_call` reads lines of JSON from its input: first a `Task`, then a `Call`
for each time that it is to pay. It answers each with one line of JSON: the task with `true` once
its engine runs, a call with the payments a second that came of it. It ends when its input does.
"""

import asyncio
import sys
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import uvloop

from bench.filled import find_filled
from bench.pay_by_engine import pay_by_engine
from core.database import Database
from core.garbage import collect_seldom
from ledger.engine import Engine
from payments.prepare import prepare


@dataclass(frozen=True, slots=True)
class Task:
    """Where to pay."""

    url: str
    filled: dict[str, Any]
    """As `Filled.as_json` wrote it."""


@dataclass(frozen=True, slots=True)
class Call:
    """How many clients pay, and for how long."""

    clients: int
    seconds: float


async def pay_on_call() -> None:
    """Serve the calls of our input, one after the other."""
    task = Task(**orjson.loads(await _next_line()))
    database = Database(task.url)
    filled = await find_filled(database, task.filled)
    engine = Engine(database, filled.region.region_id, prepare)
    engine.start()
    collect_seldom()
    try:
        _answer(True)
        while line := await _next_line():
            call = Call(**orjson.loads(line))
            _answer(await pay_by_engine(engine, filled, call.clients, call.seconds))
    finally:
        await engine.stop()
        await database.close()


async def _next_line() -> bytes:
    return await asyncio.to_thread(sys.stdin.buffer.readline)


def _answer(said: float | bool) -> None:
    sys.stdout.buffer.write(orjson.dumps(said) + b"\n")
    sys.stdout.buffer.flush()


def line_of(said: Task | Call) -> bytes:
    """One line for such a process."""
    return orjson.dumps(asdict(said)) + b"\n"


if __name__ == "__main__":
    uvloop.run(pay_on_call())
