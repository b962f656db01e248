"""Sessions go on by refresh tokens that are used once, and end with one that comes twice."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from access.renew_session import Closed, renew_session
from access.sessions import Home, Opened, Whose, end_sessions, open_session
from access.sign_in_tables import session as session_table
from core.database import Database
from core.revocations import revocation


async def begin(database: Database, home: Home, person: UUID | None = None) -> Opened:
    async with database.transaction(home.region_id) as db:
        return await open_session(db, home, Whose("resident", person or uuid4()), "sms")


async def renew(database: Database, home: Home, token: str) -> Opened | Closed:
    async with database.transaction(home.region_id) as db:
        return await renew_session(db, home, token, None)


async def further(database: Database, home: Home, token: str) -> Opened:
    renewed = await renew(database, home, token)
    assert isinstance(renewed, Opened)
    return renewed


async def is_revoked(database: Database, session_id: UUID) -> bool:
    async with database.everywhere() as db:
        found = await db.execute(select(revocation.c.kind).where(revocation.c.value == session_id))
        return found.scalar_one_or_none() == "family"


async def test_a_session_goes_on_with_another_token_each_time(database: Database, home: Home):
    opened = await begin(database, home)
    second = await further(database, home, opened.refresh_token)
    third = await further(database, home, second.refresh_token)
    assert second.session_id == third.session_id == opened.session_id
    assert third.whose == opened.whose
    assert len({opened.refresh_token, second.refresh_token, third.refresh_token}) == 3


async def test_a_token_that_comes_twice_ends_the_session_for_both(database: Database, home: Home):
    opened = await begin(database, home)
    mine = await further(database, home, opened.refresh_token)
    assert await renew(database, home, opened.refresh_token) == Closed("reused", opened.session_id)
    assert await renew(database, home, mine.refresh_token) == Closed("over", opened.session_id)
    assert await is_revoked(database, opened.session_id)


async def test_of_twenty_at_once_one_goes_on_and_the_session_ends(database: Database, home: Home):
    opened = await begin(database, home)
    told = await asyncio.gather(*(renew(database, home, opened.refresh_token) for _ in range(20)))
    assert sum(isinstance(one, Opened) for one in told) == 1
    assert await is_revoked(database, opened.session_id)


async def test_a_token_of_another_region_is_unknown(database: Database, home: Home):
    opened = await begin(database, home)
    other = Home(2, "tsubame")
    assert await renew(database, other, opened.refresh_token) == Closed("unknown")
    assert isinstance(await renew(database, home, opened.refresh_token), Opened)


@pytest.mark.parametrize("what", ["refresh", "session"])
async def test_nothing_goes_on_after_its_time(database: Database, home: Home, what: str):
    opened = await begin(database, home)
    async with database.transaction(home.region_id) as db:
        await db.execute(
            text(f"UPDATE access.{what} SET expires_at = clock_timestamp() WHERE session_id = :id"),
            {"id": opened.session_id},
        )
    assert await renew(database, home, opened.refresh_token) == Closed("over", opened.session_id)


async def test_all_sessions_of_a_person_end_but_the_one_that_asks(database: Database, home: Home):
    person = uuid4()
    kept, *others = [await begin(database, home, person) for _ in range(3)]
    stranger = await begin(database, home)
    async with database.transaction(home.region_id) as db:
        ended = await end_sessions(
            db, home.region_id, "asked", subject_id=person, but=kept.session_id
        )
    assert len(ended) == 2
    for other in others:
        assert await renew(database, home, other.refresh_token) == Closed("over", other.session_id)
    assert isinstance(await renew(database, home, kept.refresh_token), Opened)
    assert isinstance(await renew(database, home, stranger.refresh_token), Opened)


async def test_no_token_stands_in_the_database(database: Database, home: Home):
    opened = await begin(database, home)
    async with database.transaction(home.region_id) as db:
        rows = await db.execute(text("SELECT r::text FROM access.refresh r"))
        assert not any(opened.refresh_token[-43:] in row for row in rows.scalars())
        kept = await db.execute(select(session_table.c.ended_at))
        assert kept.first() is not None
