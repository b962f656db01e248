"""p50_at_half_load, p99_at_half_load, alone: waits over HTTP, in durable commits of one row."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.figures import Figure, Ratio, Result
from bench.pay_by_one_tx import commit_one_row, install_one_tx
from bench.processes import generate
from bench.scale import CONNECTIONS, MOST_CONNECTIONS, Scale
from bench.send_requests import Outcome
from bench.serve_api import PAY, PAY_NOTHING, Loads, all_created, serving_api
from bench.sides import Sides, judge

P99: Final = "p99_at_half_load"
P50: Final = "p50_at_half_load"
ALONE: Final = "alone"
NAMES: Final = (P99, P50, ALONE)
P99_TARGET: Final = 20
P50_TARGET: Final = 6
ALONE_TARGET: Final = 5

_DATABASE: Final = "waits"
_ROWS: Final = "waits_rows"


@dataclass(frozen=True, slots=True)
class _Round:
    """What was measured in the same seconds: two loads, and the commit that they are held to."""

    half: Outcome
    alone: Outcome
    commit_ms: float


async def compare_latency(sides: Sides, scale: Scale, result: Result) -> None:
    """Find the peak, then measure waits at half of it and of one client, round by round."""
    ground = sides.ground
    async with sides.copy(_DATABASE), sides.copy(_ROWS):
        await install_one_tx(ground.server.owner_url(_ROWS), sides.filled)
        loads = Loads(sides, scale, _DATABASE)
        async with serving_api(loads) as api:

            async def pay(connections: int, seconds: float, per_second: float = 0) -> Outcome:
                load = loads.load(api.port, PAY, connections, seconds, per_second=per_second)
                return all_created(await generate(load))

            warm_up = scale.warm_up_seconds * 2
            await generate(loads.load(api.port, PAY_NOTHING, CONNECTIONS, warm_up))
            await pay(CONNECTIONS, scale.warm_up_seconds)
            full = [await pay(CONNECTIONS, scale.seconds) for _ in range(scale.rounds)]
            peak = median(outcome.answered / outcome.seconds for outcome in full)
            rounds = [
                _Round(
                    half=await pay(MOST_CONNECTIONS, scale.seconds * 2, peak / 2),
                    alone=await pay(1, scale.seconds),
                    commit_ms=1000 / await commit_one_row(ground, _ROWS, scale.seconds),
                )
                for _ in range(scale.rounds)
            ]
        await judge(ground, _DATABASE, sides.filled, result)
    result.figures += _figures(peak, rounds)
    result.ratios += _ratios(rounds)


def _figures(peak: float, rounds: list[_Round]) -> list[Figure]:
    dropped = sum(one.half.dropped for one in rounds)
    return [
        Figure("payments over HTTP at its peak", CONNECTIONS, (peak,)),
        Figure(
            "payments over HTTP at half its peak",
            MOST_CONNECTIONS,
            tuple(one.half.answered / one.half.seconds for one in rounds),
            f"{_ms(one.half.median_ms for one in rounds)} ms in the middle, 1 % over "
            f"{_ms(one.half.p99_ms for one in rounds)} ms, {dropped} dropped",
        ),
        Figure(
            "payments over HTTP, alone",
            1,
            tuple(one.alone.answered / one.alone.seconds for one in rounds),
            f"{_ms(one.alone.median_ms for one in rounds)} ms in the middle, 1 % over "
            f"{_ms(one.alone.p99_ms for one in rounds)} ms",
        ),
        Figure(
            "durable commits of one row beside them",
            1,
            tuple(1000 / one.commit_ms for one in rounds),
            f"{_ms(one.commit_ms for one in rounds)} ms each",
        ),
    ]


def _ms(waits: Iterable[float]) -> str:
    return ", ".join(f"{wait_ms:.2f}" for wait_ms in waits)


def _ratios(rounds: list[_Round]) -> list[Ratio]:
    half = "waits over HTTP at half the peak rate, open loop, in durable commits of one row"
    return [
        Ratio(
            P99,
            median(one.half.p99_ms / one.commit_ms for one in rounds),
            P99_TARGET,
            f"{half}: all but 1 % wait no longer",
            "the batch under way, then one's own; and cores shared with the generator",
            is_ceiling=True,
        ),
        Ratio(
            P50,
            median(one.half.median_ms / one.commit_ms for one in rounds),
            P50_TARGET,
            f"{half}: half of them wait no longer",
            "half a batch of others, one's own, its commit, and HTTP twice",
            is_ceiling=True,
        ),
        Ratio(
            ALONE,
            median(one.alone.median_ms / one.commit_ms for one in rounds),
            ALONE_TARGET,
            "the wait of one client who is alone, in durable commits of one row",
            "HTTP, token and JSON in Python, two calls of the database, one commit",
            is_ceiling=True,
        ),
    ]
