"""A region that another process has just opened: its tokens count, and forged ones cost nothing."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from api.key_file import Keys, create_key_file
from api.regions import AGAIN_S, REFRESH_S
from api.state import State
from api.tokens import issue
from core.database import Database
from tests.api.probe import is_problem
from tests.conftest import Token
from tests.town_builder import new_id, open_region


def asking(client: httpx.AsyncClient, token: str) -> asyncio.Task[httpx.Response]:
    """Asks for a wallet that is nobody's."""
    headers = {"Authorization": f"Bearer {token}"}
    return asyncio.create_task(client.get(f"/v1/wallets/{new_id()}", headers=headers))


@contextmanager
def readings(app: FastAPI) -> Iterator[list[float]]:
    """When this process read the regions while the block lasted, by the statements it sent."""
    state: State = app.state.meguri
    found: list[float] = []

    def look(_connection, _cursor, statement: str, *_) -> None:
        if "FROM ledger.region" in statement:
            found.append(time.monotonic())

    engine = state.database.sqlalchemy.sync_engine
    event.listen(engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", look)


@pytest.fixture
async def fresh(app: FastAPI) -> State:
    """A process that has read the regions this moment."""
    state: State = app.state.meguri
    await state.regions.refresh()
    return state


async def test_the_first_token_of_a_new_region_counts_at_once(
    app_client, app: FastAPI, token: Token, database: Database, fresh: State
):
    for number in range(3):
        code = f"new-{number}"
        unknown = asking(app_client, token("resident", region=code))
        is_problem(await unknown, 401, "token-invalid")
        await open_region(database, code, "Asia/Tokyo")
        with readings(app) as read:
            asked = [asking(app_client, token("resident", region=code)) for _ in range(20)]
            for answer in await asyncio.gather(*asked):
                is_problem(answer, 404, "wallet-unknown")
                assert answer.headers["ratelimit"].startswith('"resident"'), "not a forgery"
        assert read, "it looked"


async def test_many_unknown_regions_share_their_readings(
    app: FastAPI, app_client, token: Token, fresh: State
):
    began = time.monotonic()
    with readings(app) as read:
        asked = [asking(app_client, token("resident", region=f"no-{n}")) for n in range(60)]
        for answer in await asyncio.gather(*asked):
            is_problem(answer, 401, "token-invalid")
    assert 1 <= len(read) <= 2 + (time.monotonic() - began) / AGAIN_S


async def test_a_forged_token_makes_nobody_look(app: FastAPI, app_client, tmp_path, fresh: State):
    create_key_file(tmp_path / "others.json")
    others = Keys("meguri", tmp_path / "others.json")
    began = time.monotonic()
    with readings(app) as read:
        for number in range(20):
            forged = issue(others, "resident", uuid4(), region=f"no-{number}")
            is_problem(await asking(app_client, forged), 401, "token-invalid")
    assert len(read) <= 1 + (time.monotonic() - began) / REFRESH_S, "only those of the clock"


async def test_who_goes_away_while_waiting_takes_nobody_along(
    app_client, token: Token, database: Database, fresh: State
):
    await open_region(database, "tsubame", "Asia/Tokyo")
    gone, stays = (asking(app_client, token("resident", region="tsubame")) for _ in range(2))
    while fresh.regions._next_reading is None and not stays.done():
        await asyncio.sleep(0)
    gone.cancel()
    is_problem(await stays, 404, "wallet-unknown")
