"""Pay by statements over sets, 100 payments a transaction, driven by pgbench, nothing decided."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from itertools import cycle, islice
from typing import Any, Final

import asyncpg
import orjson

from bench.fill import CLASS
from bench.filled import Filled
from bench.ground import Ground
from bench.names import MERCHANT, PERSON, STORE, WALLET
from bench.pay_by_engine import draw_stores
from bench.pgbench import Script, run_pgbench
from bench.scale import BUDGET_YEN, LARGEST_YEN, SMALLEST_YEN
from campaigns.terms import terms_hash
from core.database import Connection
from core.months import end_of_month_after

BATCH: Final = 100
"""Payments in a transaction."""

_SQL: Final = files("bench") / "sql"
_ACCOUNTS: Final = """
    SELECT holder_id, kind, account_no, expires_on FROM ledger.account
     WHERE region_id = $1 AND kind IN ('coin', 'points', 'payable', 'cashback', 'budget')
"""

Payment = tuple[int, int, int]
"""Numbers of wallet and store, and the amount in yen."""


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What a drawn payment must know of the ledger: numbers of accounts, the day of the coin."""

    filled: Filled
    accounts: dict[tuple[str, str], int]
    coin_until: date
    today: date

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
        [coin_until] = {row["expires_on"] for row in rows if row["kind"] == "coin"}
        today = filled.region.day_of(await owner.fetchval("SELECT now()"))
        ledger = _Ledger(filled, accounts, coin_until, today)
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
        points, cashback_yen = _grant(ledger.filled, amount_yen)
        person_id = name(PERSON, wallet)
        counted[person_id] += points
        facts = _facts(ledger, payment, points, cashback_yen)
        row = (batch, place, f"resident:{person_id}", person_id, name(WALLET, wallet))
        drawn.append((*row, name(STORE, store), amount_yen, points, bytes(16), facts))
        lines = _lines(ledger, payment, points, cashback_yen)
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


def _grant(filled: Filled, amount_yen: int) -> tuple[int, int]:
    """Points and cashback of a payment from coin that no cap cuts."""
    rebate_bp = getattr(filled.terms.rebate.rates_bp, CLASS)
    cashback_bp = getattr(filled.terms.cashback.rates_bp, CLASS)
    return amount_yen * rebate_bp // 10_000, amount_yen * cashback_bp // 10_000


def _lines(
    ledger: _Ledger, payment: Payment, points: int, cashback_yen: int
) -> Iterable[tuple[int, bool, int]]:
    """Accounts that are all liabilities: a debit takes from their balance."""
    wallet, store, amount_yen = payment
    name = ledger.filled.names.name
    wallet_id, merchant_id = name(WALLET, wallet), name(MERCHANT, store)
    yield ledger.account("coin", wallet_id), True, amount_yen
    yield ledger.account("payable", merchant_id), False, amount_yen
    yield ledger.account("budget", ledger.filled.campaign_id), True, points + cashback_yen
    yield ledger.account("points", wallet_id), False, points
    yield ledger.account("cashback", merchant_id), False, cashback_yen


def _facts(ledger: _Ledger, payment: Payment, points: int, cashback_yen: int) -> str:
    """What payments/pay.py leaves in an entry."""
    wallet, store, amount_yen = payment
    filled = ledger.filled
    terms, caps = filled.terms, filled.terms.caps
    points_until = end_of_month_after(ledger.today, terms.points_expire_months)
    headroom = [BUDGET_YEN, None, caps.per_person_month_points, caps.per_person_campaign_points]
    reasons = [
        ["rate-applied", getattr(terms.rebate.rates_bp, CLASS)],
        ["cashback-rate-applied", getattr(terms.cashback.rates_bp, CLASS)],
    ]
    part = {
        "lot": ledger.account("coin", filled.names.name(WALLET, wallet)),
        "kind": "coin",
        "amount": amount_yen,
        "expires_on": ledger.coin_until.isoformat(),
    }
    grant = {
        "campaign_id": str(filled.campaign_id),
        "hash": terms_hash(terms).hex(),
        "rebate_points": points,
        "cashback_yen": cashback_yen,
        "headroom": headroom,
        "reasons": reasons,
        "name": terms.name,
        "points_expire_on": points_until.isoformat(),
    }
    facts = {
        "store_name": f"Store {store}",
        "paid_with": [part],
        "merchant_class": CLASS,
        "grants": [grant],
        "points_settled": 0,
    }
    return orjson.dumps(facts).decode()
