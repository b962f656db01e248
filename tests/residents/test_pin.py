"""A PIN: which are refused, how often it may be wrong, and what nobody learns of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, text

from access.vault import Vault
from core.database import Database
from core.errors import Problem
from residents.pin import (
    FREE_TRIES,
    MOST_TRIES,
    PinState,
    is_pin,
    is_simple,
    pin_hash,
    pin_state,
    set_pin,
)
from residents.tables import person
from tests.servers import Servers
from tests.town_builder import open_region

RIGHT, WRONG = "4071", "8302"
VAULT = Vault(b"v" * 32)


@pytest.fixture(scope="module")
async def database(servers: Servers) -> AsyncIterator[Database]:
    """Two regions, with nobody in them."""
    place = await servers.clone()
    made = Database(place.app_url)
    for code in ("setagaya", "tsubame"):
        await open_region(made, code, "Asia/Tokyo")
    yield made
    await made.close()
    await servers.leave(place)


async def somebody(database: Database, pin: str | None = RIGHT, region_id: int = 1) -> UUID:
    """A new person with this PIN."""
    person_id = uuid4()
    kept = await pin_hash(VAULT, region_id, person_id, pin) if pin else None
    async with database.transaction(region_id) as db:
        await db.execute(insert(person).values(region_id=region_id, person_id=person_id))
        assert await set_pin(db, region_id, person_id, kept)
    return person_id


async def tried(database: Database, person_id: UUID, pin: str) -> bool:
    return await is_pin(database, VAULT, 1, person_id, pin)


async def stands(database: Database, person_id: UUID) -> PinState:
    async with database.snapshot(1) as db:
        return await pin_state(db, 1, person_id)


async def pass_time(database: Database, person_id: UUID) -> timedelta:
    """Let the wait of a person's PIN be over; how long it was to last from now on."""
    async with database.transaction(1) as db:
        ended = await db.execute(
            text(
                "UPDATE residents.person p SET pin_locked_until = clock_timestamp()"
                " FROM residents.person was"
                " WHERE p.person_id = :id AND was.person_id = p.person_id"
                " RETURNING was.pin_locked_until - clock_timestamp()"
            ),
            {"id": person_id},
        )
        left: timedelta = ended.scalar_one()
        return left


@pytest.mark.parametrize(
    "pin",
    [
        *("0000", "7777", "1234", "9876", "7890", "1212", "2580", "1379", "1999", "2031", "0229"),
        *("1231", "000000", "123456", "654321", "121212", "123123", "147258", "850412", "199912"),
        *("55555", "12345", "98765"),
    ],
)
def test_what_anybody_would_try_first_is_refused(pin: str):
    assert is_simple(pin)


@pytest.mark.parametrize("pin", ["4071", "8302", "2468", "3172", "40718", "407183", "991399"])
def test_other_pins_are_taken(pin: str):
    assert not is_simple(pin)


def test_most_pins_are_taken():
    simple = sum(is_simple(f"{number:04}") for number in range(10_000))
    assert simple < 800


async def test_the_right_pin_confirms_and_gives_its_try_back(database: Database):
    person_id = await somebody(database)
    for _ in range(2 * FREE_TRIES):
        assert await tried(database, person_id, RIGHT)
        assert not await tried(database, person_id, WRONG)
    assert await stands(database, person_id) == PinState(True, None, False)


async def test_after_some_wrong_ones_the_right_one_is_wrong_too_until_the_wait_is_over(
    database: Database,
):
    person_id = await somebody(database)
    for _ in range(FREE_TRIES):
        assert not await tried(database, person_id, WRONG)
    assert (await stands(database, person_id)).locked_until is not None
    assert not await tried(database, person_id, RIGHT)
    await pass_time(database, person_id)
    assert await tried(database, person_id, RIGHT)
    assert await stands(database, person_id) == PinState(True, None, False)


async def test_waits_double_up_to_a_day_and_at_last_the_pin_is_dead(database: Database):
    person_id = await somebody(database)
    waits = []
    for tries in range(1, MOST_TRIES + 1):
        assert not await tried(database, person_id, WRONG)
        if tries >= FREE_TRIES:
            waits.append(await pass_time(database, person_id))
    minutes = [round(wait.total_seconds() / 60) for wait in waits]
    assert minutes[:8] == [15, 30, 60, 120, 240, 480, 960, 1440]
    assert set(minutes[8:]) == {1440}
    assert (await stands(database, person_id)).is_dead
    assert not await tried(database, person_id, RIGHT)
    kept = await pin_hash(VAULT, 1, person_id, RIGHT)
    async with database.transaction(1) as db:
        assert await set_pin(db, 1, person_id, kept)
    assert await tried(database, person_id, RIGHT)


async def test_of_many_guesses_at_once_no_more_are_looked_at_than_are_free(database: Database):
    person_id = await somebody(database, "4071")
    guesses = [f"{number:04}" for number in range(3000, 3060)]
    told = await asyncio.gather(*(tried(database, person_id, guess) for guess in guesses))
    assert not any(told)
    async with database.snapshot(1) as db:
        failures = await db.execute(
            text("SELECT pin_failures FROM residents.person WHERE person_id = :id"),
            {"id": person_id},
        )
        assert failures.scalar_one() == FREE_TRIES
    assert not await tried(database, person_id, "4071")


async def test_nobody_and_no_pin_are_wrong_alike(database: Database):
    without = await somebody(database, None)
    assert not await tried(database, without, RIGHT)
    assert not await tried(database, uuid4(), RIGHT)
    assert await stands(database, without) == PinState(False, None, False)


async def test_a_pin_is_one_persons_in_one_region_and_worth_nothing_without_the_vault(
    database: Database,
):
    person_id = await somebody(database)
    assert not await is_pin(database, VAULT, 2, person_id, RIGHT)
    assert not await is_pin(database, Vault(b"w" * 32), 1, person_id, RIGHT)
    assert await tried(database, person_id, RIGHT)


async def test_a_simple_pin_is_refused_and_nobody_can_have_one(database: Database):
    person_id = await somebody(database)
    with pytest.raises(Problem, match="pin-too-simple"):
        await pin_hash(VAULT, 1, person_id, "1234")
    async with database.transaction(1) as db:
        assert not await set_pin(db, 1, uuid4(), None)
