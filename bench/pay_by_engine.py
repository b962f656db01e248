"""Pay through the engine, without HTTP: so many clients, each of which waits for its receipt."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Final
from uuid import UUID

from bench.filled import Filled
from bench.names import PERSON, STORE, WALLET
from bench.scale import LARGEST_YEN, SMALLEST_YEN, ZIPF
from core.ids import uuid7
from ledger.engine import Engine
from payments.pay import Pay

DRAWN: Final = 50_000
"""Visits to shops that were drawn before the clock starts; clients choose among them."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A resident in a shop."""

    person_id: UUID
    actor: str
    wallet_id: UUID
    store_id: UUID


async def pay_by_engine(engine: Engine, filled: Filled, clients: int, seconds: float) -> float:
    """Payments a second that were accepted, counted until the last one was answered.

    Asserts that none is refused: a refusal is less work than a payment.
    """
    visits = list(_draw_visits(filled, random.Random()))
    started = perf_counter()
    paid = await asyncio.gather(
        *(_client(engine, visits, n, started + seconds) for n in range(clients))
    )
    return sum(paid) / (perf_counter() - started)


def draw_stores(merchants: int, how_many: int, chance: random.Random) -> list[int]:
    """Numbers of stores, as people choose them: few are visited by many."""
    weights = [1 / rank**ZIPF for rank in range(1, merchants + 1)]
    return chance.choices(range(merchants), weights, k=how_many)


def _draw_visits(filled: Filled, chance: random.Random) -> Iterable[Visit]:
    name = filled.names.name
    for store in draw_stores(filled.merchants, DRAWN, chance):
        number = chance.randrange(filled.wallets)
        person_id = name(PERSON, number)
        yield Visit(person_id, f"resident:{person_id}", name(WALLET, number), name(STORE, store))


async def _client(engine: Engine, visits: Sequence[Visit], seed: int, until: float) -> int:
    chance = random.Random(seed)
    paid = 0
    while perf_counter() < until:
        visit = chance.choice(visits)
        receipt = await engine.submit(
            Pay(
                entry_id=uuid7(datetime.now(UTC)),
                actor=visit.actor,
                person_id=visit.person_id,
                wallet_id=visit.wallet_id,
                store_id=visit.store_id,
                amount_yen=chance.randint(SMALLEST_YEN, LARGEST_YEN),
            )
        )
        assert receipt.entry.refusal is None, receipt.entry.refusal
        paid += 1
    return paid
