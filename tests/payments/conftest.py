"""Databases of payments, whose books are right at the end: of each test, or of a module."""

from collections.abc import AsyncIterator

import pytest

from core.database import Database
from payments.replay import replay
from tests.invariants import check_books
from tests.servers import Place, Servers
from tests.town_builder import Town, open_region, running_engine


@pytest.fixture(scope="module")
async def shared_place(servers: Servers) -> AsyncIterator[Place]:
    """One database for all tests of a module, whose books are right at the end."""
    place = await servers.clone()
    yield place
    await check_books(place.superuser_url)
    await servers.leave(place)


@pytest.fixture(scope="module")
async def shared_database(shared_place: Place) -> AsyncIterator[Database]:
    """That database as the application reaches it."""
    database = Database(shared_place.app_url)
    yield database
    await database.close()


@pytest.fixture
def spoiled() -> None:
    """Asked for by tests that spoil what was kept of grants: those are not replayed."""


@pytest.fixture
async def town(town: Town, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """The town of tests/conftest.py; at the end its books are checked and its grants replayed."""
    yield town
    await check_books(town.place.superuser_url)
    if "spoiled" not in request.fixturenames:
        found = await replay(town.database, town.region, (None, None), lambda *_: None)
        assert (found.differences, found.places, found.not_kept) == (0, [], 0)


@pytest.fixture
async def lively(place: Place, database: Database) -> AsyncIterator[Town]:
    """A town whose entries may be changed: nobody looks at its books afterwards."""
    region = await open_region(database, "setagaya", "Asia/Tokyo")
    async with running_engine(database, region) as engine:
        yield Town(place, database, region, engine)
