"""bulk_vs_copy: expiries by their job and top-ups in bulk, over one COPY of the same rows."""

from itertools import count
from typing import Final

from bench.figures import Ratio, Result
from bench.rounds import Figures, Turn, take_turns
from bench.scale import Scale
from bench.sides import Sides, judge
from bench.work_in_bulk import Bulk, Done
from core.database import Database
from worker.expire import AT_ONCE

NAME: Final = "bulk_vs_copy"
TOP_UPS: Final = "bulk_top_ups_vs_copy"
NAMES: Final = (NAME, TOP_UPS)
TARGET: Final = 0.25

_EXPIRED: Final = "lots expired by the job"
_EXPIRED_COPIED: Final = "the rows of these expiries by COPY"
_TOPPED_UP: Final = "top-ups in bulk"
_TOPPED_UP_COPIED: Final = "the rows of these top-ups by COPY"
_DATABASE: Final = "bulk"
_OTHER: Final = "bulk_copied"


async def compare_bulk(sides: Sides, scale: Scale, result: Result) -> None:
    """Measure the work and the COPY of what it left in turns, and verify the books of the work."""
    ground, filled = sides.ground, sides.filled
    async with sides.copy(_DATABASE), sides.copy(_OTHER):
        database = Database(ground.server.app_url(_DATABASE))
        urls = [ground.server.owner_url(name) for name in (_DATABASE, _OTHER)]
        bulk = Bulk(database, urls[0], urls[1], filled)
        try:
            figures = await _measure(bulk, scale)
        finally:
            await database.close()
        await judge(ground, _DATABASE, filled, result)
    result.figures += figures.values()
    result.ratios += _ratios(figures)


async def _measure(bulk: Bulk, scale: Scale) -> Figures:
    """Each round takes wallets of its own: some whose coin expires, others who top up."""
    size = scale.in_bulk
    rounds = iter(count(0, 2 * size))
    done: list[Done] = []
    first = 0

    async def expire() -> float:
        nonlocal first
        first = next(rounds)
        done.append(await bulk.expire(range(first, first + size)))
        return done[-1].per_second

    async def top_up() -> float:
        done.append(await bulk.top_up(range(first + size, first + 2 * size)))
        return done[-1].per_second

    async def copy() -> float:
        return await bulk.copy(done.pop())

    turns = [
        Turn(_EXPIRED, AT_ONCE, expire),
        Turn(_EXPIRED_COPIED, 1, copy),
        Turn(_TOPPED_UP, AT_ONCE, top_up),
        Turn(_TOPPED_UP_COPIED, 1, copy),
    ]
    return await take_turns(turns, scale.rounds)


def _ratios(figures: Figures) -> list[Ratio]:
    def rate(name: str, clients: int) -> float:
        return figures[name, clients].per_second

    return [
        Ratio(
            NAME,
            rate(_EXPIRED, AT_ONCE) / rate(_EXPIRED_COPIED, 1),
            TARGET,
            "expiries a second by the job, over one COPY of the entries and postings that it left "
            "into the same tables, indexes and checks (balances are not changed by it)",
            f"each is decided in Python and checked in PostgreSQL, {AT_ONCE} a batch",
        ),
        Ratio(
            TOP_UPS,
            rate(_TOPPED_UP, AT_ONCE) / rate(_TOPPED_UP_COPIED, 1),
            TARGET,
            "the same of top-ups, handed over as a job does. Top-ups are no grants: "
            "grants by list arrive with the campaign issue, and will be measured here",
            "the same",
        ),
    ]
