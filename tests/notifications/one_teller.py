"""A worker's teller in a process of its own, which goes on until it is killed.

Its argument is a database's URL; of Web Push it speaks to this machine alone.
"""

import asyncio
import sys

from cryptography.hazmat.primitives.asymmetric import ec

from access.public_addresses import PublicAddresses
from core.database import Database
from notifications.vapid import Vapid
from worker.carry_web_push import WebPushCarrier
from worker.tell_notices import Teller


async def tell(url: str) -> None:
    """Round after round."""
    addresses = PublicAddresses(allows_loopback=True)
    vapid = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:ops@example.jp")
    teller = Teller(Database(url), {"web_push": WebPushCarrier(vapid, addresses)})
    while True:
        await teller.round()
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(tell(sys.argv[1]))
