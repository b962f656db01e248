"""The verbs in bulk: an engine of our own beside the server's, for what no server is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from core.database import Database
from ledger.engine import Engine
from payments.pay import Pay
from payments.prepare import prepare
from payments.top_up import CounterTopUp
from residents.wallet import OpenWallet

ACTOR: Final = "job:settle-in"


@dataclass(frozen=True, slots=True)
class Bulk:
    """The verbs that settling in and the days before need, in one region."""

    engine: Engine

    async def open_wallet(self, wallet_id: UUID, person_id: UUID) -> None:
        """Open a person's wallet; raises the Problem that refuses it."""
        command = OpenWallet(entry_id=wallet_id, actor=f"resident:{person_id}", person_id=person_id)
        (await self.engine.submit(command)).accepted()

    async def top_up(self, top_up_id: UUID, wallet_id: UUID, amount_yen: int) -> None:
        """Put paid value, in yen, into a wallet; raises the Problem that refuses it."""
        command = CounterTopUp(
            entry_id=top_up_id, actor=ACTOR, wallet_id=wallet_id, amount_yen=amount_yen
        )
        (await self.engine.submit(command)).accepted()

    async def pay(
        self, payment_id: UUID, person_id: UUID, wallet_id: UUID, store_id: UUID, amount_yen: int
    ) -> None:
        """Pay so many yen from a person's wallet in a store; raises the Problem that refuses it."""
        command = Pay(
            entry_id=payment_id, actor=f"resident:{person_id}", person_id=person_id,
            wallet_id=wallet_id, store_id=store_id, amount_yen=amount_yen,
        )  # fmt: skip
        (await self.engine.submit(command)).accepted()


@asynccontextmanager
async def bulk(database: Database, region_id: int) -> AsyncIterator[Bulk]:
    """The verbs of one region, until the block ends. The server's engine may work meanwhile."""
    engine = Engine(database, region_id, prepare)
    engine.start()
    try:
        yield Bulk(engine)
    finally:
        await engine.stop()
