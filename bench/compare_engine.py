"""engine_vs_one_tx: payments through the engine, over the same payments as single transactions."""

from typing import Final

from bench.figures import Ratio, Result
from bench.pay_by_engine import pay_by_engine
from bench.pay_by_one_tx import commit_one_row, install_one_tx, pay_by_one_tx
from bench.pgbench import SIMPLE_UPDATE, make_pgbench_tables, run_pgbench
from bench.rounds import Figures, Turn, take_turns
from bench.scale import ENGINE_CLIENTS, MOST_ENGINE_CLIENTS, Scale
from bench.sides import Sides, judge, running_engine
from ledger.engine import Engine

NAME: Final = "engine_vs_one_tx"
BEST: Final = "engine_vs_one_tx_best"
NAMES: Final = (NAME, BEST)
TARGET: Final = 6
BEST_TARGET: Final = 3

OURS: Final = "ours"
THEIRS: Final = "theirs"
ENGINE: Final = "payments, the engine"
ONE_TX: Final = "payments, one transaction each"
UPDATES: Final = "pgbench's own simple-update"
ONE_ROW: Final = "durable commits of one row"
_UPDATES: Final = "updates"


async def compare_engine(sides: Sides, scale: Scale, result: Result) -> None:
    """Measure both sides in turns, verify the books of both, and add it all to `result`."""
    ground, filled = sides.ground, sides.filled
    await ground.server.create_database(_UPDATES)
    await make_pgbench_tables(ground, _UPDATES, scale.pgbench_scale)
    async with sides.copy(OURS), sides.copy(THEIRS):
        await install_one_tx(ground.server.owner_url(THEIRS), filled)
        async with running_engine(ground, OURS, filled) as engine:
            figures = await _measure(sides, scale, engine)
        for side in (OURS, THEIRS):
            await judge(ground, side, filled, result)
    await ground.server.drop_database(_UPDATES)
    result.figures += figures.values()
    result.ratios += _ratios(figures, scale)


async def _measure(sides: Sides, scale: Scale, engine: Engine) -> Figures:
    ground, filled, seconds = sides.ground, sides.filled, scale.seconds

    def ours(clients: int) -> Turn:
        return Turn(ENGINE, clients, lambda: pay_by_engine(engine, filled, clients, seconds))

    def theirs(clients: int) -> Turn:
        return Turn(
            ONE_TX, clients, lambda: pay_by_one_tx(ground, THEIRS, filled, clients, seconds)
        )

    def updates(clients: int) -> Turn:
        return Turn(
            UPDATES,
            clients,
            lambda: run_pgbench(ground, _UPDATES, SIMPLE_UPDATE, clients, seconds),
            is_once=True,
        )

    await pay_by_engine(engine, filled, MOST_ENGINE_CLIENTS, scale.warm_up_seconds)
    await pay_by_one_tx(ground, THEIRS, filled, max(scale.one_tx_clients), scale.warm_up_seconds)
    turns = [
        ours(ENGINE_CLIENTS),
        theirs(ENGINE_CLIENTS),
        ours(MOST_ENGINE_CLIENTS),
        *map(theirs, scale.one_tx_clients),
        *map(updates, [*scale.one_tx_clients, ENGINE_CLIENTS]),
        Turn(ONE_ROW, 1, lambda: commit_one_row(ground, THEIRS, seconds), is_once=True),
    ]
    return await take_turns(turns, scale.rounds)


def _ratios(figures: Figures, scale: Scale) -> list[Ratio]:
    def rate(name: str, clients: int) -> float:
        return figures[name, clients].per_second

    best = max(scale.one_tx_clients, key=lambda clients: rate(ONE_TX, clients))
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
            BEST,
            rate(ENGINE, MOST_ENGINE_CLIENTS) / rate(ONE_TX, best),
            BEST_TARGET,
            f"the same, ours with {MOST_ENGINE_CLIENTS} clients over theirs at its best ({best})",
            "ours: as above, in larger batches; theirs: one durable commit after the other",
        ),
    ]
