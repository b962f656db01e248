"""engine_vs_setbased: payments through the engine, over the same rows by statements over sets."""

from typing import Final

from bench.figures import Ratio, Result
from bench.pay_by_engine import pay_by_engine
from bench.pay_in_sets import BATCH, draw_payments, install_sets, pay_in_sets
from bench.rounds import Turn, take_turns
from bench.scale import MOST_ENGINE_CLIENTS, SET_CLIENTS, Scale
from bench.sides import Sides, judge, running_engine

NAME: Final = "engine_vs_setbased"
NAMES: Final = (NAME,)
TARGET: Final = 0.3

ENGINE: Final = "payments, the engine beside sets"
SETS: Final = f"payments, statements over sets of {BATCH}"
_OURS: Final = "beside_sets"
_THEIRS: Final = "in_sets"


async def compare_setbased(sides: Sides, scale: Scale, result: Result) -> None:
    """Measure both sides in turns, theirs with one client and more, and verify both books."""
    ground, filled, seconds = sides.ground, sides.filled, scale.seconds
    async with sides.copy(_OURS), sides.copy(_THEIRS):
        drawn = draw_payments(filled, scale.drawn_in_sets, 1)
        batches = await install_sets(ground.server.owner_url(_THEIRS), filled, drawn)
        await ground.settle()
        async with running_engine(ground, _OURS, filled) as engine:

            async def ours(for_seconds: float = seconds) -> float:
                return await pay_by_engine(engine, filled, MOST_ENGINE_CLIENTS, for_seconds)

            async def theirs(clients: int, for_seconds: float = seconds) -> float:
                return await pay_in_sets(ground, _THEIRS, filled, batches, clients, for_seconds)

            def theirs_by(clients: int) -> Turn:
                return Turn(SETS, clients, lambda: theirs(clients))

            await ours(scale.warm_up_seconds)
            await theirs(max(SET_CLIENTS), scale.warm_up_seconds)
            turns = [Turn(ENGINE, MOST_ENGINE_CLIENTS, ours), *map(theirs_by, SET_CLIENTS)]
            figures = await take_turns(turns, scale.rounds)
        for side in (_OURS, _THEIRS):
            await judge(ground, side, filled, result)
    result.figures += figures.values()
    best = max(SET_CLIENTS, key=lambda clients: figures[SETS, clients].per_second)
    result.ratios.append(
        Ratio(
            NAME,
            figures[ENGINE, MOST_ENGINE_CLIENTS].per_second / figures[SETS, best].per_second,
            TARGET,
            f"payments a second, ours with {MOST_ENGINE_CLIENTS} clients, over the same rows by "
            f"set-based SQL at its best ({best}), {BATCH} a batch, drawn beforehand, not decided",
            "ours: Python decides each payment and writes its JSON, PostgreSQL checks it; "
            "theirs: rows, indexes and the log, which nobody is spared",
        )
    )
