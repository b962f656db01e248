"""Renew a session: the refresh token ends, and another takes it further, if its device says so."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.sessions import LIVES, Home, Opened, Whose, end_session, new_refresh
from access.sign_in_tables import refresh, session
from access.signatures import is_signed, text_to_sign
from access.tables import device, post


@dataclass(frozen=True, slots=True)
class Closed:
    """Why a session does not go on."""

    reason: Literal["unknown", "over", "reused", "unsigned"]
    session_id: UUID | None = None


async def renew_session(
    db: AsyncSession, home: Home, token: str, signature: bytes | None
) -> Opened | Closed:
    """Take a session further by its refresh token, which ends; or say why not.

    What it says counts once the caller's transaction commits, also that the session ended: whoever
    refuses commits first. Two that come with one token wait for each other.
    """
    hashed, region_id = sha256(token.encode()).digest(), home.region_id
    rows = await db.execute(
        select(
            session, refresh.c.used_at.label("token_used_at"), refresh.c.expires_at.label("idle")
        )
        .join_from(refresh, session)
        .where(refresh.c.region_id == region_id, refresh.c.token_hash == hashed)
        .with_for_update()
    )
    found = rows.one_or_none()
    if found is None:
        return Closed("unknown")
    stands = await _as_it_stands(db, region_id, found.session_id)
    now = stands.now
    if found.ended_at is not None or found.expires_at <= now:
        return Closed("over", found.session_id)
    if found.token_used_at is not None:
        await end_session(db, region_id, found.session_id, "reused")
        return Closed("reused", found.session_id)
    if found.idle <= now or stands.revoked_at is not None or stands.post_ended_at is not None:
        await end_session(db, region_id, found.session_id, "over")
        return Closed("over", found.session_id)
    if not _is_its_device(stands, refresh_text(home.code, token), signature):
        return Closed("unsigned", found.session_id)
    await db.execute(
        update(refresh)
        .where(refresh.c.region_id == region_id, refresh.c.token_hash == hashed)
        .values(used_at=now)
    )
    await db.execute(
        update(session)
        .where(session.c.region_id == region_id, session.c.session_id == found.session_id)
        .values(used_at=now)
    )
    whose = Whose(found.face, found.subject_id, found.post_id, found.device_id)
    fresh = await new_refresh(db, home, found.session_id, LIVES[whose.face].idle)
    return Opened(found.session_id, whose, fresh, device_waits=bool(stands.waits))


def refresh_text(region_code: str, token: str) -> bytes:
    """What a device signs to take its session further."""
    return text_to_sign("refresh", region=region_code, token=sha256(token.encode()).hexdigest())


async def _as_it_stands(db: AsyncSession, region_id: int, session_id: UUID) -> Row[Any]:
    """The time, and what the session hangs on: its device and its post.

    Read once its row is locked. Who revokes the device or ends the post after that waits for the
    lock, and then ends the session as it has gone on.
    """
    rows = await db.execute(
        select(
            func.clock_timestamp().label("now"),
            device.c.kind,
            device.c.public_key,
            (device.c.usable_from > func.clock_timestamp()).label("waits"),
            device.c.revoked_at,
            post.c.ended_at.label("post_ended_at"),
        )
        .select_from(session)
        .outerjoin(device)
        .outerjoin(post)
        .where(session.c.region_id == region_id, session.c.session_id == session_id)
    )
    return rows.one()


def _is_its_device(stands: Row[Any], text: bytes, signature: bytes | None) -> bool:
    """Whether a session of a device's own key comes with its signature; others need none."""
    if stands.kind != "key":
        return True
    return signature is not None and is_signed(stands.public_key, text, signature)
