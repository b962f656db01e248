"""settle_vs_sum, p99_while_settling: closing a period over one bare sum, and payments meanwhile."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Final

import asyncpg

from bench.figures import Figure, Ratio, Result
from bench.fill_history import fill_history
from bench.filled import Filled
from bench.names import PERSON, STORE, WALLET
from bench.processes import run_once
from bench.scale import LARGEST_YEN, SMALLEST_YEN, Scale
from bench.sides import Sides, judge, running_engine
from core.database import Database
from core.ids import uuid7
from ledger.engine import Engine
from ledger.find_seq import find_seq
from ledger.trial_balance import LONG_READ
from merchants.listing import WhichMerchants
from merchants.owed_to_merchants import owed_to_merchants
from payments.pay import Pay

SETTLE: Final = "settle_vs_sum"
P99: Final = "p99_while_settling"
NAMES: Final = (SETTLE, P99)
MOST_TIMES_AS_LONG: Final = 5
MOST_TIMES_AS_LATE: Final = 1.5

_SIDE: Final = "settle"
_A_SECOND: Final = 20
_LEAST_S: Final = 2.0
_SUM: Final = """
    SELECT a.holder_id, a.kind, p.is_debit, sum(p.amount)
      FROM ledger.posting p
      JOIN ledger.account a ON a.region_id = p.region_id AND a.account_no = p.account_no
     WHERE p.region_id = $1 AND a.kind IN ('payable', 'cashback', 'merchant_receivable')
     GROUP BY a.holder_id, a.kind, p.is_debit
"""
"""The same postings, added up and not written down anywhere."""


async def compare_settle(sides: Sides, scale: Scale, result: Result) -> None:
    """Sum the postings of all merchants, then settle them, while people pay as usual."""
    ground, filled = sides.ground, sides.filled
    async with sides.copy(_SIDE):
        await fill_history(ground.server.owner_url(_SIDE), filled, scale.settled_payments)
        await ground.execute(_SIDE, "VACUUM (ANALYZE)")
        await ground.settle()
        summed_s = median([await _sum(sides, filled) for _ in range(3)])
        owed_s = median([await _owed(sides, filled) for _ in range(3)])
        async with running_engine(ground, _SIDE, filled) as engine:
            await _pay_for(engine, filled, _LEAST_S)
            before = await _pay_for(engine, filled, scale.seconds * 2)
            told = {"url": ground.server.app_url(_SIDE), "filled": filled.as_json()}
            closing = asyncio.create_task(run_once("bench.close_period", told))
            meanwhile = await _pay(engine, filled, closing)
            after = await _pay_for(engine, filled, scale.seconds * 2)
        closed = closing.result()
        assert closed["settled"] > 0, "somebody was settled"
        await judge(ground, _SIDE, filled, result)
    result.figures += [
        Figure("sums of all merchants' postings", 1, (1 / summed_s,)),
        Figure("what was owed to all merchants at a past day", 1, (1 / owed_s,)),
        Figure("settlements of a period", 1, (closed["settled"] / closed["seconds"],)),
    ]
    result.ratios += [
        Ratio(
            SETTLE,
            closed["seconds"] / summed_s,
            MOST_TIMES_AS_LONG,
            f"closing a period with {closed['settled']:,.0f} merchants and"
            f" {scale.settled_payments:,} payments, over one bare sum of the same postings",
            "each account's stretch is read by its index; an entry and a row for each merchant",
            is_ceiling=True,
        ),
        Ratio(
            P99,
            _p99(meanwhile) / min(_p99(before), _p99(after)),
            MOST_TIMES_AS_LATE,
            f"the wait that 1 % of payments exceed, at {_A_SECOND} a second, during the close"
            f" ({len(meanwhile)} payments) over without, before or after: whichever is shorter",
            "64 merchants are settled in one batch, and payments wait for one at most; two cores",
            is_ceiling=True,
        ),
    ]


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
    database = Database(sides.ground.server.app_url(_SIDE))
    try:
        async with database.snapshot(region_id) as session:
            await session.execute(LONG_READ)
            seq = await find_seq(session, region_id, None) // 2
            started = perf_counter()
            owed = await owed_to_merchants(session, region_id, seq, WhichMerchants())
            assert sum(each.owed_yen for _, each in owed) > 0, "half of the payments had come"
            return perf_counter() - started
    finally:
        await database.close()


async def _pay_for(engine: Engine, filled: Filled, seconds: float) -> Sequence[float]:
    return await _pay(engine, filled, asyncio.create_task(asyncio.sleep(seconds)))


async def _pay(engine: Engine, filled: Filled, until: "asyncio.Task[object]") -> Sequence[float]:
    """How long payments took, in seconds, that came at a steady pace until a task has ended."""
    chance, waits = random.Random(), list[float]()
    paying: set[asyncio.Task[None]] = set()
    started = perf_counter()

    async def pay() -> None:
        number = chance.randrange(filled.wallets)
        person_id = filled.names.name(PERSON, number)
        begun = perf_counter()
        receipt = await engine.submit(
            Pay(
                entry_id=uuid7(datetime.now(UTC)),
                actor=f"resident:{person_id}",
                person_id=person_id,
                wallet_id=filled.names.name(WALLET, number),
                store_id=filled.names.name(STORE, chance.randrange(filled.merchants)),
                amount_yen=chance.randint(SMALLEST_YEN, LARGEST_YEN),
            )
        )
        assert receipt.entry.refusal is None, receipt.entry.refusal
        waits.append(perf_counter() - begun)

    sent = 0
    while not until.done():
        await asyncio.sleep(max(0.0, started + sent / _A_SECOND - perf_counter()))
        paying.add(asyncio.create_task(pay()))
        sent += 1
    await asyncio.gather(*paying)
    return sorted(waits)


def _p99(waits: Sequence[float]) -> float:
    return waits[len(waits) * 99 // 100]
