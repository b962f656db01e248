"""What the demo starts: a port that is free, and work that ends when its server does."""

import asyncio
import socket
import sys

import asyncpg
import pytest

from tests.servers import Place, Servers
from town.startup import (
    HOST,
    StartupError,
    check_addresses,
    check_ground,
    free_port,
    mark_as_demo,
    while_it_runs,
)


def test_the_wanted_port_is_taken_if_nobody_has_it() -> None:
    wanted = free_port(0)
    assert free_port(wanted) == wanted


def test_a_port_that_somebody_has_is_left_to_them() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        assert free_port(taken.getsockname()[1]) != taken.getsockname()[1]


async def sleeper(seconds: float) -> asyncio.subprocess.Process:
    code = f"import time, sys; time.sleep({seconds}); sys.exit(3)"
    return await asyncio.create_subprocess_exec(sys.executable, "-c", code)


async def test_work_that_is_done_first_is_done() -> None:
    process = await sleeper(60)
    done = []

    async def work() -> None:
        done.append(True)

    await while_it_runs(process, work())
    assert done
    process.kill()
    await process.wait()


async def test_work_is_given_up_when_its_server_ends() -> None:
    given_up = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            given_up.append(True)
            raise

    with pytest.raises(StartupError, match="ended by itself"):
        await while_it_runs(await sleeper(0.1), work())
    assert given_up


async def test_an_error_of_the_work_is_its_own() -> None:
    process = await sleeper(60)

    async def work() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await while_it_runs(process, work())
    process.kill()
    await process.wait()


OPENED = "SELECT ledger.open_region('kitamachi', 'Kitamachi', 'Asia/Tokyo')"
EMPTIED = """
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT nspname FROM pg_namespace
                     WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
        LOOP EXECUTE format('DROP SCHEMA %I CASCADE', name); END LOOP;
    END $$
"""


async def test_only_a_database_that_is_nobodys_or_a_demos_is_ground_for_a_demo(place: Place):
    owner = await asyncpg.connect(place.owner_url)
    await check_ground(place.owner_url)
    await owner.execute(OPENED)
    for refuse in (check_ground, mark_as_demo):
        with pytest.raises(StartupError, match="real regions"):
            await refuse(place.owner_url)
    assert not await owner.fetchval("SELECT is_demo FROM ledger.deployment")
    await owner.execute("UPDATE ledger.deployment SET is_demo = true")
    await check_ground(place.owner_url)
    await mark_as_demo(place.owner_url)
    await owner.execute("SET ROLE meguri_owner")
    await owner.execute(EMPTIED)
    await check_ground(place.owner_url)
    await owner.execute("CREATE SCHEMA letters; CREATE TABLE letters.dear (friend text)")
    with pytest.raises(StartupError, match="other tables"):
        await check_ground(place.owner_url)
    await owner.close()


async def test_the_owner_and_the_application_must_mean_the_same_database(
    servers: Servers, place: Place
):
    await check_addresses(place.owner_url, place.app_url)
    somebodys = await servers.clone()
    with pytest.raises(StartupError, match="two databases"):
        await check_addresses(place.owner_url, somebodys.app_url)
    await servers.leave(somebodys)
