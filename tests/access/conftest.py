"""A region with nobody in it, and a vault."""

from collections.abc import AsyncIterator

import pytest

from access.sessions import Home
from access.vault import Vault
from core.database import Database
from tests.servers import Servers
from tests.town_builder import open_region


@pytest.fixture(scope="session")
async def database(servers: Servers) -> AsyncIterator[Database]:
    """The application's database, with two regions."""
    place = await servers.clone()
    made = Database(place.app_url)
    for code in ("setagaya", "tsubame"):
        await open_region(made, code, "Asia/Tokyo")
    yield made
    await made.close()
    await servers.leave(place)


@pytest.fixture
def home() -> Home:
    """The first region."""
    return Home(1, "setagaya")


@pytest.fixture(scope="session")
def vault() -> Vault:
    """A vault whose key is known to the test alone."""
    return Vault(b"k" * 32)
