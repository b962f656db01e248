"""tables_vs_scan: a week's release of statistics, over one bare aggregation of its payments."""

from contextlib import AsyncExitStack
from datetime import date, timedelta
from statistics import median
from time import perf_counter
from typing import Final

import asyncpg

from bench.figures import Figure, Ratio, Result
from bench.filled import Filled
from bench.ground import Ground
from bench.keep_history import HISTORY, kept_history
from bench.processes import run_once
from bench.scale import Scale
from bench.sides import Sides
from core.database import Connection
from insights.plan import StatisticsPlan

NAME: Final = "tables_vs_scan"
NAMES: Final = (NAME,)
TARGET: Final = 5

_SIDE: Final = "tables"
_AREAS, _DISTRICTS, _CATEGORIES = 5, 28, 12
# The history once more, as other payments of the same people: entries without postings, which
# statistics do not look at. Ids keep their month.
_MORE: Final = """
    INSERT INTO ledger.entry
    SELECT region_id, overlay(entry_id::text placing left(md5(seq::text), 12) from 25)::uuid,
           $2 + row_number() OVER (ORDER BY seq), at, business_date, kind, actor, holder_id,
           other_id, refers_to, amount,
           refusal, fingerprint, facts
      FROM ledger.entry
     WHERE region_id = $1 AND kind = 'payment' AND refusal IS NULL
     ORDER BY seq LIMIT $3
"""
# All shops of the history are alike: here they lie in all districts and have all trades.
_SPREAD: Final = """
    UPDATE ledger.holder m
       SET facts = m.facts || jsonb_build_object('area', 'd' || (n.number % $2)::text,
                                                 'category', 'c' || (n.number % $3)::text)
      FROM (SELECT holder_id, row_number() OVER (ORDER BY holder_id) AS number
              FROM ledger.holder WHERE region_id = $1 AND kind = 'merchant') n
     WHERE m.region_id = $1 AND m.holder_id = n.holder_id
"""
_PLAN: Final = """
    INSERT INTO insights.plan
        (region_id, plan_id, version, document, digest, first_week, drafted_by)
    VALUES ($1, gen_random_uuid(), 1, $2, $3, $4, 'bench')
"""
_HOLD: Final = """
    INSERT INTO insights.plan_approval
    SELECT region_id, plan_id, 1, 'bench', drafted_at FROM insights.plan WHERE region_id = $1
"""
_BARE: Final = """
    SELECT other_id, count(*), sum(amount)
      FROM ledger.entry
     WHERE region_id = $1 AND kind = 'payment' AND refusal IS NULL
     GROUP BY other_id
"""
"""By shop: as few rows as anything that is told of all payments needs."""


async def compare_tables(sides: Sides, scale: Scale, result: Result) -> None:
    """On a copy of the kept history whose week is over. A release is once, so it is timed once."""
    folder = sides.history or sides.ground.folder / "history"
    async with AsyncExitStack() as stack:
        ground, filled, _ = await stack.enter_async_context(
            kept_history(folder, scale, is_fresh=sides.is_fresh)
        )
        await ground.server.drop_database(_SIDE)
        stack.push_async_callback(ground.server.drop_database, _SIDE)
        await ground.copy(HISTORY, _SIDE)
        payments = await _end_the_week(ground, filled, scale)
        await ground.execute(_SIDE, "VACUUM (ANALYZE)")
        await ground.settle()
        scanned_s = median([await _scan(ground, filled) for _ in range(3)])
        told = {"url": ground.server.app_url(_SIDE), "filled": filled.as_json()}
        released = await run_once("bench.release_week", told)
        assert released["tables"] == 3, "the week's tables were released"
    most_mb, before_mb = released["most_mb"], released["before_mb"]
    result.machine["memory of the release"] = f"{most_mb:.0f} MB, {before_mb:.0f} MB before it"
    result.figures += [
        Figure("payments added up by shop", 1, (payments / scanned_s,)),
        Figure("payments of a week released as tables", 1, (payments / released["seconds"],)),
    ]
    result.ratios.append(
        Ratio(
            NAME,
            released["seconds"] / scanned_s,
            TARGET,
            f"the release of a week of {payments:,} payments of {filled.wallets:,} people, over"
            f" one bare aggregation of them by shop; the process had {most_mb:.0f} MB at most",
            "by person and cell instead of by shop, sorted by person, bounded in Python",
            is_ceiling=True,
        )
    )


async def _end_the_week(ground: Ground, filled: Filled, scale: Scale) -> int:
    """As many payments as are wanted, shops that differ, a plan, and a week that is over."""
    owner = await asyncpg.connect(ground.server.owner_url(_SIDE))
    region_id = filled.region.region_id
    try:
        async with owner.transaction():
            await owner.execute("SET LOCAL statement_timeout = 0")
            newest = await owner.fetchval(
                "SELECT seq FROM ledger.head WHERE region_id = $1", region_id
            )
            lacking = max(0, scale.tabled_payments - scale.past_payments)
            await owner.execute(_MORE, region_id, newest, lacking)
            await owner.execute(_SPREAD, region_id, _DISTRICTS, _CATEGORIES)
            monday = await _week_of(owner, region_id)
            plan = _plan_of(monday)
            await owner.execute(_PLAN, region_id, plan.document(), plan.digest, monday)
            await owner.execute(_HOLD, region_id)
            await owner.execute(
                "UPDATE ledger.head SET seq = $2, at = $3::date + time '12:00'"
                " WHERE region_id = $1",
                region_id, newest + lacking, monday + timedelta(days=7),
            )  # fmt: skip
            return scale.past_payments + lacking
    finally:
        await owner.close()


async def _week_of(owner: Connection, region_id: int) -> date:
    """The Monday of the week of the payments, which all have one business date."""
    monday: date = await owner.fetchval(
        "SELECT date_trunc('week', max(business_date))::date FROM ledger.entry"
        " WHERE region_id = $1 AND kind = 'payment'",
        region_id,
    )
    return monday


def _plan_of(monday: date) -> StatisticsPlan:
    """As many lists as a city has."""

    def listed(letter: str, many: int) -> list[dict[str, object]]:
        return [
            {"code": f"{letter}{number}", "names": {"ja": f"{letter}{number}", "en": letter}}
            for number in range(many)
        ]

    return StatisticsPlan.model_validate(
        {
            "first_week": monday.isoformat(),
            "areas": listed("a", _AREAS),
            "districts": [
                {**each, "area": f"a{number % _AREAS}"}
                for number, each in enumerate(listed("d", _DISTRICTS))
            ],
            "categories": listed("c", _CATEGORIES),
        }
    )


async def _scan(ground: Ground, filled: Filled) -> float:
    connection = await asyncpg.connect(ground.server.owner_url(_SIDE))
    try:
        await connection.execute("SET statement_timeout = 0")
        started = perf_counter()
        await connection.fetch(_BARE, filled.region.region_id)
        return perf_counter() - started
    finally:
        await connection.close()
