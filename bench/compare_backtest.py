"""backtest_vs_decide: payments of a simulation over a long past, over bare decisions in a loop."""

from datetime import timedelta
from time import perf_counter
from typing import Final

from bench.compare_campaigns import decisions_in, payments_of
from bench.figures import Ratio, Result
from bench.fill_history import fill_history
from bench.filled import Filled
from bench.rounds import Turn, take_turns
from bench.scale import Scale
from bench.sides import Sides, judge
from campaigns.line_up import LineUp
from campaigns.rules import LiveCampaign
from campaigns.terms import terms_hash
from core.database import Database
from simulations.asked import Asked
from simulations.open_past import open_past
from simulations.run import run

NAME: Final = "backtest_vs_decide"
NAMES: Final = (NAME,)
TARGET: Final = 0.5

_SIDE: Final = "backtest"
_TRIED: Final = "payments of a simulation, from the journal"
_BARE: Final = "decisions in a loop"


async def compare_backtest(sides: Sides, scale: Scale, result: Result) -> None:
    """Try the form of the region's campaign on its past payments, in turns with the decision."""
    ground, filled = sides.ground, sides.filled
    async with sides.copy(_SIDE):
        await fill_history(ground.server.owner_url(_SIDE), filled, scale.backtest_payments)
        await ground.execute(_SIDE, "VACUUM (ANALYZE)")
        database = Database(ground.server.app_url(_SIDE))
        line_up = LineUp([LiveCampaign(filled.campaign_id, terms_hash(filled.terms), filled.terms)])
        payments = payments_of(filled)

        async def simulate() -> float:
            return await _simulated_a_second(database, filled, scale.backtest_payments)

        async def decide() -> float:
            started, decided = perf_counter(), 0
            while decided == 0 or perf_counter() - started < scale.seconds:
                decided += decisions_in(line_up, payments)
            return decided / (perf_counter() - started)

        try:
            turns = [Turn(_TRIED, 1, simulate), Turn(_BARE, 1, decide)]
            figures = await take_turns(turns, scale.rounds)
        finally:
            await database.close()
        await judge(ground, _SIDE, filled, result)
    result.figures += figures.values()
    tried, bare = (figures[name, 1].per_second for name in (_TRIED, _BARE))
    result.ratios.append(
        Ratio(
            NAME,
            tried / bare,
            TARGET,
            f"payments a second of a simulation over {scale.backtest_payments:,} past payments, "
            "with reading them, over decisions of the same form in a loop",
            "the facts and the headroom of each payment are made anew, and what it moves is "
            "counted; PostgreSQL reads the next page meanwhile",
        )
    )


async def _simulated_a_second(database: Database, filled: Filled, payments: int) -> float:
    """From the question to the sums. Every payment is decided, and all come to one sum."""
    region = filled.region
    today = region.day_of((await database.clock()).now())
    asked = Asked(terms=filled.terms, from_day=today - timedelta(days=1), to_day=today)
    decided = 0

    async def pause(so_far: int) -> None:
        nonlocal decided
        decided = so_far

    connection = await database.connect_region(region.region_id)
    started = perf_counter()
    try:
        past = await open_past(database, connection, region, asked, filled.campaign_id)
        trial = await run(asked, past.tried, past, pause)
    finally:
        await connection.close()
    assert decided == trial.tally.payments == payments
    assert trial.tally.rebate_points > 0
    return decided / (perf_counter() - started)
