"""Choosing a post: whoever holds several says in which one this session acts."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from access.challenges import Kind, answer, ask
from access.devices import find_device
from access.posts import Post, holds_still
from access.sessions import Home, Method, Opened, Whose, open_session
from access.tables import login
from access.vault import Vault

CHOICE: Final = Kind("staff post", timedelta(minutes=5), 3)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A login that showed all that it must, before its session begins."""

    login_id: UUID
    method: Method
    since: datetime
    """When it began to show that, by PostgreSQL's clock: before its first secret was looked at."""
    passkey_id: UUID | None = None
    """The device in `access.device` that it signed in with."""
    client: str = ""
    """What its owner will know the session by."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that is open: once, for who has its secret."""

    choice_id: UUID
    secret: str


async def ask_which(db: AsyncSession, region_id: int, vault: Vault, signed: SignIn) -> Choice:
    """Ask in which post the session shall act."""
    secret = secrets.token_urlsafe(32)
    facts = {
        "method": signed.method,
        "passkey_id": None if signed.passkey_id is None else str(signed.passkey_id),
        "client": signed.client,
        "since": signed.since.isoformat(),
    }
    choice_id = await ask(
        db, region_id, vault, CHOICE, secret, subject_id=signed.login_id, facts=facts
    )
    return Choice(choice_id, secret)


async def choose(
    db: AsyncSession, region_id: int, vault: Vault, choice_id: UUID, secret: str
) -> SignIn | None:
    """Who chooses, once; None for a wrong secret or a choice that is over."""
    asked = await answer(db, region_id, vault, CHOICE, choice_id, secret)
    if asked is None:
        return None
    assert asked.subject_id is not None
    passkey_id = asked.facts["passkey_id"]
    return SignIn(
        UUID(int=asked.subject_id.int),
        asked.facts["method"],
        datetime.fromisoformat(asked.facts["since"]),
        None if passkey_id is None else UUID(passkey_id),
        asked.facts["client"],
    )


async def goes_on(db: AsyncSession, region_id: int, signed: SignIn) -> bool:
    """Whether the login is active, its sessions were not all ended since it began to sign in, and
    the passkey that it signed in with was not revoked.

    It stays so until the caller's transaction ends: whoever ends all sessions, or revokes the
    passkey, waits for that, and then ends the session that began in it.
    """
    by = signed.passkey_id  # devices come before logins, as in signing in
    if by is not None and await find_device(db, region_id, signed.login_id, by) is None:
        return False
    rows = await db.execute(
        select(login.c.login_id)
        .where(
            login.c.region_id == region_id,
            login.c.login_id == signed.login_id,
            login.c.state == "active",
            login.c.sessions_ended_at.is_(None) | (login.c.sessions_ended_at < signed.since),
        )
        .with_for_update(read=True)
    )
    return rows.one_or_none() is not None


async def enter_post(
    db: AsyncSession, home: Home, signed: SignIn, post: Post, installation_id: UUID
) -> Opened | None:
    """Begin the session of a login in one of its posts; None if either ended meanwhile.

    Whoever ends them waits for the caller's transaction, and then ends this session as well.
    """
    assert post.login_id == signed.login_id
    if not await holds_still(db, home.region_id, post):
        return None
    whose = Whose(post.reach.face, signed.login_id, post.post_id, signed.passkey_id)
    return await open_session(db, home, whose, signed.method, signed.client, installation_id)
