"""*_unknown_vs_*: whether the time of an answer tells who is known here.

Three cases take turns, request by request: somebody known, somebody unknown, and once more somebody
unknown. How far the medians of the last two happen to be apart shows what chance does.
"""

import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from statistics import median, quantiles
from time import perf_counter
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from access.passwords import hash_password
from bench.figures import Figure, Ratio, Result
from bench.scale import Scale
from bench.serve_api import Loads, serving_api
from bench.sides import Sides, judge
from core.database import Database, bare

CODES: Final = "codes_unknown_vs_known"
DEVICES: Final = "devices_unknown_vs_wrong"
PASSWORDS: Final = "passwords_unknown_vs_wrong"
NAMES: Final = (CODES, DEVICES, PASSWORDS)
TARGET: Final = 1.0
RESAMPLES: Final = 400
NETWORKS: Final = 60
"""Loopback has many addresses; so no quota of one address or network is in the way."""

_DATABASE: Final = "refusals"
_KNOW: Final = """
    INSERT INTO residents.person (region_id, person_id, phone)
    SELECT $1, id, phone FROM unnest($2::uuid[], $3::text[]) AS t (id, phone)
"""
_GIVE: Final = """
    INSERT INTO access.device (region_id, device_id, subject_id, face, kind, public_key, name)
    SELECT $1, id, subject, 'resident', 'key', key, 'phone'
      FROM unnest($2::uuid[], $3::uuid[], $4::bytea[]) AS t (id, subject, key)
"""

_EMPLOY: Final = """
    INSERT INTO access.login (region_id, login_id, email, email_key, name, password_hash)
    SELECT $1, id, email, email, 'somebody', $4 FROM unnest($2::uuid[], $3::text[]) AS t (id, email)
"""

Ask = Callable[[httpx.AsyncClient, bool], Awaitable[float]]
"""Asks once, of somebody known or not, and says how many milliseconds the answer took."""


@dataclass(frozen=True, slots=True)
class _Waits:
    """Milliseconds of each answer."""

    known: list[float]
    unknown: list[float]
    unknown_again: list[float]

    def apart_ms(self) -> float:
        """How far the known are from the unknown."""
        return abs(median(self.known) - median(self.unknown + self.unknown_again))

    def by_chance_ms(self) -> float:
        """How far two halves of the unknown are apart in 99 of 100 divisions of them."""
        pool, rng = self.unknown + self.unknown_again, random.Random(1)
        seen = []
        for _ in range(RESAMPLES):
            rng.shuffle(pool)
            half = len(pool) // 2
            seen.append(abs(median(pool[:half]) - median(pool[half:])))
        return quantiles(seen, n=100)[98]


