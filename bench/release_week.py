"""`python -m bench.release_week`: release a week in a process of its own, as a worker does it.

It is told on its standard input which database, and writes how many seconds that took and how much
memory the process had at most.
"""

import asyncio
import resource
import sys
from time import perf_counter
from typing import Any

import orjson

from bench.filled import find_filled
from core.database import Database
from insights.release_due import release_due


async def release_week(told: dict[str, Any]) -> dict[str, float]:
    """Release what is due, which is one week."""
    database = Database(told["url"], pool_size=3)
    try:
        filled = await find_filled(database, told["filled"])
        before_mb = _most_mb()
        started = perf_counter()
        tables = await release_due(database, filled.region, lambda: None)
        seconds = perf_counter() - started
    finally:
        await database.close()
    return {
        "seconds": seconds, "tables": tables, "before_mb": before_mb, "most_mb": _most_mb(),
    }  # fmt: skip


def _most_mb() -> float:
    """What the process had in memory at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(orjson.dumps(asyncio.run(release_week(orjson.loads(sys.stdin.buffer.read())))).decode())
