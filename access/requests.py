"""Requests: what needs a second person (four eyes) before it is done.

Who asked never decides, and who it is about never approves. Two logins that ever signed in at one
device are taken for one person. What an approval does is the caller's, in the same transaction as
`decide`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.login_devices import known_devices, same_person
from access.tables import request
from access.who_left import has_left
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from core.revocations import TOKEN_REVOKED
from ledger.command import ID_IN_USE

REQUEST_UNKNOWN: Final = problem("request-unknown", 404, "There is no such request.")
REQUEST_OVER: Final = problem("request-over", 409, "This request is not open any more.")
REQUEST_PENDING: Final = problem(
    "request-pending", 409, "Such a request is open already: decide or withdraw it first."
)
SECOND_PERSON_NEEDED: Final = problem(
    "second-person-needed", 409, "Another person, at another device, has to decide this."
)
NOT_YOUR_REQUEST: Final = problem("not-your-request", 409, "Only who made a request withdraws it.")

Decision = Literal["approved", "refused"]
RequestState = Literal["open", "approved", "refused", "withdrawn", "expired"]


@dataclass(frozen=True, slots=True)
class RequestKind:
    """What is asked for, and how long somebody may decide on it."""

    name: str
    lasts: timedelta
    is_about_a_person: bool = False
    """Then its lines in the log of acts are that person's: they see them, and the reason is erased
    with the account. They begin with the kind's name (`recovery.approved`), others with `request.`.
    """


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stands."""

    request_id: UUID
    kind: str
    object_id: UUID
    facts: dict[str, Any]
    reason: str
    made_by: UUID
    made_at: datetime
    expires_at: datetime
    state: RequestState
    decided_by: UUID | None
    decided_at: datetime | None


async def make_request(
    db: AsyncSession,
    region_id: int,
    request_id: UUID,
    kind: RequestKind,
    doer: Doer,
    object_id: UUID,
    reason: str,
    **facts: Any,
) -> Request:
    """Ask for a second person, in the caller's transaction; the same id and content are one.

    `facts` are ids, codes and numbers. Raises id-in-use, request-pending where the same is asked
    for this object and not decided yet, and token-revoked for who has left the own post: what was
    asked for before that is withdrawn, and nothing comes after it.
    """
    if doer.role is not None and await has_left(db, region_id, doer.login_id, doer.role, None):
        raise Problem(TOKEN_REVOKED)
    await one_at_a_time(db, region_id, f"{kind.name} {object_id}")
    known = await _found(db, region_id, request_id)
    if known is not None:
        if (known.kind, known.object_id, known.reason, known.facts, known.made_by) != (
            kind.name, object_id, reason, facts, doer.login_id,
        ):  # fmt: skip
            raise Problem(ID_IN_USE)
        return known
    pending = await db.scalar(
        select(request.c.request_id).where(
            request.c.region_id == region_id,
            request.c.state == "open",
            request.c.kind == kind.name,
            request.c.object_id == object_id,
            request.c.expires_at > func.clock_timestamp(),
        )
    )
    if pending is not None:
        raise Problem(REQUEST_PENDING, pending_id=UUID(int=pending.int))
    made_with = sorted(await known_devices(db, region_id, doer.login_id))
    made = await db.scalars(
        insert(request)
        .values(
            region_id=region_id,
            request_id=request_id,
            kind=kind.name,
            object_id=object_id,
            facts=facts,
            reason=reason,
            made_by=doer.login_id,
            made_with=made_with,
            expires_at=func.clock_timestamp() + kind.lasts,
        )
        .on_conflict_do_nothing(constraint=request.primary_key)
        .returning(request.c.request_id)
    )
    if made.one_or_none() is None:  # two at once, under one id, of different content
        raise Problem(ID_IN_USE)
    step = "asked" if kind.is_about_a_person else "made"
    await _enter(db, region_id, doer, kind, step, request_id, object_id, reason)
    found = await _found(db, region_id, request_id)
    assert found is not None
    return found


async def find_request(db: AsyncSession, region_id: int, request_id: UUID) -> Request:
    """The request as it stands. Raises request-unknown."""
    found = await _found(db, region_id, request_id)
    if found is None:
        raise Problem(REQUEST_UNKNOWN)
    return found


async def is_request(db: AsyncSession, region_id: int, request_id: UUID) -> bool:
    """Whether something was asked for under this id."""
    return await _found(db, region_id, request_id) is not None


async def list_requests(
    db: AsyncSession,
    region_id: int,
    *,
    only_open: bool,
    after: UUID | None,
    most: int,
    kind: str | None = None,
) -> list[Request]:
    """Requests, newest first."""
    query = select(request, func.clock_timestamp().label("now")).where(
        request.c.region_id == region_id
    )
    if only_open:
        query = query.where(
            request.c.state == "open", request.c.expires_at > func.clock_timestamp()
        )
    if kind is not None:
        query = query.where(request.c.kind == kind)
    if after is not None:
        query = query.where(request.c.request_id < after)
    rows = await db.execute(query.order_by(request.c.request_id.desc()).limit(most))
    return [as_request(row) for row in rows]


