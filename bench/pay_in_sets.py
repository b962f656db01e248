"""Pay by statements over sets, 100 payments a transaction, driven by pgbench, nothing decided."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import cycle, islice
from typing import Any, Final

import asyncpg

from bench.facts import PaymentFacts
from bench.filled import Filled
from bench.ground import Ground
from bench.names import MERCHANT, PERSON, STORE, WALLET
from bench.pay_by_engine import draw_stores
from bench.pgbench import Script, run_pgbench
from bench.scale import BUDGET_YEN, LARGEST_YEN, SMALLEST_YEN
from core.database import Connection

BATCH: Final = 100
"""Payments in a transaction."""

_SQL: Final = files("bench") / "sql"
_ACCOUNTS: Final = """
    SELECT holder_id, kind, account_no FROM ledger.account
     WHERE region_id = $1 AND kind IN ('coin', 'points', 'payable', 'cashback', 'budget')
"""

Payment = tuple[int, int, int]
"""Numbers of wallet and store, and the amount in yen."""


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What a drawn payment must know of the ledger."""

    filled: Filled
    accounts: dict[tuple[str, str], int]
    facts: PaymentFacts

    def account(self, kind: str, holder: object) -> int:
        return self.accounts[kind, str(holder)]


async def install_sets(owner_url: str, filled: Filled, payments: Iterable[Payment]) -> int:
    """Give a database the function `bench.write_batch` and batches of payments; returns how many.

    Each wallet must hold coin enough for all that it pays.
    """
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute((_SQL / "setbased.sql").read_text(encoding="utf-8"))
        rows = await owner.fetch(_ACCOUNTS, filled.region.region_id)
        accounts = {(row["kind"], str(row["holder_id"])): row["account_no"] for row in rows}
        today = filled.region.day_of(await owner.fetchval("SELECT now()"))
        ledger = _Ledger(filled, accounts, PaymentFacts(filled, today))
        batches = 0
        waiting = iter(payments)
        while batch := list(islice(waiting, BATCH)):
            await _copy_batch(owner, ledger, batches, batch)
            batches += 1
        await owner.execute("ANALYZE")
    finally:
        await owner.close()
    return batches


def draw_payments(filled: Filled, how_many: int, seed: int) -> Iterable[Payment]:
    """Payments as the engine's clients make them, but each wallet as often as any other.

    They are written again and again: a wallet that was drawn too often would come to its caps.
    """
    chance = random.Random(seed)
    wallets = chance.sample(range(filled.wallets), filled.wallets)
    for wallet, store in zip(cycle(wallets), draw_stores(filled.merchants, how_many, chance)):
        yield wallet, store, chance.randint(SMALLEST_YEN, LARGEST_YEN)


async def pay_in_sets(
    ground: Ground, database: str, filled: Filled, batches: int, clients: int, seconds: float
) -> float:
    """Payments a second."""
    variables = {
        "region": filled.region.region_id,
        "zone": filled.region.zone.key,
        "campaign": filled.campaign_id,
        "batches": batches,
    }
    script = Script((_SQL / "setbased_load.sql").read_text(encoding="utf-8"), variables)
    return BATCH * await run_pgbench(ground, database, script, clients, seconds)


async def _copy_batch(
    owner: Connection, ledger: _Ledger, batch: int, payments: Sequence[Payment]
) -> None:
    drawn: list[tuple[Any, ...]] = []
    postings: list[tuple[Any, ...]] = []
    changes: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    counted: defaultdict[Any, int] = defaultdict(int)
    name = ledger.filled.names.name
    for place, payment in enumerate(payments, start=1):
        wallet, store, amount_yen = payment
        grant = ledger.facts.grant(amount_yen)
        points, _ = grant
        person_id = name(PERSON, wallet)
        counted[person_id] += points
        part = (ledger.account("coin", name(WALLET, wallet)), "coin", amount_yen)
        facts = ledger.facts.told(store, [part], grant, (BUDGET_YEN, 0))
        row = (batch, place, f"resident:{person_id}", person_id, name(WALLET, wallet))
        drawn.append((*row, name(STORE, store), amount_yen, points, bytes(16), facts))
        lines = _lines(ledger, payment, grant)
        for line, (account_no, is_debit, amount) in enumerate(lines, start=1):
            change = changes[account_no]
            change[0] += 1
            change[1] += -amount if is_debit else amount
            postings.append((batch, place, line, account_no, is_debit, amount, *change))
    accounts = [(batch, account_no, *change) for account_no, change in sorted(changes.items())]
    counters = [(batch, person_id, points) for person_id, points in counted.items()]
    tables = {
        "drawn": drawn,
        "drawn_posting": postings,
        "drawn_account": accounts,
        "drawn_counter": counters,
    }
    for table, records in tables.items():
        await owner.copy_records_to_table(table, schema_name="bench", records=records)


def _lines(
    ledger: _Ledger, payment: Payment, grant: tuple[int, int]
) -> Iterable[tuple[int, bool, int]]:
    """Accounts that are all liabilities: a debit takes from their balance."""
    wallet, store, amount_yen = payment
    points, cashback_yen = grant
    name = ledger.filled.names.name
    wallet_id, merchant_id = name(WALLET, wallet), name(MERCHANT, store)
    yield ledger.account("coin", wallet_id), True, amount_yen
    yield ledger.account("payable", merchant_id), False, amount_yen
    yield ledger.account("budget", ledger.filled.campaign_id), True, points + cashback_yen
    yield ledger.account("points", wallet_id), False, points
    yield ledger.account("cashback", merchant_id), False, cashback_yen
