"""Revocations: they hold within seconds, without Redis too; without PostgreSQL nobody gets in."""

import asyncio
import time
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import jwt
import pytest
from sqlalchemy import text

from core.database import Database
from core.errors import Problem
from core.revocations import STALE_S, WHOLE_S, Revocations, revoke, watch_revocations
from tests.api.probe import is_problem

HOUR = timedelta(hours=1)


def checked(revocations: Revocations, region_id: int, **who) -> str:
    who = {"jti": uuid4(), "sub": uuid4(), "family": None, "issued_at": time.time()} | who
    try:
        revocations.check(region_id, **who)
    except Problem as refused:
        return refused.type.slug
    return "believed"


@pytest.fixture
async def connection(database: Database):
    opened = await database.connect()
    yield opened
    await opened.close()


async def test_a_revoked_token_stops_within_two_seconds(client, bearer, state):
    headers = bearer("admin", role="finance")
    assert (await client.get("/v1/probe/books", headers=headers)).status_code == 200
    token = headers["Authorization"].removeprefix("Bearer ")
    jti = UUID(jwt.decode(token, options={"verify_signature": False})["jti"])
    region_id = state.regions.id_of("tsubame")
    async with state.database.transaction(region_id) as session:
        await revoke(session, region_id, "jti", jti, HOUR)
    started = time.monotonic()
    async with asyncio.timeout(5):
        while (await client.get("/v1/probe/books", headers=headers)).status_code == 200:
            await asyncio.sleep(0.05)
    assert time.monotonic() - started < 2
    answer = await client.get("/v1/probe/books", headers=headers)
    is_problem(answer, 401, "token-revoked")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    other = bearer("admin", role="finance")
    assert (await client.get("/v1/probe/books", headers=other)).status_code == 200


async def test_each_kind_reaches_what_it_names_in_its_region_only(database, region, connection):
    jti, sub, family = uuid4(), uuid4(), uuid4()
    issued_at = time.time()
    async with database.transaction(region.region_id) as session:
        await revoke(session, region.region_id, "jti", jti, HOUR)
        await revoke(session, region.region_id, "sub", sub, HOUR)
        await revoke(session, region.region_id, "family", family, HOUR)
    revocations = Revocations()
    await revocations.refresh(connection)
    here, there = region.region_id, region.region_id + 1
    for who in ({"jti": jti}, {"sub": sub, "issued_at": issued_at}, {"family": family}):
        assert checked(revocations, here, **who) == "token-revoked"
        assert checked(revocations, there, **who) == "believed"
    assert checked(revocations, here, sub=sub, issued_at=time.time() + 1) == "believed"
    assert checked(revocations, here) == "believed"


async def test_a_commit_that_was_slow_is_not_missed(database, region, connection):
    revocations = Revocations()
    slow, quick = uuid4(), uuid4()
    async with database.transaction(region.region_id) as session:
        await revoke(session, region.region_id, "jti", slow, HOUR)
        async with database.transaction(region.region_id) as other:
            await revoke(other, region.region_id, "jti", quick, HOUR)
        await revocations.refresh(connection)
        assert checked(revocations, region.region_id, jti=quick) == "token-revoked"
        assert checked(revocations, region.region_id, jti=slow) == "believed"
    await revocations.refresh(connection)
    assert checked(revocations, region.region_id, jti=slow) == "token-revoked"


async def test_a_clock_that_is_set_back_hides_no_revocation_for_long(database, region, connection):
    clock = [0.0]
    revocations = Revocations(lambda: clock[0])
    ahead, sub = uuid4(), uuid4()
    await connection.execute("SELECT set_config('meguri.region', $1, false)", str(region.region_id))
    await connection.execute(
        "INSERT INTO access.revocation (region_id, kind, value, revoked_at, expires_at)"
        " VALUES ($1, 'sub', $2, clock_timestamp() + interval '5 minutes',"
        " clock_timestamp() + interval '1 hour')",
        region.region_id,
        ahead,
    )
    await revocations.refresh(connection)
    async with database.transaction(region.region_id) as session:
        await revoke(session, region.region_id, "sub", sub, HOUR)
    clock[0] += WHOLE_S
    await revocations.refresh(connection)
    assert checked(revocations, region.region_id, sub=sub, issued_at=0) == "token-revoked"


