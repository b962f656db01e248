"""Forgetting: what is over goes, of every region; the rest stays."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text

from core.database import Database
from core.revocations import EVERYWHERE, revoke
from ledger.regions import Region
from worker.forget import OVER, forget_what_is_over
from worker.heartbeat import Heartbeat
from worker.main import Worker

HOUR = timedelta(hours=1)
NOTHING = dict.fromkeys(OVER, 0)


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
    done = await forget_what_is_over(database, both, lambda: beats.append(None), chunk=2)
    assert done == NOTHING | {"revocations": 15}
    assert len(beats) == 3 * (3 + len(OVER) - 1)
    assert await left(database) == sorted([EVERYWHERE, *(each.region_id for each in both)])
    assert await forget_what_is_over(database, both, lambda: None) == NOTHING


async def test_the_worker_does_it_once_a_day(
    database: Database, region: Region, tmp_path, settings
):
    await revoked(database, region.region_id, 1, timedelta(seconds=0.05))
    await asyncio.sleep(0.1)
    worker = Worker(database, Heartbeat(settings.model_copy(update={"data_dir": tmp_path})))
    await worker.round()
    assert await left(database) == []


_OLD = """
    INSERT INTO access.challenge (region_id, challenge_id, purpose, secret_hash, tries_left,
                                  expires_at)
        SELECT :region_id, gen_random_uuid(), 'test', sha256('x'), 1,
               clock_timestamp() - make_interval(hours => hours)
          FROM unnest(ARRAY[25, 23]) AS hours;
    INSERT INTO access.allowance (region_id, name, key, begins_at, ends_at, used)
        SELECT :region_id, 'test', sha256('x'), clock_timestamp() - make_interval(hours => hours),
               clock_timestamp() + make_interval(hours => 1 - hours), 1
          FROM unnest(ARRAY[2, 0]) AS hours;
    INSERT INTO access.failure (region_id, name, key, failures, counted_at)
        SELECT :region_id, 'test', sha256(hours::text::bytea), 1,
               clock_timestamp() - make_interval(hours => hours)
          FROM unnest(ARRAY[25, 23]) AS hours;
    INSERT INTO access.session (region_id, session_id, face, subject_id, method, expires_at)
        VALUES (:region_id, :id, 'resident', :id, 'sms', clock_timestamp());
    INSERT INTO access.session (region_id, session_id, face, subject_id, method, expires_at,
                                installation_id, used_at)
        SELECT :region_id, gen_random_uuid(), 'resident', :id, 'sms', clock_timestamp(), :id,
               clock_timestamp() - make_interval(days => days) FROM unnest(ARRAY[61, 59]) AS days;
    INSERT INTO access.refresh (region_id, token_hash, session_id, expires_at)
        SELECT :region_id, sha256(hours::text::bytea), :id,
               clock_timestamp() - make_interval(hours => hours) FROM unnest(ARRAY[1, -1]) AS hours;
    INSERT INTO access.message (region_id, message_id, channel, purpose, address, body, expires_at,
                                state, ended_at)
        SELECT :region_id, gen_random_uuid(), 'sms', 'test', '', '', clock_timestamp(), 'sent',
               clock_timestamp() - make_interval(days => days) FROM unnest(ARRAY[31, 29]) AS days;
    INSERT INTO access.message (region_id, message_id, channel, purpose, address, body, expires_at)
        VALUES (:region_id, :id, 'sms', 'test', '+819012345678', '314159', clock_timestamp());
"""


async def test_of_each_kind_what_is_over_goes_and_the_rest_stays(
    database: Database, region: Region
):
    named = {"region_id": region.region_id, "id": uuid4()}
    async with database.transaction(region.region_id) as session:
        for statement in _OLD.strip().rstrip(";").split(";\n"):
            await session.execute(text(statement), named)
    done = await forget_what_is_over(database, [region], lambda: None)
    assert done == dict.fromkeys(OVER, 1) | {
        "revocations": 0,
        "applications": 0,
        "identity documents": 0,
        "webhooks": 0,
        "notices": 0,
        "arrivals": 0,  # tests/api/test_alert_webhooks.py
    }
    assert await forget_what_is_over(database, [region], lambda: None) == NOTHING
    left_over = {"challenge": 1, "allowance": 1, "failure": 1, "refresh": 1, "message": 2}
    async with database.transaction(region.region_id) as session:
        for table, many in left_over.items():
            rows = await session.execute(text(f"SELECT count(*) FROM access.{table}"))
            assert rows.scalar_one() == many, table
