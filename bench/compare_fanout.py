"""fanout_vs_post: notices to every browser of a town, over bare posts to the same push service."""

import asyncio
from dataclasses import asdict
from statistics import median
from typing import Any, Final

import asyncpg
import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.fake_push import GONE, OF
from bench.figures import Figure, Ratio, Result
from bench.processes import generate, run_once, serving
from bench.scale import Scale
from bench.send_requests import Outcome
from bench.serve_api import PAY, Loads, all_created, serving_api
from bench.sides import Sides, judge
from bench.tell_all import Telling
from core.database import Connection

RATE: Final = "fanout_vs_post"
WAITS: Final = "fanout_p99"
MEMORY: Final = "fanout_memory"
NAMES: Final = (RATE, WAITS, MEMORY)
_DATABASE: Final = "fanout"
_PER_SECOND: Final = 20
_CONNECTIONS: Final = 32
"""Each is used more often than a server closes those that nobody uses (5 s)."""
_MOST_S: Final = 3_600

_FILL: Final = """
    WITH made AS (
        INSERT INTO residents.person (region_id, person_id)
        SELECT $1, gen_random_uuid() FROM generate_series(1, $2) RETURNING person_id),
    numbered AS (SELECT person_id, row_number() OVER () - 1 AS number FROM made),
    agreed AS (
        INSERT INTO residents.consent (region_id, consent_id, person_id, purpose, is_given)
        SELECT $1, gen_random_uuid(), person_id, 'news_of_city', true FROM numbered),
    reached AS (
        INSERT INTO notifications.address
               (region_id, address_id, person_id, channel, address, p256dh, auth)
        SELECT $1, gen_random_uuid(), person_id, 'web_push', $3 || number, $4, $5 FROM numbered),
    said AS (
        INSERT INTO notifications.message (region_id, message_id, kind, audience, texts, why,
                                           consents, made_at, expires_at)
        VALUES ($1, $6, 'public_service', 'segment', '{"ja": {}, "ja_plain": {}, "en": {}}', '{}',
                '{news_of_city}', ledger.now(), ledger.now() + interval '3 days'))
    INSERT INTO notifications.outbox
           (region_id, item_id, kind, message_id, person_id, channel, expires_at)
    SELECT $1, $6, 'public_service', $6, person_id, 'inbox', ledger.now() + interval '3 days'
      FROM numbered"""


async def compare_fanout(sides: Sides, scale: Scale, result: Result) -> None:
    """Post bare, then tell all while payments go on, and ask the service what it took."""
    loads, region = Loads(sides, scale, _DATABASE), sides.filled.region
    async with (
        sides.copy(_DATABASE),
        serving_api(loads) as api,
        serving("bench.fake_push", "PORT") as bare,
        serving("bench.fake_push", "PORT") as push,
    ):

        async def pay(seconds: float) -> Outcome:
            paying = loads.load(api.port, PAY, _CONNECTIONS, seconds, per_second=_PER_SECOND)
            return all_created(await generate(paying))

        posts = max(300, scale.notices // 10)
        posted = await _run(Telling(bare.port, posts))
        await pay(scale.seconds)
        quiet = await pay(scale.seconds * 4)
        url = sides.ground.server.owner_url(_DATABASE)
        await _fill(url, region.region_id, scale.notices, push.port)
        wanted = Telling(push.port, 0, sides.ground.server.app_url(_DATABASE), region.code)
        telling = asyncio.create_task(_run(wanted))
        busy = [await pay(scale.seconds * 4)]
        while not telling.done():
            busy.append(await pay(scale.seconds * 4))
        told = await telling
        took = await _took(push.port)
        await _check(url, scale.notices, took, result)
        await judge(sides.ground, _DATABASE, sides.filled, result)
    sent, bare_rate = scale.notices / told["seconds"], posts / posted["seconds"]
    waits = median(each.p99_ms for each in busy[:-1] or busy)
    result.figures += [
        Figure("bare posts to a push service", 1, (bare_rate,)),
        Figure("notices by Web Push", 1, (sent,), f"1 in {OF} is gone, 1 in {OF} fails at first"),
    ]
    result.ratios += [
        Ratio(
            RATE, sent / bare_rate, 0.5,
            "notices a second, from the matcher's row to the push service's answer, over bare posts"
            " by the same client",
            "each is put into an inbox, taken, encrypted and marked",
        ),
        Ratio(
            WAITS, waits / quiet.p99_ms, 1.5,
            f"all but 1 % of payments, {_PER_SECOND} a second, wait no longer while notices go out,"
            " over the same before",
            "cores shared with the sender and the push service",
            is_ceiling=True,
        ),
        Ratio(
            MEMORY, told["growth_mb"], 100,
            f"how much the sender grew over {scale.notices:,} notices",
            "two hundred deliveries at a time, and their connections",
            is_ceiling=True, unit="MB",
        ),
    ]  # fmt: skip


async def _run(telling: Telling) -> dict[str, Any]:
    return await run_once("bench.tell_all", asdict(telling), _MOST_S)


async def _fill(url: str, region_id: int, many: int, port: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    public = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    connection = await _owner(url)
    try:
        await connection.execute(
            _FILL, region_id, many, f"http://127.0.0.1:{port}/", public, bytes(16),
            await connection.fetchval("SELECT gen_random_uuid()"), timeout=600,
        )  # fmt: skip
        await connection.execute("ANALYZE notifications.outbox, notifications.address")
    finally:
        await connection.close()


async def _owner(url: str) -> Connection:
    return await asyncpg.connect(url, server_settings={"role": "meguri_owner"})


async def _took(port: int) -> dict[str, int]:
    async with httpx.AsyncClient(trust_env=False) as client:
        told: dict[str, int] = (await client.get(f"http://127.0.0.1:{port}/")).json()
        return told


async def _check(url: str, many: int, took: dict[str, int], result: Result) -> None:
    """Each address that there is was told once, and nothing waits."""
    there = sum(1 for number in range(many) if number % OF != GONE)
    if took != {"took": there, "twice": 0}:
        result.broken.append(f"of {there} browsers {took['took']} were told, {took['twice']} twice")
    connection = await _owner(url)
    try:
        rows = await connection.fetch(
            "SELECT channel, state, count(*) FROM notifications.outbox GROUP BY 1, 2 ORDER BY 1, 2"
        )
    finally:
        await connection.close()
    became = {(row[0], row[1]): row[2] for row in rows}
    wanted = {
        ("inbox", "sent"): many, ("web_push", "sent"): there, ("web_push", "dropped"): many - there,
    }  # fmt: skip
    if became != wanted:
        result.broken.append(f"the outbox came to {became}")
