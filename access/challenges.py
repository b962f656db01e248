"""Challenges: something that is asked of somebody once, and must be answered in time.

A code by SMS, a nonce for a device to sign, the state of a sign-in at another provider. Only the
MAC of what is expected stands in the database.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, cast, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.sign_in_tables import challenge, message
from access.vault import Vault
from core.ids import uuid7


@dataclass(frozen=True, slots=True)
class Kind:
    """What a challenge is for, how long it may be answered, and how often one may be wrong."""

    purpose: str
    lasts: timedelta
    tries: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A challenge that was answered rightly: to whom it was put, and what was kept beside it."""

    challenge_id: UUID
    subject_id: UUID | None
    facts: dict[str, Any]
    made_at: datetime


async def ask(
    session: AsyncSession,
    region_id: int,
    vault: Vault,
    kind: Kind,
    secret: str,
    *,
    subject_id: UUID | None = None,
    facts: dict[str, Any] | None = None,
) -> UUID:
    """Keep a challenge whose right answer is `secret`; returns its id."""
    challenge_id = uuid7(datetime.now(UTC))
    await session.execute(
        insert(challenge).values(
            region_id=region_id,
            challenge_id=challenge_id,
            purpose=kind.purpose,
            subject_id=subject_id,
            secret_hash=_mac(vault, kind, challenge_id, secret),
            facts=facts or {},
            tries_left=kind.tries,
            expires_at=func.clock_timestamp() + kind.lasts,
        )
    )
    return challenge_id


async def answer(
    session: AsyncSession,
    region_id: int,
    vault: Vault,
    kind: Kind,
    challenge_id: UUID,
    secret: str,
) -> Asked | None:
    """What was asked, if `secret` answers it; else None, and one try fewer.

    A challenge is answered once. Both the answer and the lost try count when the caller's
    transaction commits: whoever refuses commits first. Two answers at once wait for each other.
    """
    rows = await session.execute(
        select(challenge)
        .where(
            challenge.c.region_id == region_id,
            challenge.c.challenge_id == challenge_id,
            challenge.c.purpose == kind.purpose,
        )
        .with_for_update()
    )
    found = rows.one_or_none()
    given = _mac(vault, kind, challenge_id, secret)
    expected = found.secret_hash if found is not None else vault.mac("nothing expected")
    is_right = compare_digest(given, expected)
    if found is None:
        return None
    # The clock is asked after the lock is had: a challenge may run out while somebody waits for it.
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    if found.used_at is not None or found.tries_left < 1 or found.expires_at <= now:
        return None
    changed = {"used_at": now} if is_right else {"tries_left": found.tries_left - 1}
    await session.execute(
        update(challenge)
        .where(challenge.c.region_id == region_id, challenge.c.challenge_id == challenge_id)
        .values(**changed)
    )
    if not is_right:
        return None
    return Asked(challenge_id, found.subject_id, found.facts, found.made_at)


async def facts_of(
    session: AsyncSession, region_id: int, kind: Kind, challenge_id: UUID
) -> Asked | None:
    """What was kept beside a challenge that is not answered and not over yet; it stays open."""
    rows = await session.execute(
        select(challenge.c.subject_id, challenge.c.facts, challenge.c.made_at).where(
            challenge.c.region_id == region_id,
            challenge.c.challenge_id == challenge_id,
            challenge.c.purpose == kind.purpose,
            challenge.c.used_at.is_(None),
            challenge.c.tries_left > 0,
            challenge.c.expires_at > func.clock_timestamp(),
        )
    )
    found = rows.one_or_none()
    return None if found is None else Asked(challenge_id, *found)


async def recall_letters(
    session: AsyncSession, region_id: int, of_which: ColumnElement[bool]
) -> None:
    """Send no letter that has the answer to one of these, and forget where it was to go.

    Its id stands beside the challenge, as the fact `message_id`.
    """
    letters = select(cast(challenge.c.facts["message_id"].astext, Uuid)).where(
        challenge.c.region_id == region_id, of_which, challenge.c.facts.has_key("message_id")
    )
    await session.execute(
        update(message)
        .where(
            message.c.region_id == region_id,
            message.c.message_id.in_(letters),
            message.c.state == "waiting",
        )
        .values(state="expired", address="", body="", ended_at=func.clock_timestamp())
    )


async def forget_challenges(session: AsyncSession, region_id: int, most: int) -> int:
    """Delete up to `most` challenges of the session's region that ended a day ago."""
    is_over = (challenge.c.region_id == region_id) & (
        challenge.c.expires_at < func.clock_timestamp() - text("interval '1 day'")
    )
    over = select(challenge.c.challenge_id).where(is_over).limit(most)
    done = await session.scalars(
        delete(challenge)
        .where(is_over, challenge.c.challenge_id.in_(over))
        .returning(challenge.c.challenge_id)
    )
    return len(done.all())


def _mac(vault: Vault, kind: Kind, challenge_id: UUID, secret: str) -> bytes:
    return vault.mac("challenge", kind.purpose, challenge_id.bytes, secret)
