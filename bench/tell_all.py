"""Tell all that waits in the outbox, or post as often with nothing around it: what it took.

A process of its own: `python -m bench.tell_all` reads a `Telling` as JSON from its input and writes
a `Told` to its output.
"""

import asyncio
import os
import sys
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Final
from zoneinfo import ZoneInfo

import httpx
import orjson
import uvloop
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from access.outside import read_rest
from access.public_addresses import PublicAddresses
from bench.processes import Served
from core.database import SENDER_ROLE, Database
from core.garbage import collect_seldom
from ledger.regions import Region, load_regions
from notifications.vapid import Vapid
from worker.carry_web_push import CONNECTIONS, WebPushCarrier
from worker.tell_notices import DOORS, Teller

_WAITING: Final = text(
    "SELECT count(*) FROM notifications.outbox WHERE region_id = :region AND state = 'waiting'"
)
_BODY: Final = bytes(153)
_HEADERS: Final = {
    "Authorization": f"vapid t={'t' * 235}, k={'k' * 87}",
    "Content-Encoding": "aes128gcm",
    "Content-Type": "application/octet-stream",
    "TTL": "259200",
    "Urgency": "normal",
}
"""Both are as long as those of a push."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What to do: posts to `port`, or all that waits in the database."""

    port: int
    posts: int = 0
    database_url: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What it took."""

    seconds: float
    growth_mb: float


async def tell_all(telling: Telling) -> Told:
    """Until nothing waits any more; how much more memory it took than before."""
    work = _post(telling) if telling.posts else _tell(telling)
    before, begun = _peak_mb(), perf_counter()
    await work
    return Told(perf_counter() - begun, _peak_mb() - before)


async def _tell(telling: Telling) -> None:
    database = Database(telling.database_url, pool_size=DOORS + 1)
    addresses = PublicAddresses(allows_loopback=True)
    vapid = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:bench@example.jp")
    carrier = WebPushCarrier(vapid, addresses)
    teller = Teller(database, {"web_push": carrier})
    try:
        region = _at_noon((await load_regions(database))[telling.region])
        waiting = 1
        while waiting:
            await teller.round_of(region)
            await asyncio.sleep(0.2)
            async with database.snapshot(region.region_id, as_role=SENDER_ROLE) as db:
                waiting = (await db.execute(_WAITING, {"region": region.region_id})).scalar_one()
        await teller.finish()
    finally:
        await carrier.close()
        addresses.close()
        await database.close()


def _at_noon(region: Region) -> Region:
    """In a zone where it is day: a run at night would wait for the morning."""
    hours = 12 - datetime.now(UTC).hour
    return replace(region, zone=ZoneInfo(f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"))


async def _post(telling: Telling) -> None:
    """Over as many connections as the sender has, each of which is kept."""
    numbers = iter(range(telling.posts))

    async def go_on() -> None:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(limits=limits, trust_env=False, timeout=30) as client:
            for number in numbers:
                url = f"http://127.0.0.1:{telling.port}/{number}"
                async with client.stream("POST", url, content=_BODY, headers=_HEADERS) as answer:
                    await read_rest(answer)

    async with asyncio.TaskGroup() as posting:
        for _ in range(CONNECTIONS):
            posting.create_task(go_on())


def _peak_mb() -> float:
    return Served(0, os.getpid()).peak_mb()


if __name__ == "__main__":
    collect_seldom()
    said = Telling(**orjson.loads(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(orjson.dumps(asdict(uvloop.run(tell_all(said)))))
