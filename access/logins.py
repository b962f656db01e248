"""Logins: one person by one e-mail in a region, who works for a merchant or for the issuer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import enter_act
from access.emails import Email
from access.last_ones import refuse_the_last
from access.leave import leave
from access.stop_clients import stop_clients
from access.tables import login, post
from core.errors import Problem, problem
from core.ids import uuid7
from core.one_at_a_time import one_at_a_time

LOGIN_UNKNOWN: Final = problem("login-unknown", 404, "There is no such login in this region.")
LOGIN_STATE_SAME: Final = problem("login-state-same", 409, "The login is in that state already.")

OWN_LOGIN: Final = problem("own-login", 409, "Nobody does that to the own login.")

State = Literal["active", "suspended"]


@dataclass(frozen=True, slots=True)
class Login:
    """A login without its secrets."""

    login_id: UUID
    email: str
    email_key: str
    name: str
    state: State


_COLUMNS: Final = (
    login.c.login_id, login.c.email, login.c.email_key, login.c.name, login.c.state,
)  # fmt: skip


async def make_login(
    db: AsyncSession, region_id: int, email: Email, name: str, login_id: UUID | None = None
) -> UUID:
    """A new login without any secret, by which nobody signs in yet; with the id that it was told.

    The constraint `login_email_is_one` refuses a second one of the same e-mail.
    """
    login_id = login_id or uuid7(datetime.now(UTC))
    await db.execute(
        insert(login).values(
            region_id=region_id,
            login_id=login_id,
            email=email.address,
            email_key=email.key,
            name=name,
        )
    )
    return login_id


async def lock_email(db: AsyncSession, region_id: int, email_key: str) -> None:
    """Let whoever else would make a login of this e-mail wait for the end of the transaction."""
    await one_at_a_time(db, region_id, f"login {email_key}")


async def find_login(db: AsyncSession, region_id: int, login_id: UUID) -> Login | None:
    """The login with this id."""
    rows = await db.execute(
        select(*_COLUMNS).where(login.c.region_id == region_id, login.c.login_id == login_id)
    )
    found = rows.one_or_none()
    return None if found is None else Login(*found)


async def login_of_email(db: AsyncSession, region_id: int, email_key: str) -> Login | None:
    """The login with this e-mail, by the key of `read_email`."""
    rows = await db.execute(
        select(*_COLUMNS).where(login.c.region_id == region_id, login.c.email_key == email_key)
    )
    found = rows.one_or_none()
    return None if found is None else Login(*found)


async def change_login_state(
    db: AsyncSession,
    region_id: int,
    login_id: UUID,
    state: State,
    *,
    actor: str,
    role: str | None,
    reason: str,
) -> int:
    """Suspend a login, or let it sign in again; how many sessions ended by that.

    Raises login-unknown, login-state-same, and last-of-its-kind for the last operator. Finance
    suspends the last owner of a merchant too, and lets another one in.
    """
    if state == "suspended":
        await _refuse_the_last_operator(db, region_id, login_id)
    found = await db.scalar(
        select(login.c.state)
        .where(login.c.region_id == region_id, login.c.login_id == login_id)
        .with_for_update()
    )
    if found is None:
        raise Problem(LOGIN_UNKNOWN)
    if found == state:
        raise Problem(LOGIN_STATE_SAME)
    await db.execute(
        update(login)
        .where(login.c.region_id == region_id, login.c.login_id == login_id)
        .values(state=state)
    )
    ended = 0
    if state == "suspended":
        ended = await leave(db, region_id, login_id, "suspended")
        await stop_clients(db, region_id, login_id, None, actor=actor, role=role)
    done = "login.suspended" if state == "suspended" else "login.resumed"
    await enter_act(
        db, region_id, actor=actor, role=role, act=done, object_id=login_id, reason=reason
    )
    return ended


async def _refuse_the_last_operator(db: AsyncSession, region_id: int, login_id: UUID) -> None:
    held = await db.scalar(
        select(post.c.role).where(
            post.c.region_id == region_id,
            post.c.login_id == login_id,
            post.c.role == "operator",
            post.c.ended_at.is_(None),
        )
    )
    if held is not None:
        await refuse_the_last(db, region_id, held, None, login_id)
