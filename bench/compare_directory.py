"""directory_vs_point: a page of the public directory, over reading one store by its id."""

import random
from collections.abc import Awaitable
from datetime import UTC, datetime
from statistics import mean, median
from time import perf_counter
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.running_campaigns import CampaignsHere, campaigns_here, merchants_of
from bench.campaigns import other_terms
from bench.figures import Figure, Ratio, Result
from bench.filled import Filled
from bench.names import MERCHANT
from bench.scale import Scale
from bench.sides import Sides
from campaigns.rules import LiveCampaign
from campaigns.taking_part import Running
from campaigns.terms import Terms, terms_hash
from core.database import Database
from core.ids import uuid7
from merchants.find_stores import START, WhichStores, find_stores
from merchants.merchant import OpenStore
from merchants.near import Circle
from merchants.open import open_many
from payments.prepare import prepare

NAME: Final = "directory_vs_point"
NAMES: Final = (NAME,)
MOST_POINT_READS: Final = 10

_SIDE: Final = "directory"
_PAGE: Final = 51
"""What the route reads: 50, and one that says whether more follow."""
_WORDS: Final = ("さくら", "ひので", "みどり", "あおば", "まつ", "ふじ", "かえで", "うめ")
_KINDS: Final = ("食堂", "書店", "薬局", "ベーカリー", "酒店", "カフェ", "理容", "生花")
_CENTRE: Final = (35_640_000, 139_650_000)
_SPREAD: Final = 45_000
"""Millionths of a degree to each side: a town of ten kilometres."""
_DETAILS: Final = text("""
    INSERT INTO merchants.store_details
        (region_id, store_id, latitude_e6, longitude_e6, tags, hours, changed_by)
    SELECT region_id, store_id, CAST(:latitude AS integer) + floor((random() - 0.5) * :width),
           CAST(:longitude AS integer) + floor((random() - 0.5) * :width),
           ARRAY['tag' || floor(random() * 40)],
           jsonb_build_object('weekly', (SELECT jsonb_agg(jsonb_build_array(jsonb_build_object(
               'opens', '10:00', 'closes', '20:00'))) FROM generate_series(1, 7))),
           'bench'
      FROM merchants.store WHERE region_id = :region
""")
_POINT: Final = text(
    "SELECT name FROM merchants.store WHERE region_id = :region AND store_id = :id"
)


async def compare_directory(sides: Sides, scale: Scale, result: Result) -> None:
    """Look for stores in every way, and read single ones, in turns and in one transaction."""
    region_id, chance = sides.filled.region.region_id, random.Random(1)
    async with sides.copy(_SIDE):
        database = Database(sides.ground.server.app_url(_SIDE))
        try:
            stores = await _open(database, sides, scale.listed_stores, chance)
            await sides.ground.execute(_SIDE, "VACUUM (ANALYZE)")
            async with database.snapshot(region_id) as db:
                running = _running(sides.filled, chance)
                points, searches = await _measure(
                    db, region_id, stores, scale.tries, chance, running
                )
        finally:
            await database.close()
    ways = {way: median(took) for way, took in searches.items()}
    told = ", ".join(f"{way} {took / median(points):.1f}" for way, took in ways.items())
    result.figures += [
        Figure("single stores by id", 1, (1 / median(points),)),
        Figure("pages of the directory", 1, (1 / mean(ways.values()),), f"in point reads: {told}"),
    ]
    result.ratios.append(
        Ratio(
            NAME,
            max(ways.values()) / median(points),
            MOST_POINT_READS,
            f"the slowest kind of search over {scale.listed_stores:,} stores, by pages of 50, over"
            " one indexed read of a store",
            "fifty stores are joined and read into answers",
            is_ceiling=True,
        )
    )


async def _open(database: Database, sides: Sides, count: int, chance: random.Random) -> list[UUID]:
    filled = sides.filled
    commands = [
        OpenStore(
            entry_id=uuid7(datetime.now(UTC)),
            actor="bench",
            merchant_id=filled.names.name(MERCHANT, number % filled.merchants),
            name=f"{chance.choice(_WORDS)}{chance.choice(_KINDS)} {number}号店",
        )
        for number in range(count - filled.merchants)
    ]
    await open_many(database, filled.region.region_id, commands, prepare)
    told = {"region": filled.region.region_id, "latitude": _CENTRE[0], "longitude": _CENTRE[1]}
    async with database.transaction(filled.region.region_id) as db:
        await db.execute(_DETAILS, told | {"width": 2 * _SPREAD})
    return [command.entry_id for command in commands]


async def _measure(
    db: AsyncSession, region_id: int, stores: list[UUID], tries: int, chance: random.Random,
    running: Running,
) -> tuple[list[float], dict[str, list[float]]]:  # fmt: skip
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    here, points = campaigns_here(running), list[float]()
    searches: dict[str, list[float]] = {}
    for _ in range(max(8, tries // 10)):
        named = {"region": region_id, "id": chance.choice(stores)}
        points.append(await _timed(db.execute(_POINT, named)))
        for way, which in _searches(chance, running).items():
            looking = _look(db, region_id, which, now, here)
            searches.setdefault(way, []).append(await _timed(looking))
    return points, searches


async def _look(
    db: AsyncSession, region_id: int, which: WhichStores, now: datetime, here: CampaignsHere
) -> None:
    """A page as the route reads it, with the campaigns of each of its stores."""
    for store in await find_stores(db, region_id, which, START, _PAGE, now):
        here.at(store)


def _running(filled: Filled, chance: random.Random) -> Running:
    """The fifty of `bench/campaigns.py`, and the last one of some merchants that it names."""
    some = [str(filled.names.name(MERCHANT, chance.randrange(filled.merchants))) for _ in range(10)]
    form = filled.terms.model_dump(mode="json", exclude_none=True)
    named = Terms.model_validate(form | {"where": {"only_merchants": sorted(set(some))}})
    return Running(
        LiveCampaign(UUID(int=number), terms_hash(terms), terms)
        for number, terms in enumerate((filled.terms, *other_terms(filled), named))
    )


def _searches(chance: random.Random, running: Running) -> dict[str, WhichStores]:
    everywhere, *_, named = running.by_id.values()
    nowhere = next(
        each for each in running.by_id.values() if each.terms.where and each.terms.where.areas
    )
    place = [middle + chance.randint(-_SPREAD, _SPREAD) for middle in _CENTRE]
    return {
        "all": WhichStores(),
        "name": WhichStores(text=chance.choice(_WORDS) + chance.choice(_KINDS)),
        "tag": WhichStores(tag=f"tag{chance.randrange(40)}"),
        "near": WhichStores(near=Circle(place[0], place[1], 1000)),
        "open": WhichStores(is_open=True),
        "campaign": WhichStores(of=merchants_of(everywhere)),
        "named": WhichStores(of=merchants_of(named)),
        "nowhere": WhichStores(of=merchants_of(nowhere)),
    }


async def _timed(act: Awaitable[object]) -> float:
    begun = perf_counter()
    await act
    return perf_counter() - begun
