"""Whether this process lives, and whether it may be sent requests."""

from typing import Final, Literal

from fastapi import APIRouter, Request, Response

from api.answers import Answer
from api.revision import DatabaseState, database_state
from api.state import State, state_of
from core.redis import REDIS_TROUBLE
from core.revocations import STALE_S

router: Final = APIRouter(tags=["operations"])


class Live(Answer):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(Answer):
    """`degraded` may be sent requests too: what is missing is something that may be missing."""

    status: Literal["ready", "degraded", "not ready"]
    database: DatabaseState
    revocations: Literal["fresh", "stale"]
    redis: Literal["up", "down"]
    keys: Literal["current", "unreadable"]
    standby: Literal["waited for", "done without"]
    process: Literal["serving", "ending"]


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
    """Ready: the database answers at our revision or a newer one, revocations are fresh, and
    nobody has told this process to end.

    Redis may be gone, the key file unreadable, and the standby done without where the operator
    chose that: payments go on, so that is `degraded`.
    """
    state = state_of(request)
    database = await database_state(state.database)
    is_fresh = state.revocations.age_s <= STALE_S
    redis_is_up = await _redis_answers(state)
    # Reading the ring looks at the file, which is what says whether it is current.
    keys_are_current = bool(state.keys.ring.keys) and state.keys.is_current
    is_alone = state.database.standby.is_done_without
    is_closing = state.closing.has_begun
    is_whole = redis_is_up and keys_are_current and not is_alone
    may_serve = database == "up" and is_fresh and not is_closing
    response.status_code = 200 if may_serve else 503
    return Ready(
        status=_status(may_serve=may_serve, is_whole=is_whole),
        database=database,
        revocations="fresh" if is_fresh else "stale",
        redis="up" if redis_is_up else "down",
        keys="current" if keys_are_current else "unreadable",
        standby="done without" if is_alone else "waited for",
        process="ending" if is_closing else "serving",
    )


def _status(*, may_serve: bool, is_whole: bool) -> Literal["ready", "degraded", "not ready"]:
    if not may_serve:
        return "not ready"
    return "ready" if is_whole else "degraded"


async def _redis_answers(state: State) -> bool:
    try:
        await state.redis.ping()
    except REDIS_TROUBLE:
        return False
    return True
