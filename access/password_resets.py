"""A forgotten password, or a lost authenticator, is set anew with a secret that came by e-mail."""

import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.allowances import Allowance, spend
from access.challenges import Asked, Kind, answer, ask, facts_of
from access.devices import revoke_all
from access.logins import LOGIN_UNKNOWN, find_login, login_of_email
from access.requests import RequestKind
from access.second_factors import forget_second_factor
from access.secrets_of_logins import password_hash_of
from access.sessions import Home, end_sessions
from access.staff_notices import write_secret
from access.vault import Vault
from core.errors import Problem, problem

RESET_INVALID: Final = problem("reset-invalid", 401, "This code is not valid, or not any more.")

PASSWORD_RESET: Final = Kind("staff password reset", timedelta(minutes=30), 5)
SECOND_FACTOR_RESET: Final = Kind("staff second factor reset", timedelta(days=1), 5)
LOST_SECOND_FACTOR: Final = RequestKind("login.second_factor_reset", timedelta(days=3))
"""What an administrator asks for somebody who lost the authenticator; another one decides."""

LETTERS: Final = Allowance("password reset letters", 3, timedelta(hours=1))


async def send_password_reset(db: AsyncSession, home: Home, vault: Vault, email_key: str) -> None:
    """Write to the login of this e-mail, if there is an active one that has a password.

    At most three letters an hour; whoever asked is told the same whatever became of it.
    """
    wait_s = await spend(db, home.region_id, LETTERS, vault.mac("letters", email_key))
    login = await login_of_email(db, home.region_id, email_key)
    if wait_s or login is None or login.state != "active":
        return
    if await password_hash_of(db, home.region_id, login.login_id) is None:
        return
    await _send(db, home, vault, PASSWORD_RESET, login.login_id, login.email)


async def reset_second_factor(
    db: AsyncSession, home: Home, vault: Vault, login_id: UUID, doer: Doer
) -> None:
    """Take a login's authenticator, passkeys and sessions away, and write to it how to go on."""
    login = await find_login(db, home.region_id, login_id)
    if login is None:
        raise Problem(LOGIN_UNKNOWN)
    await revoke_all(db, home.region_id, login_id)  # devices come before logins, as in signing in
    await forget_second_factor(db, home.region_id, login_id)
    await end_sessions(db, home.region_id, "second factor reset", subject_id=login_id)
    await _send(db, home, vault, SECOND_FACTOR_RESET, login_id, login.email)
    await enter_act(
        db, home.region_id, actor=doer.actor, role=doer.role, act="login.second_factor_reset",
        object_id=login_id,
    )  # fmt: skip


async def whose_reset(db: AsyncSession, region_id: int, kind: Kind, reset_id: UUID) -> UUID | None:
    """The login that an open reset is for; whoever shows its secret is looked at later."""
    asked = await facts_of(db, region_id, kind, reset_id)
    return None if asked is None else asked.subject_id


async def use_reset(
    db: AsyncSession, region_id: int, vault: Vault, kind: Kind, reset_id: UUID, secret: str
) -> Asked | None:
    """The reset with this secret, used up; None, and one try fewer, for any other."""
    return await answer(db, region_id, vault, kind, reset_id, secret)


async def _send(
    db: AsyncSession, home: Home, vault: Vault, kind: Kind, login_id: UUID, address: str
) -> None:
    secret = secrets.token_urlsafe(32)
    reset_id = await ask(db, home.region_id, vault, kind, secret, subject_id=login_id)
    await write_secret(db, home, address, kind.purpose, reset_id, secret, kind.lasts)
