"""What tests of the API share: the app as it is deployed, a probe in front; a shop, a phone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.state import State
from api.tokens import issue
from core.database import Database
from core.settings import Settings, load_settings
from ledger.open_region import make_region
from tests.api.phone import Phone, Token, phone_of
from tests.api.probe import probe
from tests.api.staff_world import World, open_world
from tests.servers import Servers
from tests.town_builder import Store, Town

REGION = "tsubame"

Bearer = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
async def shared_settings(servers: Servers) -> Settings:
    """One database for all tests that leave it as it was, with one region in it."""
    place = await servers.clone()
    database = Database(place.app_url)
    await make_region(database, REGION, "Tsubame", "Asia/Tokyo")
    await database.close()
    return load_settings(
        environment="test",
        database_url=place.app_url,
        owner_database_url=place.owner_url,
        redis_url=servers.redis_url,
        data_dir=servers.folder,
    )


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """The app with the probe's routes, in its lifespan, and a client of it."""
    app = create_app(settings)
    app.router.routes[:0] = probe.routes
    async with app.router.lifespan_context(app):
        state: State = app.state.meguri
        async with asyncio.timeout(5):
            while state.revocations.age_s > 5:
                await asyncio.sleep(0.01)
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://meguri.test") as client:
            yield app, client


@pytest.fixture(scope="session")
async def served(shared_settings: Settings) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """One app for all tests that leave it as it was."""
    async with serving(shared_settings) as both:
        yield both


@pytest.fixture(scope="session")
def client(served: tuple[FastAPI, httpx.AsyncClient]) -> httpx.AsyncClient:
    """A client of the shared app. An exception that the app lets through is raised in the test."""
    return served[1]


@pytest.fixture(scope="session")
def state(served: tuple[FastAPI, httpx.AsyncClient]) -> State:
    """The parts of the shared app."""
    found: State = served[0].state.meguri
    return found


def bearer_of(state: State) -> Bearer:
    """Makes Authorization headers of an app: bearer("merchant", role="owner", merchant=id)."""

    def make(face: str = "resident", sub: UUID | None = None, **said: Any) -> dict[str, str]:
        said.setdefault("region", REGION)
        token = issue(state.keys, face, sub or uuid4(), **said)  # type: ignore[arg-type]
        return {"Authorization": f"Bearer {token}"}

    return make


@pytest.fixture(scope="session")
def bearer(state: State) -> Bearer:
    """Makes Authorization headers of the shared app."""
    return bearer_of(state)


@pytest.fixture
async def store(town: Town) -> Store:
    """A small shop."""
    return await town.open_store()


@pytest.fixture
async def phone(town: Town, app_client: httpx.AsyncClient, token: Token) -> Phone:
    """The app of somebody with ¥10,000."""
    wallet = await town.open_wallet()
    await town.top_up(wallet, 10_000)
    return phone_of(app_client, token, wallet)


@pytest.fixture(scope="module")
async def world(servers: Servers) -> AsyncIterator[World]:
    """A deployment with staff, of which all tests of a file have a part of their own."""
    async with open_world(servers) as world:
        yield world
