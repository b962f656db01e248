"""Serve the measured app to a load: one API process, its settings, tokens and codes of stores."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from api.claims import MAX_TTL_S
from api.open_secrets import open_keys
from api.tokens import issue
from bench.names import PERSON, STORE, WALLET
from bench.pay_by_engine import DRAWN, draw_stores
from bench.processes import Served, serving
from bench.scale import Scale
from bench.send_requests import Load, Outcome
from bench.sides import Sides
from core.settings import load_settings
from merchants.qr import StoreQr, encode

PAY: Final = "/v1/payments/"
PAY_NOTHING: Final = "/v1/no-ops/"
_SERVE: Final = ("bench.app", "PORT")
"""The process that `meguri serve` starts, with the app of bench/app.py."""


class Loads:
    """What a generator sends: real tokens of residents who have wallets, real codes of stores."""

    def __init__(self, sides: Sides, scale: Scale, database: str) -> None:
        ground, filled = sides.ground, sides.filled
        name = filled.names.name
        self.settings = {
            "environment": "test",
            "database_url": ground.server.app_url(database),
            "data_dir": str(ground.folder),
            "keys_file": str(ground.folder / "keys.json"),
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
        self._qrs = [encode(StoreQr(name(STORE, n), f"Store {n}", "SETAGAYA")) for n in drawn]

    def load(
        self, port: int, path: str, connections: int, seconds: float, *, per_second: float = 0
    ) -> Load:
        """The load of one measurement; in closed loop unless it comes `per_second`."""
        return Load(port, path, connections, seconds, self._payers, self._qrs, per_second)


@asynccontextmanager
async def serving_api(loads: Loads) -> AsyncIterator[Served]:
    """The API, in one process."""
    async with serving(*_SERVE, ready="/readyz", **loads.settings) as served:
        yield served


@asynccontextmanager
async def serving_blindly() -> AsyncIterator[Served]:
    """A bare socket that answers everything alike."""
    async with serving("bench.answer_blindly", "PORT") as served:
        yield served


def all_created(outcome: Outcome) -> Outcome:
    """Asserts that every request was answered with 201."""
    assert outcome.statuses.keys() == {"201"}, outcome.statuses
    return outcome
