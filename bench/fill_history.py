"""Fill a region with past payments, by COPY: the rows that the engine would have left."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

import asyncpg

from bench.facts import PaymentFacts
from bench.filled import Filled
from bench.names import MERCHANT, PERSON, STORE, WALLET
from bench.pay_by_engine import draw_stores
from bench.scale import LARGEST_YEN, OPENING_YEN, SMALLEST_YEN
from core.database import Connection

_LONGEST: Final = timedelta(days=20)
"""Over so many days the ids are spread, if this month has as many yet."""
_AT_ONCE: Final = 50_000
_GRANTS_NOTHING_YEN: Final = 3
_ENTRY: Final = ("region_id", "entry_id", "seq", "at", "business_date", "kind", "actor",
                 "holder_id", "other_id", "amount", "fingerprint", "facts")  # fmt: skip
_POSTING: Final = ("region_id", "entry_id", "line", "seq", "account_no", "is_debit", "amount",
                   "version", "balance_after")  # fmt: skip

Row = tuple[Any, ...]
Move = tuple[str, UUID, int]
"""Kind and holder of an account, and by how much its balance changes."""


async def fill_history(owner_url: str, filled: Filled, payments: int) -> None:
    """Add `payments` to a region that `fill` has filled and that nobody has paid in yet.

    All stand in this month's partition, which is the hardest case: its indexes are the deepest.
    Each wallet pays equally often, and its last payment takes the points that are left: wallets
    stand as they did before but for less coin, and the next payment is the same work.
    """
    assert payments // filled.wallets * LARGEST_YEN < OPENING_YEN, "wallets can pay all of it"
    owner = await asyncpg.connect(owner_url)
    try:
        async with owner.transaction():
            await owner.execute(f"SET LOCAL meguri.region = '{filled.region.region_id}'")
            await _copy_history(owner, filled, payments)
    finally:
        await owner.close()


async def _copy_history(owner: Connection, filled: Filled, payments: int) -> None:
    history = _History(filled, await _accounts(owner, filled), await _head(owner, filled))
    drawn = iter(history.pay(payments))
    while chunk := list(islice(drawn, _AT_ONCE)):
        entries = [entry for entry, _ in chunk]
        postings = [posting for _, lines in chunk for posting in lines]
        for table, columns, rows in (
            ("entry", _ENTRY, entries),
            ("posting", _POSTING, postings),
        ):
            await owner.copy_records_to_table(
                table, schema_name="ledger", columns=columns, records=rows
            )
    await _leave(owner, filled, history)


async def _head(owner: Connection, filled: Filled) -> asyncpg.Record:
    row: asyncpg.Record | None = await owner.fetchrow(
        "SELECT seq, at FROM ledger.head WHERE region_id = $1", filled.region.region_id
    )
    assert row is not None, "the region is open"
    return row


async def _accounts(owner: Connection, filled: Filled) -> dict[tuple[str, UUID], list[int]]:
    """Number, version and balance of each account that payments touch, by kind and holder."""
    rows = await owner.fetch(
        "SELECT kind, holder_id, account_no, version, balance FROM ledger.account"
        " WHERE region_id = $1 AND kind IN ('coin', 'points', 'payable', 'cashback', 'budget')",
        filled.region.region_id,
    )
    return {(row[0], UUID(bytes=row[1].bytes)): [row[2], row[3], row[4]] for row in rows}


class _History:
    """The payments, and how the accounts stand after them."""

    def __init__(
        self, filled: Filled, accounts: dict[tuple[str, UUID], list[int]], head: asyncpg.Record
    ) -> None:
        self.accounts = accounts
        self.granted = [0] * filled.wallets
        self._filled = filled
        self.seq: int = head["seq"]
        self._at: datetime = head["at"]
        self._today = filled.region.day_of(self._at)
        self._chance = random.Random(1)
        self._facts = PaymentFacts(filled, self._today)

    def pay(self, payments: int) -> Iterator[tuple[Row, list[Row]]]:
        """Each payment's entry and postings, in order."""
        filled = self._filled
        first = max(self._at - _LONGEST, self._at.replace(day=1, hour=0, minute=0, second=0))
        pause = (self._at - first) / payments
        stores = draw_stores(filled.merchants, payments, self._chance)
        for number, store in enumerate(stores):
            moment = first + number * pause
            is_last = number + filled.wallets >= payments
            yield self._payment(moment, number % filled.wallets, store, is_last=is_last)

    def _payment(
        self, moment: datetime, wallet: int, store: int, *, is_last: bool
    ) -> tuple[Row, list[Row]]:
        filled, name = self._filled, self._filled.names.name
        wallet_id = name(WALLET, wallet)
        points_held = self.accounts["points", wallet_id][2]
        amount_yen = self._chance.randint(SMALLEST_YEN, LARGEST_YEN)
        if is_last:
            amount_yen = points_held or _GRANTS_NOTHING_YEN
        from_points = min(points_held, amount_yen)
        coin = amount_yen - from_points
        grant = self._facts.grant(coin)
        headroom = (self.accounts["budget", filled.campaign_id][2], self.granted[wallet])
        self.granted[wallet] += grant[0]
        used = [("points", from_points), ("coin", coin)]
        parts = [(self.accounts[kind, wallet_id][0], kind, part) for kind, part in used if part]
        self.seq += 1
        entry_id = _id(moment, self._chance)
        row = (filled.region.region_id, entry_id, self.seq, self._at, self._today, "payment")
        entry = (
            *row, f"resident:{name(PERSON, wallet)}", wallet_id, name(STORE, store), amount_yen,
            entry_id.bytes, self._facts.told(store, parts, grant, headroom),
        )  # fmt: skip
        moves = self._moves(wallet_id, name(MERCHANT, store), from_points, coin, grant)
        return entry, list(self._post(entry_id, moves))

    def _moves(
        self, wallet_id: UUID, merchant_id: UUID, points: int, coin: int, grant: tuple[int, int]
    ) -> Iterator[Move]:
        """In the order of payments/pay.py. All are liabilities: a debit takes from the balance."""
        yield "points", wallet_id, -points
        yield "coin", wallet_id, -coin
        yield "payable", merchant_id, points + coin
        yield "budget", self._filled.campaign_id, -sum(grant)
        yield "points", wallet_id, grant[0]
        yield "cashback", merchant_id, grant[1]

    def _post(self, entry_id: UUID, moves: Iterator[Move]) -> Iterator[Row]:
        line = 0
        for kind, holder_id, change in moves:
            if change == 0:
                continue
            line += 1
            account = self.accounts[kind, holder_id]
            account[1] += 1
            account[2] += change
            row = (self._filled.region.region_id, entry_id, line, self.seq, account[0])
            yield (*row, change < 0, abs(change), account[1], account[2])


