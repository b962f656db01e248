"""`python -m bench.close_period`: close a period in a process of its own, as a worker does it.

It is told on its standard input which database, and writes how many seconds that took.
"""

import asyncio
import sys
from datetime import timedelta
from time import perf_counter
from typing import Any

import orjson

from bench.filled import find_filled
from core.database import Database
from payments.run_settlement import close_what_is_over


async def close_period(told: dict[str, Any]) -> dict[str, float]:
    """Close all that was sold so far, as if the period were over."""
    database = Database(told["url"], pool_size=3)
    try:
        filled = await find_filled(database, told["filled"])
        later = filled.region.day_of((await database.clock()).now()) + timedelta(days=40)
        started = perf_counter()
        done = await close_what_is_over(database, filled.region, later, lambda: None)
        seconds = perf_counter() - started
    finally:
        await database.close()
    return {"seconds": seconds, "settled": done.settled}


if __name__ == "__main__":
    print(orjson.dumps(asyncio.run(close_period(orjson.loads(sys.stdin.buffer.read())))).decode())