async def test_revoking_again_moves_the_moment_and_never_shortens(database, region, connection):
    sub = uuid4()
    for lasts in (HOUR, timedelta(seconds=1)):
        async with database.transaction(region.region_id) as session:
            await revoke(session, region.region_id, "sub", sub, lasts)
    row = await connection.fetchrow(
        "SELECT expires_at - now() > interval '59 minutes' AS lasts, "
        "now() - revoked_at < interval '5 seconds' AS is_new FROM access.revocation"
    )
    assert (row["lasts"], row["is_new"]) == (True, True)


async def test_what_is_over_is_forgotten(database, region, connection):
    revocations = Revocations()
    brief = uuid4()
    async with database.transaction(region.region_id) as session:
        await revoke(session, region.region_id, "jti", brief, timedelta(seconds=0.3))
    await revocations.refresh(connection)
    assert len(revocations._entries) == 1
    await asyncio.sleep(0.35)
    async with database.transaction(region.region_id) as session:
        await revoke(session, region.region_id, "jti", uuid4(), HOUR)
    await revocations.refresh(connection)
    assert (region.region_id, "jti", brief) not in revocations._entries
    assert len(revocations._entries) == 1


async def test_the_database_refuses_a_kind_that_nobody_looks_up(database):
    connection = await database.connect_region(1)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(
            "INSERT INTO access.revocation VALUES (1, 'name', $1, now(), now() + '1 h'::interval)",
            uuid4(),
        )
    await connection.close()


@pytest.mark.parametrize("others", [0, 2])
async def test_a_session_revokes_in_its_own_region_only(database, others):
    insert = "INSERT INTO access.revocation VALUES ($1, 'jti', $2, now(), now() + '1 h'::interval)"
    jti = uuid4()
    ours, theirs = await database.connect_region(1), await database.connect_region(others)
    await theirs.execute(insert, others, jti)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ours.execute(insert, others, uuid4())
    moved = "UPDATE access.revocation SET expires_at = expires_at + '1 h'::interval"
    assert await ours.execute(moved) == "UPDATE 0"
    assert await theirs.execute(moved) == "UPDATE 1"
    assert await ours.fetchval("SELECT value FROM access.revocation") == jti  # all are seen by all
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await theirs.execute("UPDATE access.revocation SET region_id = 1")
    await ours.close()
    await theirs.close()


async def test_nobody_takes_a_revocation_back(database, region, connection):
    brief, lasting = uuid4(), uuid4()
    region_id = region.region_id
    async with database.transaction(region_id) as session:
        await revoke(session, region_id, "jti", brief, timedelta(seconds=0.1))
        await revoke(session, region_id, "jti", lasting, HOUR)
    await asyncio.sleep(0.15)
    async with database.transaction(region_id + 1) as session:
        assert (await session.execute(text("DELETE FROM access.revocation"))).rowcount == 0
    async with database.transaction(region_id) as session:
        assert (await session.execute(text("DELETE FROM access.revocation"))).rowcount == 1
    assert await connection.fetchval("SELECT value FROM access.revocation") == lasting


class Hand:
    """A clock of seconds that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_copy_that_cannot_be_refreshed_refuses_everybody(connection):
    clock = Hand()
    revocations = Revocations(clock)
    assert checked(revocations, 1) == "revocations-unknown"
    await revocations.refresh(connection)
    clock.now += STALE_S
    assert checked(revocations, 1) == "believed"
    clock.now += 0.1
    assert checked(revocations, 1) == "revocations-unknown"
    await revocations.refresh(connection)
    assert checked(revocations, 1) == "believed"


async def test_the_watcher_comes_back_after_its_connection_was_cut(place, database):
    revocations = Revocations()
    watcher = asyncio.create_task(watch_revocations(revocations, database))
    superuser = await asyncpg.connect(place.superuser_url)
    try:
        await _refreshed(revocations)
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        revocations._fresh_at = None
        await _refreshed(revocations)
        assert not watcher.done()
    finally:
        await superuser.close()
        watcher.cancel()
        await asyncio.wait([watcher])


async def test_the_watcher_waits_for_a_database_that_is_not_there_yet():
    revocations = Revocations()
    absent = Database("postgresql://nobody@127.0.0.1:1/nothing")
    watcher = asyncio.create_task(watch_revocations(revocations, absent))
    await asyncio.sleep(0.3)
    assert not watcher.done()
    assert checked(revocations, 1) == "revocations-unknown"
    watcher.cancel()
    await asyncio.wait([watcher])
    await absent.close()


async def _refreshed(revocations: Revocations) -> None:
    async with asyncio.timeout(5):
        while revocations.age_s > 1:
            await asyncio.sleep(0.02)
