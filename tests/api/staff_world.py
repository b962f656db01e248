"""A deployment of its own for a file of tests about staff: a region, the operators, and the app."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI

from access.logins import login_of_email
from access.sessions import Home
from api.app import create_app
from api.session_tokens import OPERATORS
from core.database import Connection, Database
from core.settings import load_settings
from tests.api.staff_office import Office, Person
from tests.servers import Servers
from tests.somebody_waits import somebody_waits
from tests.town_builder import open_region


@dataclass
class World:
    """One app, on one database, of which all tests of a file have a part of their own."""

    superuser: Connection
    """Can stand in the way."""
    app: FastAPI
    database: Database
    office: Office
    operators: Office
    superuser_url: str

    async def id_of(self, person: Person) -> UUID:
        """The login of somebody."""
        region_id = person.office.home.region_id
        async with self.database.snapshot(region_id) as db:
            found = await login_of_email(db, region_id, person.email)
        assert found is not None
        return found.login_id

    async def somebody_waits(self, many: int = 1) -> None:
        """Returns once so many wait for a lock in this database."""
        await somebody_waits(self.database, many)


@asynccontextmanager
async def open_world(servers: Servers, **settings: Any) -> AsyncIterator[World]:
    """The app in its lifespan, on a fresh database with the region setagaya."""
    place = await servers.clone()
    superuser = await asyncpg.connect(place.superuser_url)
    database = Database(place.app_url)
    region = await open_region(database, "setagaya", "Asia/Tokyo")
    app = create_app(
        load_settings(
            environment="test",
            database_url=place.app_url,
            owner_database_url=place.owner_url,
            redis_url=servers.redis_url,
            data_dir=servers.folder,
            passkey_rp_id="example.jp",
            passkey_origins=["https://pay.example.jp"],
            **settings,
        )
    )
    async with app.router.lifespan_context(app):
        async with asyncio.timeout(5):
            while app.state.meguri.revocations.age_s > 5:
                await asyncio.sleep(0.01)
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://meguri.test") as client:
            home = Home(region.region_id, region.code)
            yield World(
                superuser, app, database,
                Office(client, database, home), Office(client, database, OPERATORS),
                place.superuser_url,
            )  # fmt: skip
    await database.close()
    await superuser.close()
    await servers.leave(place)
