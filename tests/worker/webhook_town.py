"""Shops whose webhooks are delivered, for tests: endpoints, sales, and what became of each."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from access.acts import Doer
from access.public_addresses import PublicAddresses
from access.vault import Vault
from core.database import Database
from merchants.change_webhook_endpoint import turn_endpoint
from merchants.webhook_endpoints import Wanted, Whose, make_endpoint
from merchants.webhook_types import TOLD
from tests.merchant_rows import DOER
from tests.town_builder import Store, Town, new_id
from worker.carry_webhook import WebhookCarrier, webhook_client
from worker.deliver_webhooks import Deliverer

VAULT = Vault(b"v" * 32)
ALL = frozenset(called for called, _ in TOLD.values())


class deliverer_at:  # noqa: N801  read as a function
    """A deliverer on a database, with a second for each attempt."""

    def __init__(self, database: Database, chunk: int = 500) -> None:
        self.database = database
        self.chunk = chunk
        self.client = webhook_client()

    async def __aenter__(self) -> Deliverer:
        addresses = PublicAddresses(allows_loopback=True)
        self.made = Deliverer(
            self.database, VAULT, WebhookCarrier(self.client, addresses, deadline_s=1), self.chunk
        )
        return self.made

    async def __aexit__(self, *_: object) -> None:
        await self.made.close()
        await self.client.aclose()


async def run(town: Town, statement: str, **said: Any) -> None:
    async with town.database.transaction(town.region.region_id) as db:
        await db.execute(text(statement), said)


async def endpoint(
    town: Town,
    store: Store,
    url: str,
    types: frozenset[str] = ALL,
    stores: frozenset[UUID] | None = None,
) -> tuple[UUID, str]:
    """An endpoint of the store's merchant, and its secret."""
    endpoint_id, wanted = new_id(), Wanted(url, "test", types, stores)
    region_id = town.region.region_id
    async with town.database.transaction(region_id) as db:
        _, secret = await make_endpoint(
            db, region_id, endpoint_id, store.merchant_id, wanted, VAULT, DOER
        )
    assert secret is not None
    return endpoint_id, secret


async def rounds(deliverer: Deliverer) -> None:
    """Two rounds, each to its end."""
    for _ in range(2):
        await deliverer.round()
        await deliverer.finish()


async def of(town: Town, endpoint_id: UUID) -> Any:
    """An endpoint's row."""
    [row] = await town.rows(
        f"SELECT * FROM merchants.webhook_endpoint WHERE endpoint_id = '{endpoint_id}'"
    )
    return row


async def deliveries(town: Town, endpoint_id: UUID) -> list[Any]:
    """What an endpoint is told, in order."""
    return await town.rows(
        "SELECT d.*, extract(epoch FROM not_before - clock_timestamp())::float AS in_s,"
        " extract(epoch FROM expires_at - clock_timestamp())::float AS left_s"
        f" FROM merchants.webhook_delivery d WHERE endpoint_id = '{endpoint_id}' ORDER BY seq"
    )


async def attempts(town: Town, endpoint_id: UUID) -> list[str]:
    """What the attempts came to, in order."""
    rows = await town.rows(
        "SELECT outcome FROM merchants.webhook_attempt JOIN merchants.webhook_delivery"
        f" USING (region_id, delivery_id) WHERE endpoint_id = '{endpoint_id}' ORDER BY at, attempt"
    )
    return [row.outcome for row in rows]


async def due_now(town: Town) -> None:
    await run(town, "UPDATE merchants.webhook_delivery SET not_before = clock_timestamp()")
    await run(town, "UPDATE merchants.webhook_endpoint SET rests_until = NULL")


async def sold(town: Town, store: Store, many: int = 1) -> list[UUID]:
    """So many payments of ¥10 at a store."""
    wallet = await town.open_wallet()
    await town.top_up(wallet, 10 * many)
    paid = [await town.pay(wallet, store, 10) for _ in range(many)]
    return [each.entry_id for each in paid]


async def turn(town: Town, store: Store, endpoint_id: UUID, state: Any) -> None:
    region_id, doer = town.region.region_id, Doer(store.staff_id, store.actor, "owner")
    async with town.database.transaction(region_id) as db:
        await turn_endpoint(db, region_id, Whose(store.merchant_id, None), endpoint_id, state, doer)
