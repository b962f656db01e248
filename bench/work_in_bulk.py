"""Work that comes in bulk: the job that expires lots, and top-ups one after the other."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from time import perf_counter
from typing import Final

import asyncpg

from bench.fill import ADMIN
from bench.filled import Filled
from bench.names import WALLET
from core.database import Connection, Database
from core.ids import uuid7
from ledger.command import Receipt
from ledger.engine import Engine
from payments.prepare import prepare
from payments.top_up import CounterTopUp
from worker.expire import AT_ONCE, expire_lots

TOP_UP_YEN: Final = 100

_TABLES: Final = ("entry", "posting")


@dataclass(frozen=True, slots=True)
class Done:
    """What a bulk of commands left, and how long it took."""

    commands: int
    seconds: float
    rows: tuple[bytes, ...]
    """Its entries and its postings, as COPY takes them."""

    @property
    def per_second(self) -> float:
        """Commands."""
        return self.commands / self.seconds


@dataclass(frozen=True, slots=True)
class Bulk:
    """A database in which bulk work is done, and another one that is given the rows by COPY."""

    database: Database
    owner_url: str
    other_owner_url: str
    filled: Filled

    async def expire(self, wallets: range) -> Done:
        """Let the coin of these wallets be over since yesterday, and let the job expire it."""
        region = self.filled.region
        today = region.day_of((await self.database.clock()).now())
        names = [self.filled.names.name(WALLET, number) for number in wallets]
        owner = await asyncpg.connect(self.owner_url)
        try:
            await owner.execute(
                "UPDATE ledger.account SET expires_on = $3"
                " WHERE region_id = $1 AND holder_id = ANY ($2) AND kind = 'coin'",
                region.region_id,
                names,
                today - timedelta(days=1),
            )
        finally:
            await owner.close()
        before = await self._seq()
        started = perf_counter()
        done = await expire_lots(self.database, region, today, beat=lambda: None)
        seconds = perf_counter() - started
        assert done.expired == len(wallets), "every lot was over, and none had expired before"
        return Done(done.expired, seconds, await self._rows_after(before))

    async def top_up(self, wallets: range) -> Done:
        """Top these wallets up as a job would that has a list of them."""
        region_id = self.filled.region.region_id
        engine = Engine(self.database, region_id, prepare, largest_batch=AT_ONCE)
        before = await self._seq()
        engine.start()
        try:
            started = perf_counter()
            outcomes = await engine.submit_all(map(self._top_up, wallets))
            seconds = perf_counter() - started
        finally:
            await engine.stop()
        for outcome in outcomes:
            assert isinstance(outcome, Receipt), outcome
            outcome.accepted()
        return Done(len(wallets), seconds, await self._rows_after(before))

    async def copy(self, done: Done) -> float:
        """Give the other database the same rows by one COPY a table; commands' worth a second."""
        owner = await asyncpg.connect(self.other_owner_url)
        try:
            started = perf_counter()
            async with owner.transaction():
                for table, rows in zip(_TABLES, done.rows, strict=True):
                    await owner.copy_to_table(
                        table, schema_name="ledger", source=BytesIO(rows), format="binary"
                    )
            return done.commands / (perf_counter() - started)
        finally:
            await owner.close()

    def _top_up(self, number: int) -> CounterTopUp:
        return CounterTopUp(
            entry_id=uuid7(datetime.now(UTC)),
            actor=ADMIN,
            wallet_id=self.filled.names.name(WALLET, number),
            amount_yen=TOP_UP_YEN,
        )

    async def _seq(self) -> int:
        owner = await asyncpg.connect(self.owner_url)
        try:
            head = "SELECT seq FROM ledger.head WHERE region_id = $1"
            return int(await owner.fetchval(head, self.filled.region.region_id))
        finally:
            await owner.close()

    async def _rows_after(self, seq: int) -> tuple[bytes, ...]:
        owner = await asyncpg.connect(self.owner_url)
        try:
            return tuple([await self._rows_of(owner, table, seq) for table in _TABLES])
        finally:
            await owner.close()

    async def _rows_of(self, owner: Connection, table: str, seq: int) -> bytes:
        rows = BytesIO()
        columns = "" if table == "entry" else ", line"
        await owner.copy_from_query(
            f"SELECT * FROM ledger.{table} WHERE region_id = $1 AND seq > $2"  # noqa: S608
            f" ORDER BY seq{columns}",
            self.filled.region.region_id,
            seq,
            output=rows,
            format="binary",
        )
        return rows.getvalue()
