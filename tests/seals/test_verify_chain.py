"""Tampering with superuser SQL is found wherever it is done, with the place."""

import re
from collections.abc import AsyncIterator
from random import Random

import asyncpg
import pytest

from core.database import Connection
from seals.check_proof import key_id
from seals.keys import SealKeys
from seals.verify import ChainVerdict, verify_chain
from tests.seals.sealed_town import live, sealed
from tests.seals.tampering import Saboteur, Tampering
from tests.sizes import TAMPERED
from tests.town_builder import Town

AT_ONCE = 8
"""Places in distinct blocks that are tampered with before one verification."""

UNCHECKED = """
    DO $$ DECLARE one record; BEGIN
        FOR one IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
                    WHERE contype = 'c' AND conparentid = 0 AND conislocal
                      AND connamespace::regnamespace::text IN ('ledger', 'seals', 'campaigns')
        LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.name, one.conname); END LOOP;
    END $$
"""


@pytest.fixture
async def keys(town: Town) -> SealKeys:
    """The keys of a town whose whole history is sealed."""
    await live(town, rounds=14)
    keys = await sealed(town)
    await town.database.close()
    return keys


@pytest.fixture
async def superuser(town: Town, keys: SealKeys) -> AsyncIterator[Connection]:
    """Somebody who goes past every guard: no triggers, no foreign keys, no checks."""
    connection = await asyncpg.connect(town.place.superuser_url)
    await connection.execute(UNCHECKED)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(
        "INSERT INTO seals.publication SELECT region_id,"
        " (sealed_at AT TIME ZONE 'Asia/Tokyo')::date, number, sealed_at FROM seals.block"
        " ORDER BY number DESC LIMIT 1"
    )
    yield connection
    await connection.close()


async def verdict_of(connection: Connection, town: Town, keys: SealKeys) -> ChainVerdict:
    known = {key_id(public): public for public in keys.public}
    region_id = town.region.region_id
    return await verify_chain(connection, region_id, known, most_faults=100_000)


def is_found(tampering: Tampering, verdict: ChainVerdict) -> bool:
    words = [re.compile(re.escape(word) + r"(?!\d)") for word in tampering.place]
    return any(all(word.search(fault.place) for word in words) for fault in verdict.faults)


async def test_a_history_that_nobody_touched_is_sound(
    town: Town, keys: SealKeys, superuser: Connection
):
    async with superuser.transaction():
        verdict = await verdict_of(superuser, town, keys)
    assert verdict.faults == []
    assert verdict.sealed > 100
    assert verdict.blocks == -(-verdict.sealed // 4)
    assert (verdict.unsealed, verdict.erased) == (0, 0)


async def test_tampering_at_random_places_is_found_with_the_place(
    town: Town, keys: SealKeys, superuser: Connection
):
    rng = Random(TAMPERED)
    saboteur = Saboteur(superuser, town.region.region_id, rng)
    blocks = await superuser.fetchval("SELECT count(*) FROM seals.block")
    done, missed = 0, []
    while done < TAMPERED:
        chosen = [await saboteur.tamperings(b) for b in rng.sample(range(2, blocks + 1), AT_ONCE)]
        alone = [[each] for each in chosen if each.is_far_reaching]
        for group in [*alone, [each for each in chosen if not each.is_far_reaching]]:
            trial = superuser.transaction()
            await trial.start()
            for each in group:
                assert await superuser.execute(each.statement) not in {"UPDATE 0", "DELETE 0"}
            verdict = await verdict_of(superuser, town, keys)
            missed += [(each, verdict.faults) for each in group if not is_found(each, verdict)]
            await trial.rollback()
            done += len(group)
    assert missed == []
