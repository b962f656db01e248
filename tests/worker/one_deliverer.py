"""A worker's deliverer in a process of its own, that dies where it is told to.

Its arguments are a database's URL and an order for a failpoint. It makes one round, to its end.
"""

import asyncio
import sys

from access.public_addresses import PublicAddresses
from core.database import Database
from core.failpoints import arm
from tests.worker.webhook_town import VAULT
from worker.carry_webhook import WebhookCarrier, webhook_client
from worker.deliver_webhooks import Deliverer


async def deliver(url: str) -> None:
    """One round."""
    async with webhook_client() as client:
        addresses = PublicAddresses(allows_loopback=True)
        database = Database(url)
        deliverer = Deliverer(database, VAULT, WebhookCarrier(client, addresses))
        await deliverer.round()
        await deliverer.finish()
        await database.close()


if __name__ == "__main__":
    arm(sys.argv[2], is_demo=True)
    asyncio.run(deliver(sys.argv[1]))
