"""What tests of webhooks share: one receiver, and one town in which each has a shop of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.database import Database
from tests.servers import Servers
from tests.town_builder import Town, open_region, running_engine
from tests.worker.webhook_side import Receiver, receiving
from tests.worker.webhook_town import deliverer_at, run
from worker.deliver_webhooks import Deliverer


@pytest.fixture(scope="session")
async def receiver(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Receiver]:
    """One receiver for all these tests."""
    folder: Path = tmp_path_factory.mktemp("receiver")
    async with receiving(folder) as receiver:
        yield receiver


@pytest.fixture(scope="session")
async def shared(servers: Servers) -> AsyncIterator[Town]:
    """One town for all these tests, each of which has a shop of its own."""
    place = await servers.clone()
    database = Database(place.app_url)
    region = await open_region(database, "setagaya", "Asia/Tokyo")
    async with running_engine(database, region) as engine:
        yield Town(place, database, region, engine)
    await database.close()
    await servers.leave(place)


@pytest.fixture
async def told(shared: Town) -> Town:
    """The same with no endpoint of an earlier test."""
    await run(shared, "UPDATE merchants.webhook_endpoint SET state = 'removed', secret = NULL,"
              " old_secret = NULL, old_secret_until = NULL")  # fmt: skip
    await run(shared, "UPDATE merchants.webhook_delivery SET state = 'failed',"
              " ended_at = clock_timestamp() WHERE state = 'waiting'")  # fmt: skip
    return shared


@pytest.fixture
async def deliverer(told: Town) -> AsyncIterator[Deliverer]:
    """A deliverer that may call this machine."""
    async with deliverer_at(told.database) as made:
        yield made
