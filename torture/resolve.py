"""Ask by id about every operation whose outcome its client does not know."""

import asyncio
from typing import Final

from torture.judge.told import told_by
from torture.record import read_record
from torture.stage import Stage

AT_ONCE: Final = 32
TRIES: Final = 20


async def resolve_unknown(stage: Stage) -> int:
    """Ask until each is answered; how many were asked about. All processes must be ready."""
    stage.record.flush()
    unknown = [
        each.op for each in told_by(read_record(stage.record.path)).values()
        if each.fate == "unknown" or each.was_unknown
    ]  # fmt: skip
    room = asyncio.Semaphore(AT_ONCE)

    async def ask(nth: int, op: str) -> None:
        caller = stage.caller(nth)
        async with room:
            for _ in range(TRIES):
                line = await caller.look(stage.operations[op])
                if line.ending == "answered" and line.status not in (429, 500, 503):
                    break
                await asyncio.sleep(0.25)
        await caller.close()

    await asyncio.gather(*(ask(nth, op) for nth, op in enumerate(unknown)))
    stage.record.flush()
    return len(unknown)
