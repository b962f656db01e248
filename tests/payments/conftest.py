"""Databases of payments, whose books are right at the end: of each test, or of a module."""

from collections.abc import AsyncIterator

import pytest

from core.database import Database
from tests.invariants import check_books
from tests.servers import Place, Servers
from tests.town_builder import Town


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
async def town(town: Town) -> AsyncIterator[Town]:
    """The town of tests/conftest.py, whose books are checked at the end."""
    yield town
    await check_books(town.place.superuser_url)
