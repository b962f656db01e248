"""Many at once: the same moment for many clients, spread over the processes."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from torture.caller import Caller
from torture.operations import Operation
from torture.record import Line
from torture.stage import Stage


def callers(stage: Stage, count: int) -> list[Caller]:
    """So many clients, each with a line of its own, half of them at each process."""
    return [stage.caller(number) for number in range(count)]


async def ask_at_once(
    stage: Stage, crowd: Sequence[Caller], operations: Sequence[Operation]
) -> list[Line]:
    """Each operation by a client of its own, all at once; asked once each, in the same order."""
    assert len(operations) <= len(crowd), "one client, one question at a time"
    pairs = zip(crowd, operations, strict=False)
    return await asyncio.gather(*(stage.ask(caller, each) for caller, each in pairs))


def outcomes(lines: Sequence[Line]) -> Counter[str]:
    """How many were answered how: `201`, a slug, or how the request ended."""
    return Counter(line.slug or str(line.status or line.ending) for line in lines)