async def compare_refusals(sides: Sides, scale: Scale, result: Result) -> None:
    """Measure both questions that anybody may ask about somebody."""
    async with sides.copy(_DATABASE):
        loads = Loads(sides, scale, _DATABASE)
        loads.settings |= {"sms_codes_per_day": "1000000"}
        region = sides.filled.region
        known = await _know(sides, scale.tries)
        async with serving_api(loads) as api, _clients(api.port) as clients:
            path = f"/v1/regions/{region.code}/sign-in"
            codes = await _take_turns(clients, _asking_for_codes(path, known.phones), scale.tries)
            signs = await _take_turns(clients, _signing_in(path, known.devices), scale.tries)
            passwords = await _take_turns(clients, _guessing(path, known.emails), scale.tries)
        await judge(sides.ground, _DATABASE, sides.filled, result)
    for name, waits, asked in (
        (CODES, codes, "asked for a code by SMS: a known number over an unknown one"),
        (DEVICES, signs, "a wrong signature of a known device over one of an unknown device"),
        (PASSWORDS, passwords, "a wrong password of a known e-mail over one of an unknown e-mail"),
    ):
        result.figures.append(_figure(name, waits))
        result.ratios.append(
            Ratio(
                name,
                waits.apart_ms() / waits.by_chance_ms(),
                TARGET,
                f"{asked}: how far the medians of {scale.tries:,} waits each are apart, over how "
                "far the same question is from itself in 99 of 100 cases",
                "both do the same work; what is left is chance",
                is_ceiling=True,
            )
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """Who is known here: numbers and devices of residents, e-mails of staff."""

    phones: list[str]
    devices: list[UUID]
    emails: list[str]


async def _know(sides: Sides, tries: int) -> _Known:
    region_id = sides.filled.region.region_id
    people, devices = [uuid4() for _ in range(tries)], [uuid4() for _ in range(tries)]
    phones = [_phone("090", number) for number in range(tries)]
    keys = [_public_key() for _ in range(tries)]
    emails = [_email("known", number) for number in range(tries)]
    hashed = await hash_password("the same for all of them")
    database = Database(sides.ground.server.app_url(_DATABASE))
    try:
        async with database.transaction(region_id) as db:
            connection = await bare(db)
            await connection.execute(_KNOW, region_id, people, phones)
            await connection.execute(_GIVE, region_id, devices, people, keys)
            await connection.execute(_EMPLOY, region_id, people, emails, hashed)
    finally:
        await database.close()
    return _Known(phones, devices, emails)


def _asking_for_codes(path: str, phones: list[str]) -> Ask:
    known, unknown = iter(phones), (_phone("080", number) for number in cycle(range(10**8)))

    async def ask(client: httpx.AsyncClient, is_known: bool) -> float:
        body = {"phone": next(known if is_known else unknown)}
        return await _timed(client, f"{path}/codes", body, 200)

    return ask


def _signing_in(path: str, devices: list[UUID]) -> Ask:
    known = iter(devices)

    async def ask(client: httpx.AsyncClient, is_known: bool) -> float:
        asked = (await client.post(f"{path}/devices/challenges", json={})).json()
        body = {
            "device_id": str(next(known) if is_known else uuid4()),
            "challenge_id": asked["challenge_id"],
            "nonce": asked["nonce"],
            "signature": secrets.token_urlsafe(64),
        }
        return await _timed(client, f"{path}/devices", body, 401)

    return ask


def _guessing(path: str, emails: list[str]) -> Ask:
    known, unknown = iter(emails), (_email("unknown", number) for number in cycle(range(10**8)))

    async def ask(client: httpx.AsyncClient, is_known: bool) -> float:
        body = {"email": next(known if is_known else unknown), "password": "a wrong one for all"}
        return await _timed(client, f"{path}/passwords", body, 200)

    return ask


async def _take_turns(clients: list[httpx.AsyncClient], ask: Ask, tries: int) -> _Waits:
    waits, rng = _Waits([], [], []), random.Random(2)
    taken = cycle(clients)
    for _ in range(tries):
        turns = [(waits.known, True), (waits.unknown, False), (waits.unknown_again, False)]
        rng.shuffle(turns)
        for kept, is_known in turns:
            kept.append(await ask(next(taken), is_known))
    return waits


async def _timed(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], expected: int
) -> float:
    began = perf_counter()
    answer = await client.post(path, json=body)
    took = perf_counter() - began
    assert answer.status_code == expected, answer.text
    return took * 1000


@asynccontextmanager
async def _clients(port: int) -> AsyncIterator[list[httpx.AsyncClient]]:
    """One client from each of many networks."""
    clients = [
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            transport=httpx.AsyncHTTPTransport(local_address=f"127.0.{number}.1"),
            timeout=30,
        )
        for number in range(1, NETWORKS + 1)
    ]
    try:
        yield clients
    finally:
        for client in clients:
            await client.aclose()


def _figure(name: str, waits: _Waits) -> Figure:
    every = waits.known + waits.unknown + waits.unknown_again
    return Figure(
        f"answers one after the other, {name}",
        1,
        (1000 * len(every) / sum(every),),
        f"medians {median(waits.known):.3f} ms known, {median(waits.unknown):.3f} and "
        f"{median(waits.unknown_again):.3f} ms unknown",
    )


def _phone(begins: str, number: int) -> str:
    return f"+81{begins[1:]}{10_000_000 + number:08d}"


def _email(begins: str, number: int) -> str:
    return f"{begins}-{number}@example.jp"


def _public_key() -> bytes:
    key = generate_private_key(SECP256R1()).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