def _id(moment: datetime, chance: random.Random) -> UUID:
    """A UUIDv7 of that moment; quicker than core/ids.py, which asks the system for chance."""
    milliseconds = int(moment.timestamp() * 1000)
    bits = milliseconds << 80 | 7 << 76 | chance.getrandbits(12) << 64
    return UUID(int=bits | 2 << 62 | chance.getrandbits(62))


async def _leave(owner: Connection, filled: Filled, history: _History) -> None:
    """Let accounts, counters and head stand as after the last payment."""
    region_id = filled.region.region_id
    accounts = [[region_id, *account] for account in history.accounts.values()]
    granted = [
        (filled.names.name(PERSON, wallet), points) for wallet, points in enumerate(history.granted)
    ]
    await owner.execute(
        "CREATE TEMPORARY TABLE stands (region_id integer, account_no bigint, version bigint,"
        " balance bigint) ON COMMIT DROP;"
        "CREATE TEMPORARY TABLE granted (person_id uuid, points bigint) ON COMMIT DROP"
    )
    await owner.copy_records_to_table("stands", records=accounts)
    await owner.copy_records_to_table("granted", records=granted)
    await owner.execute(_LEAVE_ACCOUNTS)
    await owner.execute(_LEAVE_COUNTERS, region_id)
    await owner.execute(
        "UPDATE ledger.head SET seq = $2 WHERE region_id = $1", region_id, history.seq
    )


_LEAVE_ACCOUNTS: Final = """
    UPDATE ledger.account a SET version = s.version, balance = s.balance
      FROM stands s WHERE a.region_id = s.region_id AND a.account_no = s.account_no
"""
_LEAVE_COUNTERS: Final = """
    UPDATE ledger.counter c SET value = g.points
      FROM granted g
     WHERE c.region_id = $1 AND c.subject_id = g.person_id
       AND c.name IN ('rebate.month', 'rebate.campaign')
"""
