"""Forgetting revocations: those that are over go, of every region; the others stay."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text

from core.database import Database
from core.revocations import EVERYWHERE, revoke
from ledger.regions import Region
from worker.forget import forget_revocations
from worker.heartbeat import Heartbeat
from worker.main import Worker

HOUR = timedelta(hours=1)


async def revoked(database: Database, region_id: int, count: int, lasts: timedelta) -> None:
    async with database.transaction(region_id) as session:
        for _ in range(count):
            await revoke(session, region_id, "jti", uuid4(), lasts)


async def left(database: Database) -> list[int]:
    async with database.everywhere() as session:
        rows = await session.scalars(text("SELECT region_id FROM access.revocation ORDER BY 1"))
        return list(rows)


async def test_what_is_over_is_forgotten_everywhere_in_chunks(
    database: Database, region: Region, second_region: Region
):
    beats: list[None] = []
    both = [region, second_region]
    for region_id in (EVERYWHERE, region.region_id, second_region.region_id):
        await revoked(database, region_id, 5, timedelta(seconds=0.05))
        await revoked(database, region_id, 1, HOUR)
    await asyncio.sleep(0.1)
    assert await forget_revocations(database, both, lambda: beats.append(None), chunk=2) == 15
    assert len(beats) == 9
    assert await left(database) == sorted([EVERYWHERE, *(each.region_id for each in both)])
    assert await forget_revocations(database, both, lambda: None) == 0


async def test_the_worker_does_it_once_a_day(
    database: Database, region: Region, tmp_path, settings
):
    await revoked(database, region.region_id, 1, timedelta(seconds=0.05))
    await asyncio.sleep(0.1)
    worker = Worker(database, Heartbeat(settings.model_copy(update={"data_dir": tmp_path})))
    await worker.round()
    assert await left(database) == []
