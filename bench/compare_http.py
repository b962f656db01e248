"""http_vs_noop: payments through the API, over a route of the same process that does nothing."""

import random
from typing import Final
from uuid import UUID

from api.app import open_keys
from api.claims import MAX_TTL_S
from api.tokens import issue
from bench.figures import Figure, Ratio, Result
from bench.names import PERSON, STORE, WALLET
from bench.pay_by_engine import DRAWN, draw_stores
from bench.processes import generate, serving
from bench.scale import CONNECTIONS, Scale
from bench.send_requests import Load, Outcome
from bench.sides import OURS, Sides
from core.settings import load_settings
from merchants.qr import StoreQr, encode

NAME: Final = "http_vs_noop"
TARGET: Final = 0.5
ROOM: Final = 3
"""So many times faster than the no-op the generator must be, or it is what was measured."""

PAYMENTS: Final = "payments over HTTP"
NO_OPS: Final = "no-ops over HTTP"
CEILING: Final = "the load generator alone"

_PAY: Final = "/v1/payments/"
_PAY_NOTHING: Final = "/v1/no-ops/"
_SERVE: Final = (
    "uvicorn", "bench.app:create_measured_app", "--factory", "--host=127.0.0.1", "--port=PORT",
    "--loop=uvloop", "--http=httptools", "--no-access-log", "--no-server-header",
    "--log-level=warning",
)  # fmt: skip
"""The process that `meguri serve` starts, with the app of bench/app.py."""


async def compare_http(sides: Sides, scale: Scale, result: Result) -> None:
    """Measure both routes in turns and the generator itself, and add it all to `result`."""
    loads = _Loads(sides, scale)
    async with serving(*_SERVE, ready="/readyz", **loads.settings) as port:
        # Each token is verified in full when it is first seen; that is no part of either figure.
        await generate(loads.load(port, _PAY_NOTHING, scale.warm_up_seconds * 2))
        await generate(loads.load(port, _PAY, scale.warm_up_seconds))
        paid: list[Outcome] = []
        passed: list[Outcome] = []
        for _ in range(scale.rounds):
            paid.append(_all_created(await generate(loads.load(port, _PAY, scale.seconds))))
            idle = loads.load(port, _PAY_NOTHING, scale.seconds)
            passed.append(_all_created(await generate(idle)))
    async with serving("bench.answer_blindly", "PORT") as port:
        ceiling = await generate(loads.load(port, _PAY_NOTHING, min(scale.seconds, 2)))
    payments, no_ops = _figure(PAYMENTS, paid), _figure(NO_OPS, passed)
    most = _figure(CEILING, [ceiling])
    result.figures += [payments, no_ops, most]
    result.ratios.append(
        Ratio(
            NAME,
            payments.per_second / no_ops.per_second,
            TARGET,
            f"payments over no-ops a second, {CONNECTIONS} connections to one API process",
            "the one core of that process: HTTP, token and JSON are both, decisions are ours",
        )
    )
    if most.per_second < ROOM * no_ops.per_second:
        result.invalid.append(
            f"the load generator is only {most.per_second / no_ops.per_second:.1f} times as fast "
            f"as the no-op, so {NAME} measured the generator"
        )


class _Loads:
    """What the generator sends: real tokens of residents who have wallets, real codes of stores."""

    def __init__(self, sides: Sides, scale: Scale) -> None:
        ground, filled = sides.ground, sides.filled
        name = filled.names.name
        keys_file = ground.folder / "keys.json"
        self.settings = {
            "environment": "test",
            "database_url": ground.server.app_url(OURS),
            "data_dir": str(ground.folder),
            "keys_file": str(keys_file),
        }
        keys = open_keys(load_settings(**self.settings))
        self._payers = [
            (
                issue(keys, "resident", name(PERSON, n), filled.region.code, ttl_s=MAX_TTL_S),
                str(name(WALLET, n)),
            )
            for n in range(scale.residents)
        ]
        drawn = draw_stores(filled.merchants, DRAWN // 5, random.Random(1))
        self._qrs = [_code(name(STORE, number), number) for number in drawn]

    def load(self, port: int, path: str, seconds: float) -> Load:
        """The load of one measurement."""
        return Load(port, path, CONNECTIONS, seconds, self._payers, self._qrs)


def _code(store_id: UUID, number: int) -> str:
    return encode(StoreQr(store_id, f"Store {number}", "SETAGAYA"))


def _all_created(outcome: Outcome) -> Outcome:
    assert outcome.statuses.keys() == {"201"}, outcome.statuses
    return outcome


def _figure(name: str, outcomes: list[Outcome]) -> Figure:
    last = outcomes[-1]
    return Figure(
        name,
        CONNECTIONS,
        tuple(outcome.answered / outcome.seconds for outcome in outcomes),
        f"{last.median_ms} ms in the middle, 1 % over {last.p99_ms} ms",
    )
