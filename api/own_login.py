"""The login of staff or an administrator who is signed in; residents and tills have none."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from access.logins import LOGIN_UNKNOWN, Login, find_login
from access.recent import is_recent
from api.anyone import AnyIdentity
from core.errors import Problem, problem

SIGN_IN_NOT_RECENT: Final = problem(
    "sign-in-not-recent", 403, "Sign in anew first: this needs a session of the last 15 minutes."
)


async def own_login(db: AsyncSession, me: AnyIdentity) -> Login:
    """The login of who is signed in. Raises login-unknown for residents and tills."""
    login = await find_login(db, me.home.region_id, me.subject_id)
    if login is None or me.face == "resident":
        raise Problem(LOGIN_UNKNOWN)
    return login


async def recent_login(db: AsyncSession, me: AnyIdentity) -> Login:
    """The same of whoever has just signed in. Raises login-unknown and sign-in-not-recent."""
    login = await own_login(db, me)
    if not await is_recent(db, me.home.region_id, me.session_id):
        raise Problem(SIGN_IN_NOT_RECENT)
    return login
