"""A password that was forgotten, or an authenticator that was lost, is set anew."""

from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from access.acts import enter_act
from access.emails import read_email
from access.enrolments import ENROLMENT, begin_enrolment
from access.logins import find_login
from access.moments import present
from access.password_resets import (
    PASSWORD_RESET,
    RESET_INVALID,
    SECOND_FACTOR_RESET,
    send_password_reset,
    use_reset,
    whose_reset,
)
from access.passwords import hash_password, is_password
from access.posts import doer_of_login
from access.second_factors import Given, use_second_factor
from access.secrets_of_logins import password_hash_of, set_password
from access.sessions import Home, end_sessions
from access.staff_notices import notify
from api.answers import Answer
from api.closed_route import v1_router
from api.fields import Body, Uuid
from api.new_passwords import refuse_weak
from api.sign_in_home import staff_sign_in
from api.staff_enrolments import Enrolment, enrolment
from api.staff_fields import (
    EmailText,
    NewPassword,
    Password,
    SecondFactorShown,
    Secret,
    secret_field,
)
from api.state import state_of
from core.errors import Problem

router = v1_router("sign in")


class ForgottenBody(Body):
    """Whose password was forgotten."""

    email: EmailText = Field(examples=["hanako@example.jp"])


class LetterAsked(Answer):
    """If the e-mail is known, a letter is on its way."""


class PasswordResetBody(SecondFactorShown):
    """What came by e-mail, the second factor as ever, and the new password."""

    secret: Secret = secret_field("From the e-mail.")
    password: NewPassword


class PasswordSet(Answer):
    """The new password holds, and all sessions of the login have ended."""


class SecondFactorResetBody(Body):
    """What came by e-mail, and the password as ever; a new one, where the login has none."""

    secret: Secret = secret_field("From the e-mail.")
    password: Password = Field(examples=["夕焼けの坂道を三輪車で下る"])


@staff_sign_in(router, "/password-resets", "askForPasswordReset", "Forgot the password")
async def ask_for_reset(request: Request, home: Home, body: ForgottenBody) -> LetterAsked:
    """The answer is the same whether the e-mail is known or not. Three letters an hour at most."""
    state = state_of(request)
    async with state.database.transaction(home.region_id) as db:
        await send_password_reset(db, home, state.vault, read_email(body.email).key)
    return LetterAsked()


@staff_sign_in(
    router, "/password-resets/{reset_id}/answers", "resetPassword", "Set a forgotten password anew"
)
async def reset_password(
    request: Request, home: Home, reset_id: Uuid, body: PasswordResetBody
) -> PasswordSet:
    """All sessions end, and the login is told by e-mail. `reset-invalid` for all that is wrong."""
    state, region_id = state_of(request), home.region_id
    given = Given(body.totp, body.recovery_code)
    async with state.database.snapshot(region_id) as db:
        login_id = await whose_reset(db, region_id, PASSWORD_RESET, reset_id)
        login = await find_login(db, region_id, login_id) if login_id else None
    await refuse_weak(state, body.password, login.email_key if login else "@")
    hashed = await hash_password(body.password)
    whose: UUID | None = login.login_id if login and login.state == "active" else None
    is_done = False
    async with state.database.transaction(region_id) as db:
        is_right = await use_second_factor(db, region_id, state.vault, whose, given)
        secret = body.secret if is_right else ""
        used = await use_reset(db, region_id, state.vault, PASSWORD_RESET, reset_id, secret)
        if used is not None and whose is not None:
            await set_password(db, region_id, whose, hashed)
            await end_sessions(db, region_id, "password reset", subject_id=whose)
            await notify(db, home, whose, "password changed")
            doer = await doer_of_login(db, region_id, whose)
            await enter_act(
                db, region_id, actor=doer.actor, role=doer.role, act="login.password_reset",
                object_id=whose,
            )  # fmt: skip
            is_done = True
    if not is_done:
        raise Problem(RESET_INVALID)
    return PasswordSet()


@staff_sign_in(
    router, "/second-factor-resets/{reset_id}/answers", "resetSecondFactor",
    "Set a lost authenticator anew",
)  # fmt: skip
async def reset_second_factor(
    request: Request, home: Home, reset_id: Uuid, body: SecondFactorResetBody
) -> Enrolment:
    """After two administrators agreed. Answers a secret for the new authenticator.

    Whoever signed in by passkeys alone chooses a password here, which counts with the first code.
    """
    state, region_id = state_of(request), home.region_id
    async with state.database.snapshot(region_id) as db:
        since = await present(db)
        login_id = await whose_reset(db, region_id, SECOND_FACTOR_RESET, reset_id)
        login = await find_login(db, region_id, login_id) if login_id else None
        hashed = await password_hash_of(db, region_id, login_id) if login_id else None
    kept = {} if login is None else {"login_id": str(login.login_id)}
    is_right = await is_password(hashed, body.password)
    if login is not None and hashed is None:
        await refuse_weak(state, body.password, login.email_key)
        kept["password_hash"] = await hash_password(body.password)
        is_right = True
    begun = None
    async with state.database.transaction(region_id) as db:
        secret = body.secret if is_right and login and login.state == "active" else ""
        used = await use_reset(db, region_id, state.vault, SECOND_FACTOR_RESET, reset_id, secret)
        if used is not None and login is not None:
            begun = await begin_enrolment(db, region_id, state.vault, since, ENROLMENT, **kept)
    if begun is None or login is None:
        raise Problem(RESET_INVALID)
    return enrolment(state, begun, login.email)
