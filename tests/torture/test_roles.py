"""Attempts of every role of the database end as the list says; a hole in the database is found."""

from collections.abc import AsyncIterator
from random import Random
from typing import Any

import asyncpg
import pytest

from core.database import Database
from tests.access.rows import fill_access
from tests.servers import Place, Servers
from tests.sizes import EVERY_ROLE
from tests.town_builder import open_region
from torture.judge.promise import Broken
from torture.roles.attempts import Attempt, attempts
from torture.roles.try_all import logins, try_all

OWN, OTHER = 1, 2


@pytest.fixture(scope="module")
async def place(servers: Servers) -> AsyncIterator[Place]:
    """Two regions, with a row in every table about people."""
    place = await servers.clone()
    database = Database(place.app_url)
    for code in ("setagaya", "tsubame"):
        region = await open_region(database, code, "Asia/Tokyo")
        await fill_access(database, region.region_id)
    await database.close()
    yield place
    await servers.leave(place)


@pytest.fixture
async def superuser(place: Place) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Whoever grants and revokes."""
    connection = await asyncpg.connect(place.superuser_url)
    yield connection
    await connection.close()


async def found(place: Place, chosen: list[Attempt]) -> list[str]:
    """What did not end as it must."""
    broken = Broken()
    async with logins(place.app_url, place.sealer_url, OWN) as theirs:
        assert await try_all(theirs, chosen, broken) == len(chosen)
    return broken.places


async def test_each_role_is_allowed_what_is_written_down_and_nothing_else(
    place: Place, superuser: "asyncpg.Connection[Any]"
):
    every = await attempts(superuser, OTHER)
    assert len(every) > 5_000
    assert {attempt.due for attempt in every} == {"done", "refused", "nothing", "raised"}
    chosen = Random(7).sample(every, min(EVERY_ROLE, len(every)))
    assert await found(place, chosen) == []


@pytest.mark.parametrize(
    ("hole", "mended", "named"),
    [
        (
            "GRANT DELETE ON access.act TO meguri_app",
            "REVOKE DELETE ON access.act FROM meguri_app",
            "access.act ",
        ),
        (
            "ALTER TABLE residents.person DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE residents.person ENABLE ROW LEVEL SECURITY",
            "residents.person ",
        ),
        (
            "CREATE POLICY hole ON access.session TO meguri_app USING (true)",
            "DROP POLICY hole ON access.session",
            "access.session ",
        ),
        (
            "GRANT SELECT (balance) ON ledger.account TO meguri_sealer",
            "REVOKE SELECT (balance) ON ledger.account FROM meguri_sealer",
            "ledger.account ",
        ),
        (
            "GRANT EXECUTE ON FUNCTION ledger.load TO meguri_city",
            "REVOKE EXECUTE ON FUNCTION ledger.load FROM meguri_city",
            "ledger.load(",
        ),
    ],
)
async def test_a_hole_in_the_database_is_found(
    place: Place, superuser: "asyncpg.Connection[Any]", hole: str, mended: str, named: str
):
    near = [each for each in await attempts(superuser, OTHER) if named in f"{each.statement} "]
    await superuser.execute(hole)
    try:
        assert await found(place, near) != []
    finally:
        await superuser.execute(mended)
    assert await found(place, near) == []
