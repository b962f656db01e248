"""Whether this process lives, and whether it may be sent requests."""

import asyncio
from importlib.resources import files
from typing import Final, Literal

import asyncpg
from alembic.script import ScriptDirectory
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from api.state import State, state_of
from core.database import Database
from core.redis import REDIS_TROUBLE
from core.revocations import STALE_S

router: Final = APIRouter(tags=["operations"])

DEADLINE_S: Final = 2.0

DatabaseState = Literal["up", "down", "not migrated"]


class Live(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """`degraded` may be sent requests too: what is missing is something that may be missing."""

    status: Literal["ready", "degraded", "not ready"]
    database: DatabaseState
    revocations: Literal["fresh", "stale"]
    redis: Literal["up", "down"]
    keys: Literal["current", "unreadable"]


@router.get("/healthz", operation_id="isAlive", summary="Whether this process lives")
async def healthz() -> Live:
    """Live: the event loop turns. Asks nobody, so that a dead database does not restart us."""
    return Live()


@router.get(
    "/readyz",
    operation_id="isReady",
    summary="Whether it may be sent requests",
    responses={503: {"model": Ready, "description": "Send requests elsewhere."}},
)
async def readyz(request: Request, response: Response) -> Ready:
    """Ready: the database answers at our revision, and revocations are fresh.

    Redis may be gone and the key file unreadable for now: payments go on, so that is `degraded`.
    """
    state = state_of(request)
    database = await _database(state.database)
    is_fresh = state.revocations.age_s <= STALE_S
    redis_is_up = await _redis_answers(state)
    # Reading the ring looks at the file, which is what says whether it is current.
    keys_are_current = bool(state.keys.ring.keys) and state.keys.is_current
    may_serve = database == "up" and is_fresh
    response.status_code = 200 if may_serve else 503
    return Ready(
        status=_status(may_serve=may_serve, is_whole=redis_is_up and keys_are_current),
        database=database,
        revocations="fresh" if is_fresh else "stale",
        redis="up" if redis_is_up else "down",
        keys="current" if keys_are_current else "unreadable",
    )


def newest_revision() -> str | None:
    """The revision to which this program's own migrations lead."""
    return ScriptDirectory(str(files("migrations"))).get_current_head()


_NEWEST: Final = newest_revision()


def _status(*, may_serve: bool, is_whole: bool) -> Literal["ready", "degraded", "not ready"]:
    if not may_serve:
        return "not ready"
    return "ready" if is_whole else "degraded"


async def _database(database: Database) -> DatabaseState:
    try:
        async with asyncio.timeout(DEADLINE_S), database.everywhere() as session:
            found = await session.scalars(text("SELECT version_num FROM meguri.alembic_version"))
            return "up" if found.one_or_none() == _NEWEST else "not migrated"
    except ProgrammingError:  # there is no such table, or it may not be read
        return "not migrated"
    except (SQLAlchemyError, asyncpg.PostgresError, OSError, TimeoutError):
        return "down"


async def _redis_answers(state: State) -> bool:
    try:
        await state.redis.ping()
    except REDIS_TROUBLE:
        return False
    return True
