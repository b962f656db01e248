"""Deliver webhooks: write down what is to be told, and visit each endpoint that is to be told.

A visit is of one endpoint: a slow one holds up itself. Taken in one transaction, sent outside of
any, marked in another: whoever dies between lets it be sent twice, and it is never lost.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.public_addresses import PublicAddresses
from access.vault import SealBrokenError, Vault
from core.database import Database
from core.metrics import webhooks
from core.settings import Settings
from ledger.regions import Region, load_regions
from merchants.mark_webhook import mark_attempt
from merchants.queue_webhooks import CHUNK, queue_webhooks
from merchants.webhook_outbox import Load, Taken, endpoints_due, give_up_deliveries, take
from merchants.webhook_secret import unseal
from worker.carry_webhook import WebhookCarrier, webhook_client
from worker.job import TROUBLE, Job, tell
from worker.trips import Trips

log = logging.getLogger(__name__)

DELIVER_EVERY_S: Final = 1.0
MOST_VISITS: Final = 48
"""Endpoints that are told side by side; of one, at most `AT_ONCE` attempts."""
AT_ONCE: Final = 4
TAKEN_AT_ONCE: Final = 8
MOST_TURNS: Final = 25
"""Of one visit: then others may come first."""
LEASE: Final = timedelta(seconds=60)
"""Longer than the attempts of one turn take: what was taken is then free for somebody else."""
MOST_CHUNKS: Final = 20
GIVEN_UP_AT_ONCE: Final = 1000
CLOSE_WITHIN_S: Final = 12.0
DOORS: Final = 3
"""Transactions side by side, as many as connections: none waits for one in vain."""


@dataclass(slots=True)
class Deliverer:
    """The deliveries of one process; several do no harm: each is taken by one of them."""

    database: Database
    vault: Vault
    carrier: WebhookCarrier
    chunk: int = CHUNK
    """Events that one transaction reads."""
    job: Job = field(default_factory=lambda: Job("webhooks"))
    _visits: Trips[tuple[int, UUID]] = field(init=False)
    _doors: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DOORS))

    def __post_init__(self) -> None:
        self._visits = Trips(self.job)

    async def round(self) -> None:
        """Write down what is new, and set out for each endpoint that is due and not visited."""
        if monotonic() < self.job.not_before:
            return
        try:
            self._visits.collect()
            for region in (await load_regions(self.database)).values():
                await self._round_of(region)
        except TROUBLE as error:
            tell(self.job, error)
            return
        self.job.succeeded(date.min)

    async def finish(self) -> None:
        """Wait until those that are visited are told; raises what their visits raised."""
        await self._visits.finish()

    async def close(self) -> None:
        """The attempts at hand have some seconds; what is left is free after its lease."""
        await self._visits.close(CLOSE_WITHIN_S)

    async def _round_of(self, region: Region) -> None:
        region_id = region.region_id
        for _ in range(MOST_CHUNKS):
            async with self._transaction(region_id) as db:
                _, is_all = await queue_webhooks(db, region, chunk=self.chunk)
            if is_all:
                break
        busy = [endpoint_id for region_, endpoint_id in self._visits if region_ == region_id]
        async with self._transaction(region_id) as db:
            over = await give_up_deliveries(db, region_id, GIVEN_UP_AT_ONCE)
            due = await endpoints_due(db, region_id, busy, MOST_VISITS - len(self._visits))
        if over:
            webhooks.labels("given-up").inc(over)
        for endpoint_id in due:
            self._visits.set_out((region_id, endpoint_id), self._visit(region_id, endpoint_id))

    async def _visit(self, region_id: int, endpoint_id: UUID) -> None:
        """Tell one endpoint what is due, some at a time, as long as it takes it."""
        for _ in range(MOST_TURNS):
            async with self._transaction(region_id) as db:
                load = await take(db, region_id, endpoint_id, TAKEN_AT_ONCE, LEASE)
            if load is None or not load.deliveries:
                return
            keys = self._keys(load)
            places = asyncio.Semaphore(AT_ONCE)
            attempts = (self._tell(region_id, load, keys, each, places) for each in load.deliveries)
            told = await asyncio.gather(*attempts, return_exceptions=True)
            for each in told:
                if isinstance(each, BaseException):
                    raise each
            if any(each != "delivered" for each in told) or len(told) < TAKEN_AT_ONCE:
                return

    async def _tell(
        self, region_id: int, load: Load, keys: list[bytes], taken: Taken, places: asyncio.Semaphore
    ) -> str:
        async with places:
            said = await self.carrier.carry(load.url, keys, taken)
        async with self._transaction(region_id) as db:
            became = await mark_attempt(db, region_id, load.endpoint_id, taken, said)
        webhooks.labels(said.outcome).inc()
        if became != "delivered":
            log.info(
                "webhook %s to %s: %s, %s",
                taken.delivery_id, load.endpoint_id, said.outcome, became,
            )  # fmt: skip
        return became

    def _keys(self, load: Load) -> list[bytes]:
        """What signs. Of a secret that another vault sealed, as after a move, there is nothing."""
        keys = []
        for sealed in load.secrets:
            with suppress(SealBrokenError):
                keys.append(unseal(self.vault, load.endpoint_id, sealed))
        return keys

    @asynccontextmanager
    async def _transaction(self, region_id: int) -> AsyncIterator[AsyncSession]:
        async with self._doors, self.database.transaction(region_id) as db:
            yield db


@asynccontextmanager
async def deliverer_of(
    database: Database, vault: Vault, settings: Settings
) -> AsyncIterator[Deliverer]:
    """The deliverer of a deployment; in the end the attempts at hand are waited for."""
    addresses = PublicAddresses(allows_loopback=settings.webhooks_to_loopback)
    async with webhook_client() as client:
        made = Deliverer(database, vault, WebhookCarrier(client, addresses))
        try:
            yield made
        finally:
            await made.close()
            addresses.close()
