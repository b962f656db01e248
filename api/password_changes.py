"""My password, as staff or an administrator who is signed in: another one, at once."""

from typing import Final

from pydantic import Field
from starlette.requests import Request

from access.acts import enter_act
from access.logins import find_login
from access.passwords import hash_password, is_password
from access.second_factors import Given, use_second_factor
from access.secrets_of_logins import password_hash_of, set_password
from access.sessions import end_sessions
from access.staff_notices import notify
from api.answers import Answer
from api.anyone import Anyone
from api.closed_route import v1_router
from api.fields import Body
from api.new_passwords import refuse_weak
from api.own_factors import count_change, forgive_changes
from api.staff_fields import NewPassword, Password, Totp, totp_field
from api.state import state_of
from core.errors import Problem, problem

PASSWORD_WRONG: Final = problem(
    "password-wrong", 403, "The password, or the code of the authenticator, is not right."
)

router = v1_router("sessions")


class PasswordChangeBody(Body):
    """The password and a code as ever, and the new password."""

    password: Password = Field(examples=["夕焼けの坂道を三輪車で下る"])
    totp: Totp = totp_field()
    new_password: NewPassword


class PasswordChanged(Answer):
    """The new password holds."""

    ended_sessions: int = Field(examples=[2])
    """Sessions that ended: all but this one."""


@router.post("/password-changes", operation_id="changePassword", summary="Change my password")
async def change(request: Request, me: Anyone, body: PasswordChangeBody) -> PasswordChanged:
    """All my other sessions end, and I am told by e-mail. Residents have no password."""
    state, home = state_of(request), me.home
    region_id, login_id = home.region_id, me.subject_id
    async with state.database.transaction(region_id) as db:
        await count_change(state, db, me)
        login = await find_login(db, region_id, login_id)
        hashed = await password_hash_of(db, region_id, login_id)
    is_right = await is_password(hashed, body.password)
    await refuse_weak(state, body.new_password, login.email_key if login else "@")
    fresh = await hash_password(body.new_password)
    changed = None
    async with state.database.transaction(region_id) as db:
        whose = login_id if is_right else None
        if await use_second_factor(db, region_id, state.vault, whose, Given(totp=body.totp)):
            await set_password(db, region_id, login_id, fresh)
            ended = await end_sessions(
                db, region_id, "password changed", subject_id=login_id, but=me.session_id
            )
            await forgive_changes(state, db, me)
            await notify(db, home, login_id, "password changed")
            await enter_act(
                db, region_id, actor=me.actor, role=me.role, act="login.password_changed",
                object_id=login_id,
            )  # fmt: skip
            changed = PasswordChanged(ended_sessions=len(ended))
    if changed is None:
        raise Problem(PASSWORD_WRONG)
    return changed
