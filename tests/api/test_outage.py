"""A database that is away is told as 503 with Retry-After, never as a bug; the same request again
succeeds. Only a commit whose answer was lost leaves open whether it was done.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from api.app import create_app
from api.state import State
from api.tokens import issue
from cli.migrate import upgrade
from core.database import Database
from core.embedded import cluster
from core.embedded.postgres import start_postgres
from core.errors import Problem
from core.outage import is_outage
from core.settings import Settings, load_settings
from ledger.open_region import make_region
from tests.api.probe import is_problem
from tests.servers import Servers
from tests.terms_builder import terms_of
from tests.town_builder import Town, new_id
from torture.proxy import Cut, running_proxy

MERCHANT = {"name": "Bakery", "merchant_class": "small", "category": "food", "area": "north"}
TERMS = terms_of(date(2026, 11, 22)).model_dump(mode="json")
CUT_ALL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@asynccontextmanager
async def office(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, State]]:
    """A client that administers the region through an app of its own."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        state: State = app.state.meguri
        token = issue(state.keys, "admin", new_id(), "setagaya", role="finance")
        transport = httpx.ASGITransport(app)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://meguri.test", headers=headers, timeout=60
        ) as client:
            yield client, state


def drafter(state: State) -> dict[str, str]:
    token = issue(state.keys, "admin", new_id(), "setagaya", role="campaigns")
    return {"Authorization": f"Bearer {token}"}


def is_unavailable(answer: httpx.Response) -> None:
    is_problem(answer, 503, "database-unavailable")
    assert answer.headers["retry-after"] == "2"


async def cut_all(town: Town) -> None:
    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute(CUT_ALL)
    await superuser.close()


@asynccontextmanager
async def head_taken(town: Town) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else holds the region's head, so that whoever writes waits."""
    superuser = await asyncpg.connect(town.place.superuser_url)
    async with superuser.transaction():
        await superuser.execute("SELECT FROM ledger.head FOR UPDATE")
        yield superuser
    await superuser.close()


async def until_somebody_waits(superuser: asyncpg.Connection) -> None:
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    async with asyncio.timeout(10):
        while not await superuser.fetchval(waits):
            await asyncio.sleep(0.02)


async def refusal_of(database: Database, town: Town, *statements: str) -> str:
    """The slug of the problem that these statements of one transaction come to."""
    try:
        async with database.transaction(town.region.region_id) as session:
            for statement in statements:
                await session.execute(text(statement))
                await asyncio.sleep(0.2)
    except Problem as refused:
        return refused.type.slug
    return "done"


async def test_connections_that_were_cut_cost_one_answer(town: Town, settings: Settings):
    async with office(settings) as (client, _):
        paths = ["/v1/admin/region", "/v1/admin/trial-balance", "/v1/admin/merchants"]
        for path in paths:
            assert (await client.get(path)).status_code == 200
            await cut_all(town)
            is_unavailable(await client.get(path))
            assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("what", ["merchants", "campaigns"])
async def test_a_connection_that_is_cut_while_posting_leaves_nothing(
    town: Town, settings: Settings, what: str
):
    bodies: dict[str, Any] = {
        "merchants": MERCHANT,
        "campaigns": {"terms": TERMS},
    }
    async with office(settings) as (client, state):
        headers = drafter(state) if what == "campaigns" else {}
        path = f"/v1/admin/{what}/{new_id()}"
        async with head_taken(town) as superuser:
            asked = asyncio.create_task(client.put(path, json=bodies[what], headers=headers))
            await until_somebody_waits(superuser)
            await superuser.execute(CUT_ALL)
            is_unavailable(await asked)
        answer = await client.get(path, headers=headers)
        if answer.status_code == 503:  # another connection of the pool that had been cut
            answer = await client.get(path, headers=headers)
        assert answer.status_code == 404
        answer = await client.put(path, json=bodies[what], headers=headers)
        assert answer.status_code == 201
        assert "idempotent-replay" not in answer.headers


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_a_commit_whose_answer_is_lost_is_told_by_the_id(
    town: Town, settings: Settings, cut: Cut
):
    async with (
        running_proxy(settings.database_url) as proxy,
        office(settings.model_copy(update={"database_url": proxy.url})) as (client, _),
    ):
        path = f"/v1/admin/merchants/{new_id()}"
        cuts: list[Cut] = [cut]
        proxy.cut = lambda: cuts.pop() if is_posting() and cuts else None
        asking: list[bool] = []

        def is_posting() -> bool:
            return bool(asking)

        asking.append(True)
        answer = await client.put(path, json=MERCHANT)
        asking.clear()
        is_problem(answer, 503, "outcome-unknown")
        assert answer.headers["retry-after"] == "2"
        assert proxy.cuts == 1
        again = await client.put(path, json=MERCHANT)
        assert again.status_code == 201, again.text
        assert ("idempotent-replay" in again.headers) is (cut == "after")