async def decide(
    db: AsyncSession,
    region_id: int,
    request_id: UUID,
    kind: RequestKind,
    decision: Decision,
    doer: Doer,
) -> Request:
    """Approve or refuse, in the transaction in which the caller does what was asked for.

    Raises request-unknown, request-over, and second-person-needed for the login that asked, and for
    one that shares a device with it: at the time of asking or since. Nor does anybody approve what
    is about the own login, or one that shares a device with it; whoever it is about may refuse.
    """
    row = await _locked(db, region_id, request_id)
    others = {row.made_by, row.object_id} if decision == "approved" else {row.made_by}
    made_with = {UUID(int=one.int) for one in row.made_with}
    own_devices = await known_devices(db, region_id, doer.login_id)
    if others & await same_person(db, region_id, doer.login_id) or made_with & own_devices:
        raise Problem(SECOND_PERSON_NEEDED)
    await _end(db, region_id, row, kind, decision, doer)
    return await find_request(db, region_id, request_id)


async def withdraw(
    db: AsyncSession, region_id: int, request_id: UUID, kind: RequestKind, doer: Doer
) -> Request:
    """Take back the own request. Raises request-unknown, request-over, not-your-request."""
    row = await _locked(db, region_id, request_id)
    if doer.login_id != row.made_by:
        raise Problem(NOT_YOUR_REQUEST)
    await _end(db, region_id, row, kind, "withdrawn", doer)
    return await find_request(db, region_id, request_id)


async def call_off(
    db: AsyncSession, region_id: int, request_id: UUID, kind: RequestKind, doer: Doer
) -> None:
    """End a request because what it asked for was given up, whoever asked.

    Nothing if it is over, or if there is none. The caller knows that `doer` may give it up.
    """
    try:
        row = await _locked(db, region_id, request_id)
    except Problem as refused:
        if refused.type in {REQUEST_OVER, REQUEST_UNKNOWN}:
            return
        raise
    await _end(db, region_id, row, kind, "withdrawn", doer)


async def _locked(db: AsyncSession, region_id: int, request_id: UUID) -> Row[Any]:
    """The row of an open request; two who decide wait for each other, and the second is late."""
    rows = await db.execute(
        select(request)
        .where(request.c.region_id == region_id, request.c.request_id == request_id)
        .with_for_update()
    )
    row = rows.one_or_none()
    if row is None:
        raise Problem(REQUEST_UNKNOWN)
    now = (await db.execute(select(func.clock_timestamp()))).scalar_one()
    if row.state != "open" or row.expires_at <= now:
        raise Problem(REQUEST_OVER)
    return row


async def _end(
    db: AsyncSession, region_id: int, row: Row[Any], kind: RequestKind, state: str, doer: Doer
) -> None:
    assert row.kind == kind.name, "the caller says of which kind the request is"
    await db.execute(
        update(request)
        .where(request.c.region_id == region_id, request.c.request_id == row.request_id)
        .values(state=state, decided_by=doer.login_id, decided_at=func.clock_timestamp())
    )
    await _enter(db, region_id, doer, kind, state, row.request_id, row.object_id, None)


async def _enter(
    db: AsyncSession,
    region_id: int,
    doer: Doer,
    kind: RequestKind,
    step: str,
    request_id: UUID,
    about: UUID,
    reason: str | None,
) -> None:
    if kind.is_about_a_person:
        await enter_act(
            db, region_id, actor=doer.actor, role=doer.role, act=f"{kind.name}.{step}",
            object_id=request_id, person_id=about, reason=reason,
        )  # fmt: skip
        return
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act=f"request.{step}",
        object_id=request_id, reason=reason, kind=kind.name, about=str(about),
    )  # fmt: skip


async def _found(db: AsyncSession, region_id: int, request_id: UUID) -> Request | None:
    rows = await db.execute(
        select(request, func.clock_timestamp().label("now")).where(
            request.c.region_id == region_id, request.c.request_id == request_id
        )
    )
    row = rows.one_or_none()
    return None if row is None else as_request(row)


def as_request(row: Row[Any]) -> Request:
    """The request of a row with all columns and `now`: an open one expires by itself."""
    is_late = row.state == "open" and row.expires_at <= row.now
    return Request(
        row.request_id, row.kind, row.object_id, row.facts, row.reason, row.made_by, row.made_at,
        row.expires_at, "expired" if is_late else row.state, row.decided_by, row.decided_at,
    )  # fmt: skip
