"""What tests of statistics share: a region of a file's own, in which weeks pass."""

from collections.abc import AsyncIterator

import pytest

from core.database import Database
from tests.servers import Servers
from tests.town_builder import Town, open_region, running_engine


@pytest.fixture(scope="module")
async def city(servers: Servers) -> AsyncIterator[Town]:
    """A region that opens today; its file lets the weeks of a plan pass."""
    place = await servers.clone()
    database = Database(place.app_url)
    region = await open_region(database, "setagaya", "Asia/Tokyo")
    async with running_engine(database, region) as engine:
        yield Town(place, database, region, engine)
    await database.close()
    await servers.leave(place)
