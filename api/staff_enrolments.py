"""A new login begins: an invitation is accepted, and an authenticator shows that it works."""

from typing import Final
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.acts import enter_act
from access.emails import Email, read_email
from access.enrolments import Begun, Confirmed, begin_enrolment, confirm_enrolment
from access.invitations import accept_invitation, read_invitation
from access.logins import find_login, lock_email, login_of_email, make_login
from access.moments import present
from access.passwords import hash_password
from access.post_choices import SignIn
from access.posts import doer_of_login
from access.second_factors import otpauth_uri, set_second_factor
from access.secrets_of_logins import set_password
from access.sessions import Home
from access.staff_notices import notify
from api.answers import Answer
from api.closed_route import v1_router
from api.device_tokens import DeviceToken
from api.fields import Body, Name, Uuid
from api.new_passwords import refuse_weak
from api.sign_in_home import staff_sign_in
from api.staff_fields import (
    Client,
    NewPassword,
    Secret,
    Totp,
    secret_field,
    totp_field,
)
from api.staff_signed_in import StaffSignedIn, staff_signed_in
from api.state import State, state_of
from core.errors import Problem, ProblemType, problem

LOGIN_EXISTS: Final = problem(
    "login-exists", 409, "There is a login of this e-mail: sign in, and show the invitation there."
)
AUTHENTICATOR_CODE_WRONG: Final = problem(
    "authenticator-code-wrong", 401, "This is no code of the new authenticator, or it is too late."
)

router = v1_router("sign in")


class AcceptanceBody(Body):
    """Whoever was invited says a name, and chooses a password."""

    secret: Secret = secret_field("Of the invitation, from the e-mail.")
    name: Name = Field(examples=["世田谷 花子"])
    password: NewPassword


class Enrolment(Answer):
    """A secret for the authenticator; nothing counts before a code of it was shown."""

    enrolment_id: UUID
    totp_secret: str = Field(examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    """In base32, for whoever types it."""
    otpauth_uri: str = Field(
        examples=["otpauth://totp/Meguri:hanako%40example.jp?secret=JBSWY3DP&issuer=Meguri"]
    )
    """For a QR code."""


class ConfirmationBody(Body):
    """A code of the new authenticator."""

    totp: Totp = totp_field()
    device_token: DeviceToken | None = None
    client: Client | None = None


class Enrolled(Answer):
    """The login is whole, and signed in."""

    recovery_codes: list[str] = Field(examples=[["ABCD-EFGH-IJKL-MNOP"]])
    """Each signs in once in the place of the authenticator. They are shown this one time."""
    signed_in: StaffSignedIn


@staff_sign_in(
    router, "/invitations/{invitation_id}/acceptances", "acceptInvitation", "Accept an invitation"
)
async def accept(
    request: Request, home: Home, invitation_id: Uuid, body: AcceptanceBody
) -> Enrolment:
    """Answers a secret for the authenticator. `login-exists` where the e-mail has a login: the
    same invitation is then shown at the second step of signing in.
    """
    state, region_id = state_of(request), home.region_id
    async with state.database.transaction(region_id) as db:
        since = await present(db)
        invited = await read_invitation(db, region_id, invitation_id, body.secret)
        if await login_of_email(db, region_id, invited.email.key) is not None:
            raise Problem(LOGIN_EXISTS)
    await refuse_weak(state, body.password, invited.email.key)
    hashed = await hash_password(body.password)
    async with state.database.transaction(region_id) as db:
        begun = await begin_enrolment(
            db, region_id, state.vault, since, invitation_id=str(invitation_id), name=body.name,
            email=invited.email.address, password_hash=hashed,
        )  # fmt: skip
    return enrolment(state, begun, invited.email.address)


@staff_sign_in(
    router, "/enrolments/{enrolment_id}/confirmations", "confirmEnrolment",
    "Show that a new authenticator works",
)  # fmt: skip
async def confirm(
    request: Request, home: Home, enrolment_id: Uuid, body: ConfirmationBody
) -> Enrolled:
    """With the first right code the login and its post exist, and it is signed in.

    Where that does not come about, the enrolment stays open for the same code of the authenticator.
    """
    state, region_id = state_of(request), home.region_id
    async with state.database.transaction(region_id) as db:
        confirmed = await confirm_enrolment(db, region_id, state.vault, enrolment_id, body.totp)
        if confirmed is not None:
            return await _enrol(state, db, home, confirmed, body)
    # A lost try counts, so it is committed before it is refused.
    raise Problem(AUTHENTICATOR_CODE_WRONG)


async def _enrol(
    state: State, db: AsyncSession, home: Home, confirmed: Confirmed, body: ConfirmationBody
) -> Enrolled:
    region_id = home.region_id
    login_id = await _owner(db, home, confirmed)
    if (hashed := confirmed.kept.get("password_hash")) is not None:
        await set_password(db, region_id, login_id, hashed)
    codes = await set_second_factor(
        db, region_id, state.vault, login_id, confirmed.secret, confirmed.step
    )
    signed = SignIn(login_id, "password", confirmed.since, client=body.client or "")
    told = await staff_signed_in(
        state, db, home, signed, post_id=None, device_token=body.device_token
    )
    if isinstance(told, ProblemType):
        raise Problem(told)
    return Enrolled(recovery_codes=codes, signed_in=told)


def enrolment(state: State, begun: Begun, address: str) -> Enrolment:
    """What an authenticator has to be told."""
    return Enrolment(
        enrolment_id=begun.enrolment_id,
        totp_secret=begun.secret,
        otpauth_uri=otpauth_uri(begun.secret, address, state.settings.issuer),
    )


async def _owner(db: AsyncSession, home: Home, confirmed: Confirmed) -> UUID:
    """The login that an enrolment is for: of an invitation a new one, with its post."""
    region_id, kept = home.region_id, confirmed.kept
    if "login_id" in kept:
        login_id = UUID(kept["login_id"])
        login = await find_login(db, region_id, login_id)
        if login is None or login.state != "active":
            raise Problem(AUTHENTICATOR_CODE_WRONG)
        await notify(db, home, login_id, "second factor changed")
        doer = await doer_of_login(db, region_id, login_id)
        await enter_act(
            db, region_id, actor=doer.actor, role=doer.role, act="login.second_factor_set",
            object_id=login_id,
        )  # fmt: skip
        return login_id
    email: Email = read_email(kept["email"])
    await lock_email(db, region_id, email.key)
    if await login_of_email(db, region_id, email.key) is not None:
        raise Problem(LOGIN_EXISTS)
    login_id = await make_login(db, region_id, email, kept["name"])
    await accept_invitation(db, region_id, UUID(kept["invitation_id"]), login_id, email.key)
    return login_id
