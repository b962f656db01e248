"""full_vs_empty: payments through the engine on a long history, over the same on an empty one."""

from contextlib import AsyncExitStack
from functools import partial
from typing import Final

from bench.figures import Ratio, Result
from bench.keep_history import EMPTY, HISTORY, SORTING_KB, kept_history
from bench.pay_by_engine import pay_by_engine
from bench.rounds import Turn, take_turns
from bench.scale import MOST_ENGINE_CLIENTS, Scale
from bench.sides import Sides, judge, running_engine

NAME: Final = "full_vs_empty"
NAMES: Final = (NAME,)
TARGET: Final = 0.9

_FULL: Final = "full"
_EMPTY: Final = "empty"


async def compare_history(sides: Sides, scale: Scale, result: Result) -> None:
    """Measure both in turns, on copies of what is kept, and verify both books."""
    folder = sides.history or sides.ground.folder / "history"
    result.machine["history"] = str(folder)
    names = {side: f"payments, the engine, {side} history" for side in (_FULL, _EMPTY)}
    async with AsyncExitStack() as stack:
        ground, *regions = await stack.enter_async_context(
            kept_history(folder, scale, is_fresh=sides.is_fresh)
        )
        turns, warm_ups = [], []
        for side, template, filled in zip((_FULL, _EMPTY), (HISTORY, EMPTY), regions, strict=True):
            await ground.server.drop_database(side)
            stack.push_async_callback(ground.server.drop_database, side)
            await ground.copy(template, side)
            engine = await stack.enter_async_context(running_engine(ground, side, filled))
            measure = partial(pay_by_engine, engine, filled, MOST_ENGINE_CLIENTS)
            turns.append(Turn(names[side], MOST_ENGINE_CLIENTS, partial(measure, scale.seconds)))
            warm_ups.append(measure)
        await ground.settle()
        for measure in warm_ups:
            await measure(scale.history_warm_up_seconds)
        figures = await take_turns(turns, scale.rounds)
        async with ground.parameters(work_mem=SORTING_KB):
            for side, filled in zip((_FULL, _EMPTY), regions, strict=True):
                await judge(ground, side, filled, result)
    result.figures += figures.values()
    full, empty = (figures[names[side], MOST_ENGINE_CLIENTS] for side in (_FULL, _EMPTY))
    result.ratios.append(
        Ratio(
            NAME,
            full.per_second / empty.per_second,
            TARGET,
            f"payments a second, {MOST_ENGINE_CLIENTS} clients, with {scale.past_payments:,} past "
            "payments in this month's partition over none",
            "deeper indexes, and more of their pages, each of which is logged whole when it first "
            "changes after a checkpoint",
        )
    )
