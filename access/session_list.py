"""The sessions of somebody that have not ended, as their owner sees them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from access.sessions import Face, end_session
from access.sign_in_tables import refresh, session
from core.errors import Problem, problem

SESSION_UNKNOWN = problem("session-unknown", 404, "You have no such session.")


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session that goes on."""

    session_id: UUID
    face: Face
    method: str
    client: str
    made_at: datetime
    used_at: datetime
    expires_at: datetime


async def list_sessions(
    db: AsyncSession, region_id: int, subject_id: UUID, after: UUID | None, most: int
) -> list[ListedSession]:
    """All of a subject's that go on, newest first, of whichever face.

    A session goes on as long as one of its refresh tokens may still be used.
    """
    can_go_on = exists().where(
        refresh.c.region_id == region_id,
        refresh.c.session_id == session.c.session_id,
        refresh.c.used_at.is_(None),
        refresh.c.expires_at > func.clock_timestamp(),
    )
    query = select(
        session.c.session_id, session.c.face, session.c.method, session.c.client,
        session.c.made_at, session.c.used_at, session.c.expires_at,
    ).where(
        session.c.region_id == region_id,
        session.c.subject_id == subject_id,
        session.c.ended_at.is_(None),
        session.c.expires_at > func.clock_timestamp(),
        can_go_on,
    )  # fmt: skip
    if after is not None:
        query = query.where(session.c.session_id < after)
    rows = await db.execute(query.order_by(session.c.session_id.desc()).limit(most))
    return [ListedSession(*row) for row in rows]


async def end_own_session(
    db: AsyncSession, region_id: int, subject_id: UUID, session_id: UUID
) -> bool:
    """End one of the own sessions; False if it had ended. Raises session-unknown for another's."""
    whose = await db.scalar(
        select(session.c.subject_id).where(
            session.c.region_id == region_id, session.c.session_id == session_id
        )
    )
    if whose != subject_id:
        raise Problem(SESSION_UNKNOWN)
    return await end_session(db, region_id, session_id, "ended by its owner")
