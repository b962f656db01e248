"""Health: live without anybody, ready only with the database, degraded without Redis."""

import asyncio

import asyncpg
import pytest

from core.ids import uuid7
from tests.api.conftest import bearer_of, serving
from tests.api.probe import is_problem
from tests.town_builder import open_region


@pytest.fixture
async def region(database):
    return await open_region(database, "tsubame", "Asia/Tokyo")


async def test_all_is_well(client):
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "database": "up",
        "revocations": "fresh",
        "redis": "up",
        "keys": "current",
        "standby": "waited for",
        "process": "serving",
    }


async def test_without_redis_it_is_degraded_and_serves(settings, region):
    without = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1"})
    async with serving(without) as (app, client):
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["redis"] == "down"
        state = app.state.meguri
        for _ in range(3):
            answer = await client.put(
                f"/v1/probe/payments/{uuid7(state.clock.now())}",
                headers=bearer_of(state)(),
                json={"amount_yen": 1, "wallet_id": str(uuid7(state.clock.now()))},
            )
            assert answer.status_code == 201


async def test_without_a_standby_it_is_degraded_until_one_confirms(settings, region):
    alone = settings.model_copy(update={"without_standby": "degrade"})
    async with serving(alone) as (app, client):
        async with asyncio.timeout(10):  # this server names no standby, which the watch finds
            answer = await client.get("/readyz")
            while answer.json()["standby"] != "done without":
                app.state.meguri.database.standby.do_without()
                answer = await client.get("/readyz")
            assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
            while (await client.get("/readyz")).json()["standby"] != "waited for":
                await asyncio.sleep(0.05)


async def test_a_database_of_another_revision_is_not_ready(settings, region, place):
    async with serving(settings) as (_, client):
        superuser = await asyncpg.connect(place.superuser_url)
        await superuser.execute("UPDATE meguri.alembic_version SET version_num = '0001'")
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (503, "not migrated")
        assert answer.json()["status"] == "not ready"
        await superuser.execute("DROP TABLE meguri.alembic_version")
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (503, "not migrated")
        await superuser.close()


async def test_a_database_that_other_migrations_made_is_not_ready(settings, region, place):
    async with serving(settings) as (_, client):
        superuser = await asyncpg.connect(place.superuser_url)
        for change in (
            "UPDATE meguri.migration_digest SET digest = '' WHERE revision = '0004'",
            "DROP TABLE meguri.migration_digest",
        ):
            await superuser.execute(change)
            answer = await client.get("/readyz")
            assert (answer.status_code, answer.json()["database"]) == (503, "made otherwise")
        await superuser.close()


async def test_old_code_serves_while_a_newer_revision_is_there(settings, region, place):
    async with serving(settings) as (_, client):
        superuser = await asyncpg.connect(place.superuser_url)
        await superuser.execute("UPDATE meguri.alembic_version SET version_num = '9999'")
        await superuser.execute("INSERT INTO meguri.migration_digest VALUES ('9999', 'newer')")
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (200, "up")
        await superuser.close()


async def test_a_database_that_is_gone_is_not_ready_and_lets_nobody_in(
    settings, region, place, servers
):
    async with serving(settings) as (app, client):
        state = app.state.meguri
        headers = bearer_of(state)("admin", role="finance")
        assert (await client.get("/v1/probe/books", headers=headers)).status_code == 200
        await servers.administer(
            f"ALTER DATABASE {place.name} ALLOW_CONNECTIONS false",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{place.name}'",
        )
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (503, "down")
        assert (await client.get("/healthz")).status_code == 200
        state.revocations._fresh_at -= 10.1  # ten seconds pass
        answer = await client.get("/v1/probe/books", headers=headers)
        is_problem(answer, 503, "revocations-unknown")
        assert answer.headers["retry-after"] == "1"
        assert (await client.get("/readyz")).json()["revocations"] == "stale"
        await servers.administer(f"ALTER DATABASE {place.name} ALLOW_CONNECTIONS true")
