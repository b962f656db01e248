"""My sessions, on whichever face: what is signed in as me, and how I end it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.acts import enter_act
from access.session_list import ListedSession, end_own_session, list_sessions
from access.sessions import Face, end_sessions
from api.answers import Answer
from api.anyone import AnyIdentity, Anyone
from api.closed_route import v1_router
from api.fields import Uuid
from api.pages import Listing, Page, Paged
from api.state import State, state_of
from residents.drop_device import drop_what_waits, lock_whoever

SESSIONS: Final = Listing("sessions", (UUID,))

router = v1_router("sessions")


class SessionAnswer(Answer):
    """A session that goes on."""

    session_id: UUID
    face: Face
    method: str = Field(examples=["password"])
    """By what it began: sms, device, passkey, password, oidc or recovery."""
    client: str = Field(examples=["Firefox, 事務所"])
    made_at: datetime
    used_at: datetime
    """When it last went on: its refresh token was changed for another one."""
    expires_at: datetime
    is_this: bool = Field(examples=[True])
    """Whether the token that asks descends from it."""


class EndedSessions(Answer):
    """How many sessions ended."""

    ended: int = Field(examples=[2])


@router.get("/sessions", operation_id="listSessions", summary="My sessions, newest first")
async def list_mine(request: Request, me: Anyone, paging: Paged) -> Page[SessionAnswer]:
    """Those that go on, of every face and post that I sign in to in this region."""
    start = SESSIONS.start(paging)
    async with state_of(request).database.snapshot(me.home.region_id) as db:
        rows = await list_sessions(
            db, me.home.region_id, me.subject_id, start[0] if start else None, paging.limit + 1
        )
    return SESSIONS.page(rows, paging, lambda row: (row.session_id,), lambda row: _told(me, row))


@router.delete(
    "/sessions/{session_id}", operation_id="endSession", summary="End one of my sessions"
)
async def end_one(request: Request, me: Anyone, session_id: Uuid) -> EndedSessions:
    """All its tokens are refused within two seconds. Twice is once.

    With a resident's falls what waits and was asked for in it: a change of number, a device.
    """
    state = state_of(request)
    async with state.database.transaction(me.home.region_id) as db:
        await _hold(db, me)
        if await end_own_session(db, me.home.region_id, me.subject_id, session_id):
            await _enter(db, me, "session.ended", session_id)
            await _drop(state, db, me, [session_id])
    return EndedSessions(ended=1)


@router.delete("/sessions", operation_id="endOtherSessions", summary="End all my other sessions")
async def end_others(request: Request, me: Anyone) -> EndedSessions:
    """All but the one that asks; all, if the token descends from none. What waits and was asked for
    in them falls, as where one is ended.
    """
    state = state_of(request)
    async with state.database.transaction(me.home.region_id) as db:
        await _hold(db, me)
        ended = await end_sessions(
            db, me.home.region_id, "ended by its owner", subject_id=me.subject_id,
            but=me.session_id,
        )  # fmt: skip
        if ended:
            await _enter(db, me, "sessions.ended", me.subject_id, ended=len(ended))
            await _drop(state, db, me, ended)
    return EndedSessions(ended=len(ended))


async def _hold(db: AsyncSession, me: AnyIdentity) -> None:
    """Let a resident begin nothing that waits before the sessions have ended."""
    if me.face == "resident":
        await lock_whoever(db, me.home.region_id, me.subject_id)


async def _drop(state: State, db: AsyncSession, me: AnyIdentity, ended: list[UUID]) -> None:
    if me.face == "resident":
        region = state.regions.find(me.home.code)
        assert region is not None, "its token was believed"
        await drop_what_waits(db, region, me.subject_id, ended, me.actor)


async def _enter(db: AsyncSession, me: AnyIdentity, done: str, about: UUID, **facts: Any) -> None:
    person_id = me.subject_id if me.face == "resident" else None
    await enter_act(
        db, me.home.region_id, actor=me.actor, role=me.role, act=done, object_id=about,
        person_id=person_id, **facts,
    )  # fmt: skip


def _told(me: AnyIdentity, row: ListedSession) -> SessionAnswer:
    return SessionAnswer(
        session_id=row.session_id,
        face=row.face,
        method=row.method,
        client=row.client,
        made_at=row.made_at.astimezone(me.zone),
        used_at=row.used_at.astimezone(me.zone),
        expires_at=row.expires_at.astimezone(me.zone),
        is_this=row.session_id == me.session_id,
    )
