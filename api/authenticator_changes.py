"""My authenticator, as staff or an administrator who is signed in: another, or the first one."""

from typing import Final

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.acts import enter_act
from access.enrolments import REPLACEMENT, Confirmed, begin_enrolment, confirm_enrolment
from access.logins import lock_email
from access.moments import present
from access.passwords import hash_password
from access.post_choices import SignIn, goes_on
from access.second_factors import forget_second_factor, set_second_factor
from access.secrets_of_logins import forget_password, password_hash_of, set_password
from access.sessions import end_sessions
from access.staff_notices import notify
from api.answers import Answer
from api.anyone import AnyIdentity, Anyone
from api.closed_route import v1_router
from api.fields import Body, Uuid
from api.new_passwords import refuse_weak
from api.own_factors import (
    FACTOR_WRONG,
    FactorShown,
    PasskeyShown,
    count_change,
    forgive_changes,
    is_own_passkey,
    is_shown,
)
from api.own_login import own_login
from api.staff_enrolments import AUTHENTICATOR_CODE_WRONG, Enrolment, enrolment
from api.staff_fields import NewPassword, Totp, totp_field
from api.state import State, state_of
from core.errors import Problem, problem

PASSWORD_MISSING: Final = problem(
    "password-missing", 409, "This login has no password: choose one with the authenticator."
)
PASSWORD_THERE: Final = problem(
    "password-there", 409, "This login has a password: change it by itself."
)

router = v1_router("sessions")


class AuthenticatorChangeBody(FactorShown):
    """One of the own factors as ever; and a password, where the login has none."""

    new_password: NewPassword | None = None


class NewCodeBody(Body):
    """A code of the new authenticator."""

    totp: Totp = totp_field()


class AuthenticatorChanged(Answer):
    """The new authenticator holds."""

    recovery_codes: list[str] = Field(examples=[["ABCD-EFGH-IJKL-MNOP"]])
    """Those of before count no more. These are shown this one time."""
    ended_sessions: int = Field(examples=[2])
    """Sessions that ended: all but this one."""


class PasswordRemovalBody(Body):
    """A passkey, which stays."""

    passkey: PasskeyShown


class PasswordRemoved(Answer):
    """Passkeys alone sign in from now on."""

    ended_sessions: int = Field(examples=[2])


@router.post(
    "/authenticator-changes",
    operation_id="beginAuthenticatorChange",
    summary="Ask for another authenticator of mine",
)
async def begin(request: Request, me: Anyone, body: AuthenticatorChangeBody) -> Enrolment:
    """The old one counts until a code of the new one is shown. Whoever has passkeys alone chooses a
    password with it.
    """
    state, region_id = state_of(request), me.home.region_id
    async with state.database.transaction(region_id) as db:
        since = await present(db)
        login = await own_login(db, me)
        await count_change(state, db, me)
        held = await password_hash_of(db, region_id, login.login_id)
    kept = {"login_id": str(login.login_id)}
    if (held is None) != (body.new_password is not None):
        raise Problem(PASSWORD_MISSING if held is None else PASSWORD_THERE)
    if body.new_password is not None:
        await refuse_weak(state, body.new_password, login.email_key)
        kept["password_hash"] = await hash_password(body.new_password)
    begun = None
    async with state.database.transaction(region_id) as db:
        if await is_shown(state, db, me, body):
            await forgive_changes(state, db, me)
            begun = await begin_enrolment(db, region_id, state.vault, since, REPLACEMENT, **kept)
    if begun is None:
        raise Problem(FACTOR_WRONG)
    return enrolment(state, begun, login.email)


@router.post(
    "/authenticator-changes/{enrolment_id}/confirmations",
    operation_id="confirmAuthenticatorChange",
    summary="Show that my new authenticator works",
)
async def confirm(
    request: Request, me: Anyone, enrolment_id: Uuid, body: NewCodeBody
) -> AuthenticatorChanged:
    """The old one and its recovery codes count no more, my other sessions end, a letter tells."""
    state, region_id = state_of(request), me.home.region_id
    async with state.database.transaction(region_id) as db:
        confirmed = await confirm_enrolment(
            db, region_id, state.vault, enrolment_id, body.totp, REPLACEMENT
        )
        if confirmed is not None and confirmed.kept["login_id"] == str(me.subject_id):
            return await _change(state, db, me, confirmed)
    # A lost try counts, so it is committed before it is refused.
    raise Problem(AUTHENTICATOR_CODE_WRONG)


@router.post(
    "/password-removals",
    operation_id="removePassword",
    summary="Remove my password and authenticator",
)
async def remove_password(
    request: Request, me: Anyone, body: PasswordRemovalBody
) -> PasswordRemoved:
    """By a passkey, which is the way in from then on. Other sessions end, and a letter tells."""
    state, region_id = state_of(request), me.home.region_id
    async with state.database.transaction(region_id) as db:
        login = await own_login(db, me)
        await count_change(state, db, me)
    async with state.database.transaction(region_id) as db:
        await lock_email(db, region_id, login.email_key)  # whoever revokes that passkey waits
        if await is_own_passkey(state, db, me, body.passkey):
            await forgive_changes(state, db, me)
            await forget_password(db, region_id, login.login_id)
            await forget_second_factor(db, region_id, login.login_id)
            ended = await _tell(db, me, "password removed", "login.password_removed")
            return PasswordRemoved(ended_sessions=ended)
    raise Problem(FACTOR_WRONG)


async def _change(
    state: State, db: AsyncSession, me: AnyIdentity, confirmed: Confirmed
) -> AuthenticatorChanged:
    region_id, login_id = me.home.region_id, me.subject_id
    codes = await set_second_factor(
        db, region_id, state.vault, login_id, confirmed.secret, confirmed.step
    )
    if not await goes_on(db, region_id, SignIn(login_id, "password", confirmed.since)):
        raise Problem(AUTHENTICATOR_CODE_WRONG)  # all sessions were ended meanwhile
    if (hashed := confirmed.kept.get("password_hash")) is not None:
        await set_password(db, region_id, login_id, hashed)
    ended = await _tell(db, me, "second factor changed", "login.second_factor_set")
    return AuthenticatorChanged(recovery_codes=codes, ended_sessions=ended)


async def _tell(db: AsyncSession, me: AnyIdentity, what: str, act: str) -> int:
    """End all other sessions, and tell of the change; how many ended."""
    region_id, login_id = me.home.region_id, me.subject_id
    ended = await end_sessions(db, region_id, what, subject_id=login_id, but=me.session_id)
    await notify(db, me.home, login_id, what)
    await enter_act(db, region_id, actor=me.actor, role=me.role, act=act, object_id=login_id)
    return len(ended)
