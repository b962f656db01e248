"""settle_vs_sum, p99_while_settling: closing a period over one bare sum, and payments meanwhile."""

import asyncio
from dataclasses import dataclass
from itertools import chain
from statistics import median
from time import perf_counter
from typing import Final

import asyncpg

from bench.figures import Figure, Ratio, Result
from bench.fill_history import fill_history
from bench.filled import Filled
from bench.processes import generate, run_once
from bench.scale import Scale
from bench.send_requests import p99_of
from bench.serve_api import PAY, Loads, all_created, serving_api
from bench.sides import Sides, judge
from core.database import Database, allow
from ledger.find_seq import find_seq
from ledger.trial_balance import LONG_READ_S
from merchants.listing import WhichMerchants
from merchants.owed_to_merchants import owed_to_merchants
from payments.run_settlement import CHUNK

SETTLE: Final = "settle_vs_sum"
P99: Final = "p99_while_settling"
NAMES: Final = (SETTLE, P99)
MOST_TIMES_AS_LONG: Final = 5
MOST_TIMES_AS_LATE: Final = 1.5

_PERIOD: Final = "period"
"""The database with the payments of a period; each round closes it in a copy."""
_SIDE: Final = "settle"
_A_SECOND: Final = 20
_CONNECTIONS: Final = 8
_LEAST_STRETCH_S: Final = 0.5
"""Payments are sent for a stretch, again and again until the period is closed."""
_CALM_STRETCHES: Final = 3
"""As many as a close of full size takes: the longest of few waits are shorter than of many."""
_SUM: Final = """
    SELECT a.holder_id, a.kind, p.is_debit, sum(p.amount)
      FROM ledger.posting p
      JOIN ledger.account a ON a.region_id = p.region_id AND a.account_no = p.account_no
     WHERE p.region_id = $1 AND a.kind IN ('payable', 'cashback', 'merchant_receivable')
     GROUP BY a.holder_id, a.kind, p.is_debit
"""
"""The same postings, added up and not written down anywhere."""


@dataclass(frozen=True, slots=True)
class _Round:
    """What was measured on one copy: both sides, and the waits of payments in milliseconds."""

    summed_s: float
    closed_s: float
    settled: int
    calm_ms: list[float]
    """From the shortest on, as the others."""
    busy_ms: list[float]


async def compare_settle(sides: Sides, scale: Scale, result: Result) -> None:
    """Sum the postings of all merchants, then settle them, while residents pay as usual."""
    ground, filled = sides.ground, sides.filled
    async with sides.copy(_PERIOD):
        await fill_history(ground.server.owner_url(_PERIOD), filled, scale.settled_payments)
        await ground.execute(_PERIOD, "VACUUM (ANALYZE)")
        owed_s = median([await _owed(sides, filled) for _ in range(3)])
        rounds = [await _round(sides, scale, result) for _ in range(scale.rounds)]
    waits = ", ".join(f"{p99_of(one.busy_ms):.1f} for {p99_of(one.calm_ms):.1f}" for one in rounds)
    result.figures += [
        Figure("sums of all merchants' postings", 1, tuple(1 / one.summed_s for one in rounds)),
        Figure("what was owed to all merchants at a past day", 1, (1 / owed_s,)),
        Figure(
            "settlements of a period",
            1,
            tuple(one.settled / one.closed_s for one in rounds),
            f"1 % of payments wait over so many ms meanwhile, and before: {waits}",
        ),
    ]
    result.ratios += [
        Ratio(
            SETTLE,
            median(one.closed_s / one.summed_s for one in rounds),
            MOST_TIMES_AS_LONG,
            f"closing a period with {rounds[0].settled:,} merchants and"
            f" {scale.settled_payments:,} payments, over one bare sum of the same postings",
            "each account's stretch is read by its index; an entry and a row for each merchant",
            is_ceiling=True,
        ),
        Ratio(
            P99,
            median(p99_of(one.busy_ms) / p99_of(one.calm_ms) for one in rounds),
            MOST_TIMES_AS_LATE,
            f"the wait over HTTP that 1 % of payments exceed, at {_A_SECOND} a second, during the"
            f" close (some {len(rounds[0].busy_ms)} payments a round), over the same before",
            f"{CHUNK} merchants are settled in one batch, and payments wait for one at most; two"
            " cores",
            is_ceiling=True,
        ),
    ]


async def _round(sides: Sides, scale: Scale, result: Result) -> _Round:
    """Close the period once, in a copy; the load's processes start as the close's own does."""
    ground, filled = sides.ground, sides.filled
    await ground.copy(_PERIOD, _SIDE)
    try:
        await ground.settle()
        summed_s = median([await _sum(sides, filled) for _ in range(3)])
        loads = Loads(sides, scale, _SIDE)
        stretch_s = max(_LEAST_STRETCH_S, scale.seconds * 2 / 5)
        async with serving_api(loads) as api:

            async def pay(stretches: int = 1) -> list[float]:
                seconds = stretches * stretch_s
                load = loads.load(api.port, PAY, _CONNECTIONS, seconds, per_second=_A_SECOND)
                return all_created(await generate(load)).waits_ms

            await pay()
            calm = await pay(_CALM_STRETCHES)
            told = {"url": ground.server.app_url(_SIDE), "filled": filled.as_json()}
            closing = asyncio.create_task(run_once("bench.close_period", told))
            busy = [await pay()]
            while not closing.done():
                busy.append(await pay())
            closed = await closing
        assert closed["settled"] > 0, "somebody was settled"
        await judge(ground, _SIDE, filled, result)
    finally:
        await ground.server.drop_database(_SIDE)
    # The close ended within the last stretch.
    waits = sorted(chain.from_iterable(busy[:-1] or busy))
    return _Round(summed_s, closed["seconds"], int(closed["settled"]), calm, waits)


async def _sum(sides: Sides, filled: Filled) -> float:
    connection = await asyncpg.connect(sides.ground.server.owner_url(_SIDE))
    try:
        started = perf_counter()
        await connection.fetch(_SUM, filled.region.region_id)
        return perf_counter() - started
    finally:
        await connection.close()


async def _owed(sides: Sides, filled: Filled) -> float:
    """What was owed to each merchant when the journal had half of what it has now."""
    region_id = filled.region.region_id
    database = Database(sides.ground.server.app_url(_PERIOD))
    try:
        async with database.snapshot(region_id) as session:
            await allow(session, LONG_READ_S)
            seq = await find_seq(session, region_id, None) // 2
            started = perf_counter()
            owed = await owed_to_merchants(session, region_id, seq, WhichMerchants())
            assert sum(each.owed_yen for _, each in owed) > 0, "half of the payments had come"
            return perf_counter() - started
    finally:
        await database.close()
