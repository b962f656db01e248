"""A town with a history of every kind of entry, sealed in small blocks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import text

from core.database import Database
from seals.keys import SealKeys, new_seal_keys
from seals.seal import SEALER_ROLE, register_keys, seal
from tests.servers import Place
from tests.town_builder import Town


async def live(town: Town, rounds: int = 1) -> None:
    """Every kind of entry that has postings, some that have none, some refusals."""
    asked = {"tiers": ["unverified", "verified_resident"]}
    await town.live_campaign(per_person_day_points=500, who=asked)
    stores = [await town.open_store() for _ in range(2)]
    for turn in range(rounds):
        wallet = await town.open_wallet()
        await town.top_up(wallet, 20_000)
        await town.top_up_in_cash(wallet, 1_000)
        payments = [await town.pay(wallet, store, 900 + turn) for store in stores]
        await town.refund(payments[0].entry_id, stores[0], 300)
        await town.void(payments[1].entry_id, stores[1])
        await town.submit(town.payment(wallet, stores[0], 99_000))  # refused
        await town.change_wallet(wallet, "frozen")
        await town.top_up(wallet, 500)  # to suspense


@asynccontextmanager
async def sealing(place: Place) -> AsyncIterator[Database]:
    """A database as the sealer's role reaches it."""
    database = Database(place.sealer_url, role=SEALER_ROLE)
    yield database
    await database.close()


async def sealed(town: Town, *, largest: int = 4, after: SealKeys | None = None) -> SealKeys:
    """Seal all of it with a new key; `after` blocks of another one, which it then believes."""
    keys = SealKeys(new_seal_keys().keys, tuple(after.public) if after is not None else ())
    async with sealing(town.place) as database:
        await register_keys(database, keys)
        await seal(database, town.region.region_id, keys, largest=largest)
    return keys


async def seal_publish_and_erase(town: Town) -> None:
    """Let something stand in each table of the seals."""
    await sealed(town)
    region_id = town.region.region_id
    async with sealing(town.place) as database, database.transaction(region_id) as session:
        await session.execute(
            text("INSERT INTO seals.publication VALUES (:region, '2027-01-01', 1, now())"),
            {"region": region_id},
        )
    owner = await asyncpg.connect(town.place.owner_url, server_settings={"role": "meguri_owner"})
    await owner.execute("INSERT INTO seals.erasure VALUES ($1, 1, now(), '{}', '{}')", region_id)
    await owner.close()