async def test_a_lock_that_is_not_had_is_not_a_bug(town: Town, database: Database):
    lock = "SELECT pg_advisory_xact_lock(7)"
    async with database.transaction(town.region.region_id) as session:
        await session.execute(text(lock))
        slug = await refusal_of(database, town, "SET LOCAL lock_timeout = '50ms'", lock)
    assert slug == "database-unavailable"


@pytest.mark.parametrize("limit", ["statement_timeout", "idle_in_transaction_session_timeout"])
async def test_a_time_limit_is_not_a_bug(town: Town, database: Database, limit: str):
    slug = await refusal_of(database, town, f"SET LOCAL {limit} = '50ms'", "SELECT pg_sleep(1)")
    assert slug == "database-unavailable"
    async with database.snapshot(town.region.region_id) as session:
        await session.execute(text("SELECT 1"))


async def test_a_pool_that_is_used_up_is_not_a_bug(town: Town):
    narrow = Database(town.place.app_url, pool_size=1)
    region_id = town.region.region_id
    async with narrow.snapshot(region_id):
        assert await refusal_of(narrow, town) == "database-unavailable"
    await narrow.close()


async def test_a_bug_stays_a_bug(town: Town, database: Database):
    for statement, values in (
        ("SELECT nothing", {}),
        ("SELECT 1 / 0", {}),
        ("SELECT :n + 1::integer", {"n": "one"}),
        ("INSERT INTO ledger.entry DEFAULT VALUES", {}),
    ):
        with pytest.raises(Exception) as raised:  # noqa: PT011  which one is the driver's choice
            async with database.transaction(town.region.region_id) as session:
                await session.execute(text(statement), values)
        assert not isinstance(raised.value, Problem), statement
        assert not is_outage(raised.value)


async def test_a_server_that_stops_and_comes_back(servers: Servers):
    folder = Path(tempfile.mkdtemp(prefix="meguri-outage-"))
    postgres = await start_postgres(folder)
    try:
        await postgres.create_database("outage")
        await upgrade(postgres.owner_url("outage"))
        database = Database(postgres.app_url("outage"))
        await make_region(database, "setagaya", "Setagaya", "Asia/Tokyo")
        await database.close()
        settings = load_settings(
            environment="test",
            database_url=postgres.app_url("outage"),
            redis_url=servers.redis_url,
            data_dir=folder,
        )
        async with office(settings) as (client, state):
            wishes = [
                ("GET", "/v1/admin/trial-balance", None),
                ("GET", "/v1/admin/merchants", None),
                ("PUT", f"/v1/admin/merchants/{new_id()}", MERCHANT),
                (
                    "PUT",
                    f"/v1/admin/campaigns/{new_id()}",
                    {"terms": TERMS},
                ),
            ]
            await asyncio.to_thread(cluster.stop, postgres.folder)
            for method, path, body in wishes * 2:
                headers = drafter(state) if "campaigns" in path else {}
                is_unavailable(await client.request(method, path, json=body, headers=headers))
            assert (await client.get("/readyz")).json()["database"] == "down"
            await asyncio.to_thread(cluster.ensure_running, postgres.folder)
            async with asyncio.timeout(20):
                while (await client.get("/readyz")).status_code != 200:
                    await asyncio.sleep(0.1)
            assert (await client.get("/v1/admin/trial-balance")).status_code == 200
    finally:
        await postgres.leave()
        shutil.rmtree(folder)
