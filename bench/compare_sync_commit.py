"""sync_commit_5ms: how much a slower commit costs the engine, and single transactions beside it."""

from collections.abc import Awaitable, Callable
from typing import Final

from bench.figures import Ratio, Result
from bench.ground import Ground
from bench.pay_by_engine import pay_by_engine
from bench.pay_by_one_tx import commit_one_row, install_one_tx, pay_by_one_tx
from bench.rounds import Figures, Turn, take_turns
from bench.scale import MOST_ENGINE_CLIENTS, Scale
from bench.sides import Sides, judge, running_engine

NAME: Final = "sync_commit_5ms"
BESIDE: Final = "one_tx_sync_commit_5ms"
NAMES: Final = (NAME, BESIDE)
TARGET: Final = 0.5
MOST_BESIDE: Final = 0.1

DELAY_MS: Final = 5
SURELY_MS: Final = 4.5
"""By so much a commit must have become slower, or the delay was not there."""
ONE_TX_CLIENTS: Final = 8
"""Where single transactions are at their best on two cores; at more, each waits for more."""

ENGINE: Final = "payments, the engine"
ONE_TX: Final = "payments, one transaction each"
ONE_ROW: Final = "durable commits of one row"
_QUICKLY: Final = "commits as they are"
_SLOWLY: Final = f"commits {DELAY_MS} ms longer"
_OURS: Final = "slow_commits"
_THEIRS: Final = "slow_one_tx"


async def compare_sync_commit(sides: Sides, scale: Scale, result: Result) -> None:
    """Measure with commits as they are and longer ones in turns, and assert that they were."""
    ground, filled, seconds = sides.ground, sides.filled, scale.seconds
    async with sides.copy(_OURS), sides.copy(_THEIRS):
        await install_one_tx(ground.server.owner_url(_THEIRS), filled)
        async with running_engine(ground, _OURS, filled) as engine:

            async def ours() -> float:
                return await pay_by_engine(engine, filled, MOST_ENGINE_CLIENTS, seconds)

            async def theirs() -> float:
                return await pay_by_one_tx(ground, _THEIRS, filled, ONE_TX_CLIENTS, seconds)

            async def one_row() -> float:
                return await commit_one_row(ground, _THEIRS, seconds)

            await pay_by_engine(engine, filled, MOST_ENGINE_CLIENTS, scale.warm_up_seconds)
            sides_of_it = [
                (ENGINE, MOST_ENGINE_CLIENTS, ours),
                (ONE_TX, ONE_TX_CLIENTS, theirs),
                (ONE_ROW, 1, one_row),
            ]
            turns = [
                turn
                for name, clients, measure in sides_of_it
                for turn in (
                    Turn(f"{name}, {_QUICKLY}", clients, measure),
                    Turn(f"{name}, {_SLOWLY}", clients, _slowly(ground, measure)),
                )
            ]
            figures = await take_turns(turns, scale.rounds)
        for side in (_OURS, _THEIRS):
            await judge(ground, side, filled, result)
    result.figures += figures.values()
    longer_ms = 1000 / _rate(figures, ONE_ROW, _SLOWLY) - 1000 / _rate(figures, ONE_ROW, _QUICKLY)
    result.ratios += _ratios(figures, longer_ms)
    if longer_ms < SURELY_MS:
        result.disturbed.append(f"commits became only {longer_ms:.1f} ms longer, not {DELAY_MS}")


def _slowly(
    ground: Ground, measure: Callable[[], Awaitable[float]]
) -> Callable[[], Awaitable[float]]:
    """The same while each commit waits before it is flushed.

    commit_delay alone waits only while enough other transactions are open: hence commit_siblings.
    """

    async def measured() -> float:
        async with ground.parameters(commit_delay=str(DELAY_MS * 1000), commit_siblings="0"):
            return await measure()

    return measured


def _rate(figures: Figures, name: str, how: str) -> float:
    [figure] = [figure for key, figure in figures.items() if key[0] == f"{name}, {how}"]
    return figure.per_second


def _ratios(figures: Figures, longer_ms: float) -> list[Ratio]:
    def left(name: str) -> float:
        return _rate(figures, name, _SLOWLY) / _rate(figures, name, _QUICKLY)

    told = f"with commits {DELAY_MS} ms longer (seen: {longer_ms:.1f}) over without"
    return [
        Ratio(
            NAME,
            left(ENGINE),
            TARGET,
            f"payments a second through the engine, {MOST_ENGINE_CLIENTS} clients, {told}",
            "the commit, in which nothing else moves in the region, over the size of a batch",
        ),
        Ratio(
            BESIDE,
            left(ONE_TX),
            MOST_BESIDE,
            f"the same of one transaction per payment, {ONE_TX_CLIENTS} clients: how far it falls",
            "one commit after the other under the budget's lock",
            is_ceiling=True,
        ),
    ]
