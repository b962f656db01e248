"""The webhooks of a furnished region: an endpoint of the shop, and what it is told."""

from typing import Any

from access.vault import Vault
from merchants.queue_webhooks import queue_webhooks
from merchants.webhook_endpoints import Wanted, make_endpoint
from tests.merchant_rows import DOER
from tests.town_builder import Store, Town, new_id

NOWHERE = "http://127.0.0.1:9/webhooks"
"""This machine, where nobody listens."""
VAULT = Vault(b"v" * 32)


async def furnish_webhooks(town: Town, store: Store) -> dict[str, Any]:
    """What really has each name."""
    region_id, endpoint_id = town.region.region_id, new_id()
    wanted = Wanted(NOWHERE, "POS", frozenset({"payment.made"}), None)
    async with town.database.transaction(region_id) as db:
        await make_endpoint(db, region_id, endpoint_id, store.merchant_id, wanted, VAULT, DOER)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 100)
    await town.pay(wallet, store, 100)
    async with town.database.transaction(region_id) as db:
        await queue_webhooks(db, town.region)
    [row] = await town.rows("SELECT delivery_id FROM merchants.webhook_delivery")
    return {
        "endpoint_id": endpoint_id,
        "delivery_id": row.delivery_id,
        "webhook-endpoints url": NOWHERE,
    }
