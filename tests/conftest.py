"""Fixtures of all tests: a fresh database each, a region, its engine, a town, the very app.

Everything commits, on a real PostgreSQL, which waits for no disk (docs/decisions/0049). See
tests/servers.py for how to run the tests against servers of your own.
"""

import asyncio
import base64
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from api.app import create_app
from api.claims import Face
from api.state import State
from api.tokens import ClaimValue, issue
from core.database import Database
from core.garbage import collect_rarely, collect_seldom
from core.settings import Settings, load_settings
from ledger.engine import Engine
from ledger.regions import Region, load_regions
from tests.seals.sealed_town import sealing
from tests.servers import Place, Servers, running_servers
from tests.town_builder import Town, open_region, running_engine

PROVIDER = "hinode-bank"
"""The one top-up provider that `settings` knows; its region is `region`."""
PROVIDER_SECRET = "whsec_" + base64.b64encode(b"the secret of hinode-bank, 32 by").decode()

LONGEST = {"torture", "bench", "town", "cli"}
"""Folders of tests that start whole deployments."""

Token = Callable[..., str]

# A shell lets what it starts in the background ignore Ctrl-C, and every process started from there
# inherits that: tests that press it would be passed over.
signal.signal(signal.SIGINT, signal.default_int_handler)


collect_rarely()


def pytest_configure(config: pytest.Config) -> None:
    """Let each of several processes begin to collect elsewhere: whoever is first at a file compiles
    it, and the others find it compiled.
    """
    given: dict[str, Any] = getattr(config, "workerinput", {})
    if given and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        files = sorted(str(path) for path in Path(__file__).parent.rglob("test_*.py"))
        first = len(files) * int(given["workerid"].removeprefix("gw")) // given["workercount"]
        config.args = files[first:] + files[:first]


def pytest_collection_finish() -> None:
    """Look for garbage as a process that serves does: what was collected stays until the end."""
    collect_seldom()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deal out what takes longest: each process of `--dist=worksteal` begins with its share of it.

    Such a process has the part of the list that is its own, and later takes from what others have.
    Files are dealt whole: what a file's tests share is made once.
    """
    processes: int = getattr(config, "workerinput", {}).get("workercount", 1)
    items.sort(key=lambda item: item.path)
    longest = [item for item in items if item.path.parent.name in LONGEST]
    others = [item for item in items if item.path.parent.name not in LONGEST]
    files = list(dict.fromkeys(item.path for item in longest))
    dealt: list[pytest.Item] = []
    for nth in range(processes):
        own = set(files[nth::processes])
        share = [item for item in longest if item.path in own]
        room = max(0, (len(items) - len(dealt)) // (processes - nth) - len(share))
        dealt += share + others[:room]
        del others[:room]
    items[:] = dealt


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[Servers]:
    """PostgreSQL with a migrated template, and Redis: once for the whole session."""
    async with running_servers(open_setagaya) as servers:
        yield servers


async def open_setagaya(database: Database) -> Region:
    """The region of most tests, which most of their databases have from the beginning."""
    return await open_region(database, "setagaya", "Asia/Tokyo")


@pytest.fixture
async def place(servers: Servers, request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """A fresh, migrated database of this test alone, by its URLs."""
    place = await servers.clone(has_region="region" in request.fixturenames)
    yield place
    await servers.leave(place)


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    """The fresh database as the application reaches it; no region is open in it yet."""
    database = Database(place.app_url)
    yield database
    await database.close()


@pytest.fixture
async def sealing_database(place: Place) -> AsyncIterator[Database]:
    """The fresh database as the worker reaches it to seal history."""
    async with sealing(place) as database:
        yield database


@pytest.fixture
async def region(database: Database) -> Region:
    """The region "setagaya" (Asia/Tokyo), opened with the default settings."""
    there = await load_regions(database)
    return there.get("setagaya") or await open_setagaya(database)


@pytest.fixture
async def second_region(database: Database) -> Region:
    """The region "tsubame" (Asia/Tokyo), beside `region` in the same database."""
    return await open_region(database, "tsubame", "Asia/Tokyo")


@pytest.fixture
async def engine(database: Database, region: Region) -> AsyncIterator[Engine]:
    """The started engine of `region`, as a process of the API has it."""
    async with running_engine(database, region) as engine:
        yield engine


@pytest.fixture
async def town(place: Place, database: Database, region: Region, engine: Engine) -> Town:
    """Builds wallets, stores, campaigns and payments in `region`; see tests/town_builder.py."""
    return Town(place, database, region, engine)


@pytest.fixture
async def second_town(
    place: Place, database: Database, second_region: Region
) -> AsyncIterator[Town]:
    """The same for `second_region`, with an engine of its own."""
    async with running_engine(database, second_region) as engine:
        yield Town(place, database, second_region, engine)


@pytest.fixture
def settings(servers: Servers, place: Place) -> Settings:
    """The settings of a deployment on the fresh database, with a top-up provider and passkeys."""
    return load_settings(
        environment="test",
        database_url=place.app_url,
        owner_database_url=place.owner_url,
        sealer_database_url=place.sealer_url,
        redis_url=servers.redis_url,
        data_dir=servers.folder,
        passkey_rp_id="example.jp",
        passkey_origins=["https://pay.example.jp"],
        top_up_providers={PROVIDER: {"secret": PROVIDER_SECRET, "region": "setagaya"}},
        webhooks_to_loopback=True,
    )


@pytest.fixture
async def app(settings: Settings, region: Region) -> AsyncIterator[FastAPI]:
    """The app that is deployed, in its lifespan, on the fresh database; Redis is flushed first."""
    async with Redis.from_url(settings.redis_url) as redis:
        await redis.flushdb()
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        state: State = app.state.meguri
        async with asyncio.timeout(5):
            while state.revocations.age_s > 5:  # until then every token is refused
                await asyncio.sleep(0.01)
        yield app


@pytest.fixture
async def app_client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `app`. An exception that the app lets through is raised in the test."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://meguri.test") as client:
        yield client


@pytest.fixture
def token(app: FastAPI) -> Token:
    """Issues real tokens of `app`: token("resident", sub=person_id), token("admin", role="desk").

    The region is setagaya and `sub` a new person unless they are given; other claims are as in
    `api.tokens.issue` (scope, merchant, role, stores, ttl_s, ...).
    """
    state: State = app.state.meguri

    def make(face: Face, sub: UUID | None = None, **claims: ClaimValue) -> str:
        said = {"region": "setagaya", **claims}
        return issue(state.keys, face, sub or uuid4(), **said)  # type: ignore[arg-type]

    return make
