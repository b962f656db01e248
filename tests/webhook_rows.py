"""Rows about webhooks: an endpoint, a ping that it got, and the attempt that brought it."""

from datetime import UTC, datetime
from uuid import UUID

from access.acts import Doer
from access.vault import Vault
from core.database import Database
from merchants.mark_webhook import Answered, mark_attempt
from merchants.webhook_deliveries import ping
from merchants.webhook_endpoints import Wanted, Whose, make_endpoint
from merchants.webhook_outbox import Taken
from tests.town_builder import new_id


async def keep_webhook(database: Database, region_id: int, merchant_id: UUID, doer: Doer) -> None:
    """One of each, as if it had been sent."""
    endpoint_id, delivery_id, now = new_id(), new_id(), datetime.now(UTC)
    wanted = Wanted("https://shop.example/", "POS", frozenset({"payment.made"}), None)
    taken = Taken(delivery_id, "{}", 1, 1, now)
    async with database.transaction(region_id) as db:
        whose = Whose(merchant_id, None)
        vault = Vault(b"v" * 32)
        await make_endpoint(db, region_id, endpoint_id, merchant_id, wanted, vault, doer)
        await ping(db, region_id, whose, endpoint_id, delivery_id, now.isoformat(), doer)
        await mark_attempt(db, region_id, endpoint_id, taken, Answered("ok", 200, None, now, 85))
