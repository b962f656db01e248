"""A town on a PostgreSQL of its own, for what the others must not notice."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from cli.migrate import upgrade
from core.database import Database
from core.embedded.postgres import start_postgres
from ledger.engine import Engine
from payments.prepare import prepare
from tests.servers import Place
from tests.town_builder import Town, open_region

DATABASE = "lonely"


@pytest.fixture
async def lonely_town() -> AsyncIterator[Town]:
    """A town on a PostgreSQL of its own."""
    folder = Path(tempfile.mkdtemp(prefix="meguri-standby-"))
    postgres = await start_postgres(folder)
    try:
        await postgres.create_database(DATABASE)
        await upgrade(postgres.owner_url(DATABASE))
        place = Place(
            DATABASE, postgres.app_url(DATABASE), postgres.owner_url(DATABASE),
            postgres.sealer_url(DATABASE),
            urlunsplit(urlsplit(postgres.superuser_url)._replace(path=f"/{DATABASE}")),
        )  # fmt: skip
        database = Database(place.app_url)
        region = await open_region(database, "setagaya", "Asia/Tokyo")
        engine = Engine(database, region.region_id, prepare, deadline_s=2)
        engine.start()
        yield Town(place, database, region, engine)
        await engine.stop()
        await database.close()
    finally:
        await postgres.leave()
        shutil.rmtree(folder)
