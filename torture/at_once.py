"""Many at once: the same moment for many clients, spread over the processes."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final

from torture.caller import Caller
from torture.operations import Operation
from torture.record import Line
from torture.stage import Stage

_TOO_MANY: Final = 429
_PAUSE_S: Final = 1.0
_MOST_TIMES: Final = 60


def callers(stage: Stage, count: int) -> list[Caller]:
    """So many clients, each with a line of its own, half of them at each process."""
    return [stage.caller(number) for number in range(count)]


async def ask_at_once(
    stage: Stage, crowd: Sequence[Caller], operations: Sequence[Operation]
) -> list[Line]:
    """Each operation by a client of its own, all at once; the answers in the same order.

    Each is asked once, but by those whose shop or person had its share of the minute: they ask
    again together, a second later.
    """
    assert len(operations) <= len(crowd), "one client, one question at a time"
    lines: dict[int, Line] = {}
    left = list(range(len(operations)))
    for _ in range(_MOST_TIMES):
        told = await asyncio.gather(*(stage.ask(crowd[nth], operations[nth]) for nth in left))
        lines.update(zip(left, told, strict=True))
        left = [nth for nth in left if lines[nth].status == _TOO_MANY]
        if not left:
            break
        await asyncio.sleep(_PAUSE_S)
    return [lines[nth] for nth in range(len(operations))]


def outcomes(lines: Sequence[Line]) -> Counter[str]:
    """How many were answered how: `201`, a slug, or how the request ended."""
    return Counter(line.slug or str(line.status or line.ending) for line in lines)
