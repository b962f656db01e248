"""An answer leaves after the commit: whoever has it finds the row, on any other connection.

FastAPI's plain `yield` dependencies end after the response was sent. A session that commits there
answers 201 with nothing stored (design: traps already measured).
"""

import ast
import asyncio
import inspect
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Message

from api.routers import ROUTERS
from api.tokens import issue
from core.database import Database
from core.settings import Settings
from ledger.regions import Region
from tests.api.phone import Phone, Token, phone_of
from tests.api.server import serving
from tests.servers import Place
from tests.terms_builder import terms_of
from tests.town_builder import Town, new_id

API = Path(__file__).parents[2] / "api"


class Witness:
    """Another connection that looks for an entry the moment that the first byte leaves."""

    def __init__(self, app: FastAPI, eye: asyncpg.Connection) -> None:
        self.app = app
        self.eye = eye

    async def sees_when_answered(
        self, method: str, path: str, headers: dict[str, str], body: Any, statement: str, key: Any
    ) -> tuple[int, bool]:
        """The status of the answer, and whether the row was there when it was sent."""
        content = json.dumps(body).encode()
        sent = [{"type": "http.request", "body": content, "more_body": False}]
        seen: list[bool] = []
        status = 0

        async def receive() -> Message:
            return sent.pop() if sent else await asyncio.Future()

        async def send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                seen.append(await self.eye.fetchval(statement, key))

        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "scheme": "http", "server": ("meguri.test", 80), "client": ("192.0.2.1", 1),
            "headers": [*raw, (b"content-type", b"application/json")],
        }  # fmt: skip
        await self.app(scope, receive, send)
        return status, bool(seen[0])


ENTRY = "SELECT EXISTS (SELECT FROM ledger.entry WHERE entry_id = $1)"


@pytest.fixture
async def eye(place: Place) -> AsyncIterator[asyncpg.Connection]:
    """A connection that shares nothing with the app and sees everything that is committed."""
    connection = await asyncpg.connect(place.superuser_url)
    yield connection
    await connection.close()


async def test_every_kind_of_write_is_committed_when_its_answer_leaves(
    app: FastAPI, eye: asyncpg.Connection, town: Town, token: Token, app_client: httpx.AsyncClient
):
    """One write through the engine, and the three that keep rows beside the journal."""
    witness = Witness(app, eye)
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 50_000)
    phone = phone_of(app_client, token, wallet)
    finance = {"Authorization": f"Bearer {token('admin', role='finance')}"}
    drafter = {"Authorization": f"Bearer {token('admin', role='campaigns')}"}
    merchant = {
        "name": "Kiku-ya", "merchant_class": "small", "category": "food", "area": "north",
    }  # fmt: skip
    terms = terms_of(await town.today()).model_dump(mode="json")
    for _ in range(10):
        names = [new_id() for _ in range(4)]
        for path, headers, body, name in (
            (f"/v1/payments/{names[0]}", phone.headers, phone.payment(store, 100), names[0]),
            (f"/v1/admin/merchants/{names[1]}", finance, merchant, names[1]),
            (
                f"/v1/admin/merchants/{store.merchant_id}/stores/{names[2]}",
                finance, {"name": "Kiku-ya"}, names[2],
            ),
            (f"/v1/admin/campaigns/{names[3]}", drafter, {"terms": terms}, names[3]),
        ):  # fmt: skip
            answer = await witness.sees_when_answered("PUT", path, headers, body, ENTRY, name)
            assert answer == (201, True), path


async def test_a_remembered_refusal_is_committed_too(
    app: FastAPI, eye: asyncpg.Connection, town: Town, token: Token, app_client: httpx.AsyncClient
):
    phone = phone_of(app_client, token, await town.open_wallet())
    store, name = await town.open_store(), new_id()
    answer = await Witness(app, eye).sees_when_answered(
        "PUT", f"/v1/payments/{name}", phone.headers, phone.payment(store, 1), ENTRY, name
    )
    assert answer == (409, True)


async def test_over_a_real_connection_the_row_is_there_when_the_bytes_are(
    settings: Settings, eye: asyncpg.Connection, town: Town, region: Region
):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 50_000)
    with serving(settings) as (url, app):
        bearer = issue(app.state.meguri.keys, "resident", wallet.person_id, region.code)
        async with httpx.AsyncClient(base_url=url) as client:
            phone = Phone(client, wallet, {"Authorization": f"Bearer {bearer}"})
            for _ in range(20):
                name = new_id()
                assert (await phone.pay(store, 10, name)).status_code == 201
                assert await eye.fetchval(ENTRY, name)


Scope = Literal["function", "request"]


@pytest.mark.parametrize(("scope", "is_there"), [("request", False), ("function", True)])
async def test_the_trap_is_real_and_this_test_sees_it(
    eye: asyncpg.Connection, database: Database, region: Region, scope: Scope, is_there: bool
):
    """A mutant: the same kind of route with its commit in a dependency of either scope."""
    await eye.execute("CREATE TABLE public.note (name uuid)")
    await eye.execute("GRANT INSERT ON public.note TO meguri_app")

    async def session() -> AsyncIterator[AsyncSession]:
        async with database.transaction(region.region_id) as session:
            yield session

    app = FastAPI()

    @app.put("/notes/{name}", status_code=201)
    async def keep(
        name: UUID, session: Annotated[AsyncSession, Depends(session, scope=scope)]
    ) -> None:
        await session.execute(text("INSERT INTO public.note VALUES (:name)"), {"name": name})

    name = new_id()
    looked = "SELECT EXISTS (SELECT FROM public.note WHERE name = $1)"
    answer = await Witness(app, eye).sees_when_answered(
        "PUT", f"/notes/{name}", {}, None, looked, name
    )
    assert answer == (201, is_there)


def test_no_route_has_a_yield_dependency_that_outlives_its_answer():
    late = [
        f"{route.path}: {dependency.call}"
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for dependency in everything_under(route.dependant)
        if yields(dependency.call) and dependency.scope != "function"
    ]
    assert late == []


def yields(call: Any) -> bool:
    """Whether a dependency goes on after its `yield`; a callable object's own method counts."""
    return any(
        inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each)
        for each in (inspect.unwrap(call), vars(type(call)).get("__call__"))
    )


def test_a_late_dependency_would_be_found():
    async def late() -> AsyncIterator[None]:
        yield

    async def early() -> None:
        return

    assert yields(late)
    assert not yields(early)


def everything_under(dependant: Dependant) -> list[Dependant]:
    """A dependency with all that it depends on."""
    return [
        dependant,
        *(deep for part in dependant.dependencies for deep in everything_under(part)),
    ]


def test_no_file_of_the_api_lets_work_run_after_the_answer():
    """BackgroundTasks and `background=` run after the answer as well, and are lost with a crash."""
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted(API.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Name) and node.id in {"BackgroundTasks", "BackgroundTask"})
        or (isinstance(node, ast.keyword) and node.arg == "background")
    ]
    assert found == []
