"""Sessions: one for each sign-in, with a refresh token that is another after each use.

A refresh token is `<region>.<43 characters>` (`*` for operators); PostgreSQL keeps its SHA-256.
One that is used a second time was copied: then nobody knows who is who, and the session ends. A
session that began with a key made on a device (ES256) goes on only with that key's signature over
the token's hash, so that a stolen token alone is worth nothing.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.sign_in_tables import refresh, session
from access.tables import login
from core.ids import uuid7
from core.revocations import revoke

Face = Literal["resident", "merchant", "admin"]
Method = Literal["sms", "device", "passkey", "password", "oidc", "recovery", "bulk"]
"""How somebody signed in."""


@dataclass(frozen=True, slots=True)
class Life:
    """How long a session lasts without being used, and in all."""

    idle: timedelta
    whole: timedelta


LIVES: Final[dict[Face, Life]] = {
    "resident": Life(timedelta(days=60), timedelta(days=365)),
    "merchant": Life(timedelta(hours=12), timedelta(days=7)),
    "admin": Life(timedelta(minutes=30), timedelta(hours=12)),
}
"""Those of administrators are what NIST SP 800-63B, 4.2.3 asks of AAL2; OWASP ASVS 5.0, 7.3."""

LONGEST_TOKEN_LIFE: Final = timedelta(minutes=20)
"""How long a revocation stands: longer than any access token lives."""
INSTALLATION_KEPT_FOR: Final = timedelta(days=60)
"""After a session was last used, for checks of granted points (docs/RULES.md, section 10)."""


@dataclass(frozen=True, slots=True)
class Home:
    """The region of a session; 0 and `*` for operators, who belong to none."""

    region_id: int
    code: str


@dataclass(frozen=True, slots=True)
class Whose:
    """Who is signed in: a resident by a device, or a login in one of its posts."""

    face: Face
    subject_id: UUID
    """The person of a resident, the login of staff and administrators."""
    post_id: UUID | None = None
    device_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A session as it goes on, and the refresh token that takes it further. Shown once."""

    session_id: UUID
    whose: Whose
    refresh_token: str
    device_waits: bool | None = None
    """Whether its device waits still; None where nobody has looked yet."""


async def open_session(
    db: AsyncSession,
    home: Home,
    whose: Whose,
    method: Method,
    client: str = "",
    installation_id: UUID | None = None,
) -> Opened:
    """Begin a session in the caller's transaction. `client` is what its owner will know it by.

    `installation_id` is that of the app or browser, as `login_devices.device_id_of` tells it.
    """
    session_id = uuid7(datetime.now(UTC))
    await db.execute(
        insert(session).values(
            region_id=home.region_id,
            session_id=session_id,
            face=whose.face,
            subject_id=whose.subject_id,
            post_id=whose.post_id,
            device_id=whose.device_id,
            installation_id=installation_id,
            method=method,
            client=client[:100],
            expires_at=func.clock_timestamp() + LIVES[whose.face].whole,
        )
    )
    token = await new_refresh(db, home, session_id, LIVES[whose.face].idle)
    return Opened(session_id, whose, token)


async def end_by_token(db: AsyncSession, region_id: int, token: str) -> None:
    """End the session of a refresh token, used or not; nothing where it has none or has ended."""
    hashed = sha256(token.encode()).digest()
    found: UUID | None = await db.scalar(
        select(refresh.c.session_id).where(
            refresh.c.region_id == region_id, refresh.c.token_hash == hashed
        )
    )
    if found is not None:
        await end_session(db, region_id, found, "signed out")


async def device_of_session(db: AsyncSession, region_id: int, session_id: UUID) -> UUID | None:
    """The device that a session began with, if it began with one."""
    found: UUID | None = await db.scalar(
        select(session.c.device_id).where(
            session.c.region_id == region_id, session.c.session_id == session_id
        )
    )
    return found


async def end_session(db: AsyncSession, region_id: int, session_id: UUID, reason: str) -> bool:
    """End a session in the caller's transaction, with all its tokens; False if it had ended."""
    ended = await db.scalars(
        update(session)
        .where(
            session.c.region_id == region_id,
            session.c.session_id == session_id,
            session.c.ended_at.is_(None),
        )
        .values(ended_at=func.clock_timestamp(), end_reason=reason)
        .returning(session.c.session_id)
    )
    if ended.one_or_none() is None:
        return False
    await revoke(db, region_id, "family", session_id, LONGEST_TOKEN_LIFE)
    return True


async def end_sessions(
    db: AsyncSession,
    region_id: int,
    reason: str,
    *,
    subject_id: UUID | None = None,
    device_id: UUID | None = None,
    post_id: UUID | None = None,
    but: UUID | None = None,
) -> list[UUID]:
    """End all sessions of a subject, a device or a post, perhaps `but` one; which ones it were.

    With a login's sessions end the sign-ins that are half done (`access.post_choices.goes_on`).
    """
    wanted = [
        column == value
        for column, value in (
            (session.c.subject_id, subject_id),
            (session.c.device_id, device_id),
            (session.c.post_id, post_id),
        )
        if value is not None
    ]
    assert wanted, "not everybody's sessions"
    if subject_id is not None:
        its_login = (login.c.region_id == region_id) & (login.c.login_id == subject_id)
        ended_now = {"sessions_ended_at": func.clock_timestamp()}
        await db.execute(update(login).where(its_login).values(ended_now))
    query = select(session.c.session_id).where(
        session.c.region_id == region_id, session.c.ended_at.is_(None), *wanted
    )
    found = (await db.scalars(query.order_by(session.c.session_id).with_for_update())).all()
    ending = [session_id for session_id in found if session_id != but]
    for session_id in ending:
        await end_session(db, region_id, session_id, reason)
    return ending


async def forget_refresh_tokens(db: AsyncSession, region_id: int, most: int) -> int:
    """Delete up to `most` refresh tokens of the session's region that are over; how many it were.

    One that comes after that is unknown, and goes no further than one that is over.
    """
    is_over = (refresh.c.region_id == region_id) & (refresh.c.expires_at < func.clock_timestamp())
    over = select(refresh.c.token_hash).where(is_over).limit(most)
    done = await db.scalars(
        delete(refresh)
        .where(is_over, refresh.c.token_hash.in_(over))
        .returning(refresh.c.token_hash)
    )
    return len(done.all())


async def forget_installations(db: AsyncSession, region_id: int, most: int) -> int:
    """Forget in which app or browser up to `most` sessions began that nobody has used for 60 days;
    how many it were.
    """
    kept = session.c.installation_id.is_not(None) & (session.c.region_id == region_id)
    is_over = session.c.used_at < func.clock_timestamp() - INSTALLATION_KEPT_FOR
    over = select(session.c.session_id).where(kept, is_over).limit(most)
    done = await db.scalars(
        update(session)
        .where(kept, session.c.session_id.in_(over))
        .values(installation_id=None)
        .returning(session.c.session_id)
    )
    return len(done.all())


async def new_refresh(db: AsyncSession, home: Home, session_id: UUID, idle: timedelta) -> str:
    """A fresh refresh token of a session, good for `idle` and once."""
    token = f"{home.code}.{secrets.token_urlsafe(32)}"
    await db.execute(
        insert(refresh).values(
            region_id=home.region_id,
            token_hash=sha256(token.encode()).digest(),
            session_id=session_id,
            expires_at=func.clock_timestamp() + idle,
        )
    )
    return token
