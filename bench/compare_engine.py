"""engine_vs_one_tx: payments through the engine, over the same payments as single transactions."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Final

from bench.figures import Figure, Ratio, Result
from bench.pay_by_engine import pay_by_engine
from bench.pay_by_one_tx import commit_one_row, pay_by_one_tx
from bench.pgbench import SIMPLE_UPDATE, make_pgbench_tables, run_pgbench
from bench.scale import ENGINE_CLIENTS, MOST_ENGINE_CLIENTS, ONE_TX_CLIENTS, Scale
from bench.sides import OURS, THEIRS, Sides, verify_side
from core.database import Database
from ledger.engine import Engine
from payments.prepare import prepare

NAME: Final = "engine_vs_one_tx"
TARGET: Final = 6
BEST_TARGET: Final = 3

ENGINE: Final = "payments, the engine"
ONE_TX: Final = "payments, one transaction each"
UPDATES: Final = "pgbench's own simple-update"
ONE_ROW: Final = "durable commits of one row"
_UPDATES: Final = "updates"

Measure = Callable[[int, float], Awaitable[float]]


async def compare_engine(sides: Sides, scale: Scale, result: Result) -> None:
    """Measure both sides in turns, verify the books of both, and add it all to `result`."""
    database = Database(sides.ground.server.app_url(OURS))
    engine = Engine(database, sides.filled.region.region_id, prepare)
    engine.start()
    try:
        await _measure(sides, scale, engine, result)
    finally:
        await engine.stop()
        await database.close()
    result.judge(THEIRS, await verify_side(sides, THEIRS))


async def _measure(sides: Sides, scale: Scale, engine: Engine, result: Result) -> None:
    async def ours(clients: int, seconds: float) -> float:
        return await pay_by_engine(engine, sides.filled, clients, seconds)

    async def theirs(clients: int, seconds: float) -> float:
        return await pay_by_one_tx(sides.ground, THEIRS, sides.filled, clients, seconds)

    async def updates(clients: int, seconds: float) -> float:
        return await run_pgbench(sides.ground, _UPDATES, SIMPLE_UPDATE, clients, seconds)

    async def one_row(_clients: int, seconds: float) -> float:
        return await commit_one_row(sides.ground, THEIRS, seconds)

    await sides.ground.server.create_database(_UPDATES)
    await make_pgbench_tables(sides.ground, _UPDATES, scale.pgbench_scale)
    both = [*ONE_TX_CLIENTS, ENGINE_CLIENTS]
    plan: list[tuple[str, Measure, int]] = [
        (ENGINE, ours, ENGINE_CLIENTS),
        (ONE_TX, theirs, ENGINE_CLIENTS),
        (ENGINE, ours, MOST_ENGINE_CLIENTS),
        *((ONE_TX, theirs, clients) for clients in ONE_TX_CLIENTS),
    ]
    beside: list[tuple[str, Measure, int]] = [
        *((UPDATES, updates, clients) for clients in both),
        (ONE_ROW, one_row, 1),
    ]
    await ours(MOST_ENGINE_CLIENTS, scale.warm_up_seconds)
    await theirs(max(ONE_TX_CLIENTS), scale.warm_up_seconds)
    rounds: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    for number in range(scale.rounds):
        for name, measure, clients in plan if number else [*plan, *beside]:
            rounds[name, clients].append(await measure(clients, scale.seconds))
    figures = {
        key: Figure(name=key[0], clients=key[1], rounds=tuple(rates))
        for key, rates in rounds.items()
    }
    result.figures += sorted(figures.values(), key=lambda figure: (figure.name, figure.clients))
    result.ratios += _ratios(figures)


def _ratios(figures: dict[tuple[str, int], Figure]) -> list[Ratio]:
    def rate(name: str, clients: int) -> float:
        return figures[name, clients].per_second

    best = max(ONE_TX_CLIENTS, key=lambda clients: rate(ONE_TX, clients))
    return [
        Ratio(
            NAME,
            rate(ENGINE, ENGINE_CLIENTS) / rate(ONE_TX, ENGINE_CLIENTS),
            TARGET,
            f"payments a second under one hot budget, {ENGINE_CLIENTS} clients on both sides",
            "ours: Python's decisions on one core, PostgreSQL's writing on another; theirs: "
            f"{ENGINE_CLIENTS} clients queue for the rows of budget and head until each commit",
        ),
        Ratio(
            f"{NAME}_best",
            rate(ENGINE, MOST_ENGINE_CLIENTS) / rate(ONE_TX, best),
            BEST_TARGET,
            f"the same, ours with {MOST_ENGINE_CLIENTS} clients over theirs at its best ({best})",
            "ours: as above, in larger batches; theirs: one durable commit after the other",
        ),
    ]
