"""PostgreSQL forbids: whoever has the application's role can do nothing that the books refuse."""

import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from core.database import Database
from tests.invariants import check_books
from tests.ledger.attacks import with_one_thing_missing
from tests.ledger.attacks_on_facts import ATTACKS
from tests.ledger.batches import World, make_world
from tests.servers import Servers
from tests.sizes import BULK_ATTACKS
from tests.town_builder import Town, open_region, running_engine


@pytest.fixture(scope="module")
async def world(servers: Servers) -> AsyncIterator[World]:
    """One for all tests: each leaves it as it was, or would fail."""
    place = await servers.clone()
    database = Database(place.app_url)
    region = await open_region(database, "setagaya", "Asia/Tokyo")
    other = await open_region(database, "tsubame", "Asia/Tokyo")
    async with running_engine(database, region) as engine:
        world = await make_world(Town(place, database, region, engine), other.region_id)
    yield world
    await database.close()
    await servers.leave(place)


@pytest.mark.parametrize("name", ATTACKS)
async def test_it_refuses(world: World, name: str):
    attack, sqlstate = ATTACKS[name]
    before = await world.everything()
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await world.attack(attack(world))
    assert refusal.value.sqlstate == sqlstate, refusal.value
    assert await world.everything() == before


async def test_it_refuses_a_session_of_no_region(world: World):
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await world.attack(world.sound(), region="-1")
    assert refusal.value.sqlstate == "MG001"


async def test_it_refuses_a_region_that_is_not_open(world: World):
    batch = world.sound()
    batch.p_region = 987
    with pytest.raises(asyncpg.PostgresError):
        await world.attack(batch, region="987")


@pytest.mark.parametrize("name", ["e_id", "e_kind", "e_refusal", "a_no", "a_is_open"])
async def test_it_refuses_a_list_that_counts_from_0(world: World, name: str):
    # What is checked by its place would then be another thing than what is written.
    batch = world.sound()
    assert len(getattr(batch, name)) == 2
    kind = {"e_id": "uuid", "a_no": "bigint", "a_is_open": "boolean"}.get(name, "text")
    before = await world.everything()
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await world.attack(batch, cast={name: f"('[0:1]=' || ${{}}::{kind}[]::text)::{kind}[]"})
    assert refusal.value.sqlstate == "MG007"
    assert await world.everything() == before


async def test_of_many_varied_attacks_every_one_is_refused(world: World):
    tries = {name: attack(world) for name, (attack, _) in ATTACKS.items()}
    tries |= dict(with_one_thing_missing(world))
    chosen = random.Random(20261122).sample(sorted(tries), BULK_ATTACKS)
    before = await world.everything()
    accepted = []
    for name in chosen:
        try:
            await world.attack(tries[name])
        except asyncpg.PostgresError:
            continue
        accepted.append(name)
    assert accepted == []
    assert await world.everything() == before


async def test_a_sound_batch_made_by_hand_is_written(world: World):
    # Last in this file, since the others need the head where it was.
    await world.attack(world.sound())
    await check_books(world.place.superuser_url)
