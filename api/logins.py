"""Logins, as whoever is in charge sees to them: suspended, signed out, helped to sign in again."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.acts import enter_act
from access.logins import LOGIN_UNKNOWN, OWN_LOGIN, change_login_state, find_login
from access.password_resets import LOST_SECOND_FACTOR
from access.posts import POST_BEYOND_OWN, posts_of
from access.requests import make_request
from access.sessions import end_sessions
from api.admin_requests import RequestAnswer, request_answer
from api.answers import Answer
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.offices import Office, at_logins
from api.state import state_of
from core.errors import Problem

router = v1_router("posts")

Asking = Annotated[AdminIdentity, administrator("finance", "approver", "desk")]


class LoginStateBody(Body):
    """What becomes of the login, and why."""

    state: Literal["active", "suspended"] = Field(examples=["suspended"])
    reason: Reason = Field(examples=["不正の疑い"])


class SessionEndingBody(Body):
    """Why somebody is signed out."""

    reason: Reason = Field(examples=["端末の紛失"])


class LostSecondFactorBody(Body):
    """Why somebody needs another authenticator, and how it is known who asks."""

    reason: Reason = Field(examples=["電話を失くしたとのこと、窓口で本人を確認"])


class LoginAnswer(Answer):
    """A login, as it stands."""

    login_id: UUID
    state: Literal["active", "suspended"]
    ended_sessions: int = Field(examples=[1])
    """Sessions that were ended now; suspending ends all."""


@at_logins(
    router, "post", "/logins/{login_id}/state-changes", "changeLoginState",
    "Suspend a login, or let it sign in again",
)  # fmt: skip
async def change_state(
    request: Request, office: Office, login_id: Uuid, body: LoginStateBody
) -> LoginAnswer:
    """Whoever is suspended is out of all posts within two seconds. What they invited to and asked
    for is withdrawn.

    Finance sees to whoever works for shops alone, operators to administrators too. Of operators
    one stays active (`last-of-its-kind`), also where two suspend each other.
    """
    region_id = office.home.region_id
    async with state_of(request).database.transaction(region_id) as db:
        await _in_charge(db, office, login_id)
        ended = await change_login_state(
            db, region_id, login_id, body.state, actor=office.doer.actor, role=office.doer.role,
            reason=body.reason,
        )  # fmt: skip
    return LoginAnswer(login_id=login_id, state=body.state, ended_sessions=ended)


@at_logins(
    router, "post", "/logins/{login_id}/session-endings", "endSessionsOfLogin",
    "End all sessions of a login",
)  # fmt: skip
async def end_all(
    request: Request, office: Office, login_id: Uuid, body: SessionEndingBody
) -> LoginAnswer:
    """Their tokens are refused within two seconds; it may sign in again."""
    region_id = office.home.region_id
    async with state_of(request).database.transaction(region_id) as db:
        state = await _in_charge(db, office, login_id)
        by_hand = "ended by an administrator"
        ended = len(await end_sessions(db, region_id, by_hand, subject_id=login_id))
        await enter_act(
            db, region_id, actor=office.doer.actor, role=office.doer.role,
            act="login.sessions_ended", object_id=login_id, reason=body.reason, ended=ended,
        )  # fmt: skip
    return LoginAnswer(login_id=login_id, state=state, ended_sessions=ended)


@router.put(
    "/admin/logins/{login_id}/second-factor-resets/{request_id}",
    operation_id="askForSecondFactorReset",
    summary="Ask for another authenticator for somebody",
    status_code=201,
)
async def ask_for_reset(
    request: Request,
    admin: Asking,
    login_id: Uuid,
    request_id: Annotated[UUID, new_id("request_id")],
    body: LostSecondFactorBody,
) -> RequestAnswer:
    """A request: nothing happens before another administrator, of finance or approver, approves.

    Then the old authenticator counts no more, and a letter says how to set another one.
    """
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        if await find_login(db, region.region_id, login_id) is None:
            raise Problem(LOGIN_UNKNOWN)
        asked = await make_request(
            db, region.region_id, request_id, LOST_SECOND_FACTOR, doer_of(admin), login_id,
            body.reason,
        )  # fmt: skip
    return request_answer(region, asked)


async def _in_charge(
    db: AsyncSession, office: Office, login_id: UUID
) -> Literal["active", "suspended"]:
    """The login's state. Raises login-unknown, own-login and post-beyond-own."""
    found = await find_login(db, office.home.region_id, login_id)
    if found is None:
        raise Problem(LOGIN_UNKNOWN)
    if login_id == office.doer.login_id:
        raise Problem(OWN_LOGIN)
    posts = await posts_of(db, office.home.region_id, login_id)
    if office.own.role == "finance" and any(post.reach.face == "admin" for post in posts):
        raise Problem(POST_BEYOND_OWN)
    return found.state
