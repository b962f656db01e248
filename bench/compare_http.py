"""http_vs_noop: payments through the API, over a route of the same process that does nothing."""

from typing import Final

from bench.figures import Figure, Ratio, Result
from bench.processes import generate
from bench.scale import CONNECTIONS, Scale
from bench.send_requests import Outcome
from bench.serve_api import (
    PAY,
    PAY_NOTHING,
    Loads,
    all_created,
    serving_api,
    serving_blindly,
)
from bench.sides import Sides, judge

NAME: Final = "http_vs_noop"
MEMORY: Final = "api_peak_memory"
NAMES: Final = (NAME, MEMORY)
TARGET: Final = 0.5
MOST_MB: Final = 250
ROOM: Final = 3
"""So many times faster than the no-op the generator must be, or it is what was measured."""

PAYMENTS: Final = "payments over HTTP"
NO_OPS: Final = "no-ops over HTTP"
CEILING: Final = "the load generator alone"
_DATABASE: Final = "over_http"


async def compare_http(sides: Sides, scale: Scale, result: Result) -> None:
    """Measure both routes in turns and the generator itself, and add it all to `result`."""
    async with sides.copy(_DATABASE):
        loads = Loads(sides, scale, _DATABASE)

        async def answered(port: int, path: str, seconds: float) -> Outcome:
            return all_created(await generate(loads.load(port, path, CONNECTIONS, seconds)))

        async with serving_api(loads) as api:
            # Each token is verified in full when it is first seen: no part of either figure.
            await answered(api.port, PAY_NOTHING, scale.warm_up_seconds * 2)
            await answered(api.port, PAY, scale.warm_up_seconds)
            paid: list[Outcome] = []
            passed: list[Outcome] = []
            for _ in range(scale.rounds):
                paid.append(await answered(api.port, PAY, scale.seconds))
                passed.append(await answered(api.port, PAY_NOTHING, scale.seconds))
            peak_mb = api.peak_mb()
        async with serving_blindly() as blind:
            ceiling = await answered(blind.port, PAY_NOTHING, min(scale.seconds, 2))
        await judge(sides.ground, _DATABASE, sides.filled, result)
    payments, no_ops = _figure(PAYMENTS, paid), _figure(NO_OPS, passed)
    most = _figure(CEILING, [ceiling])
    result.figures += [payments, no_ops, most]
    result.ratios += _ratios(payments, no_ops, peak_mb)
    if most.per_second < ROOM * no_ops.per_second:
        result.disturbed.append(
            f"the load generator is only {most.per_second / no_ops.per_second:.1f} times as fast "
            f"as the no-op, so {NAME} measured the generator"
        )


def _ratios(payments: Figure, no_ops: Figure, peak_mb: float) -> list[Ratio]:
    return [
        Ratio(
            NAME,
            payments.per_second / no_ops.per_second,
            TARGET,
            f"payments over no-ops a second, {CONNECTIONS} connections to one API process",
            "the one core of that process: HTTP, token and JSON are both, decisions are ours",
        ),
        Ratio(
            MEMORY,
            peak_mb,
            MOST_MB,
            "the most memory that this API process held at once, under all of this load",
            "the modules that it imports, and the batches and answers under way",
            is_ceiling=True,
            unit=" MB",
        ),
    ]


def _figure(name: str, outcomes: list[Outcome]) -> Figure:
    last = outcomes[-1]
    return Figure(
        name,
        CONNECTIONS,
        tuple(outcome.answered / outcome.seconds for outcome in outcomes),
        f"{last.median_ms} ms in the middle, 1 % over {last.p99_ms} ms",
    )
