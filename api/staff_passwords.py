"""Staff and administrators sign in by password and second factor, and choose a post."""

from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.emails import read_email
from access.invitations import accept_invitation, read_invitation
from access.logins import find_login
from access.password_sign_in import (
    STAFF_SIGN_IN_REFUSED,
    Comer,
    answer_second_factor,
    ask_second_factor,
    look,
)
from access.passwords import is_password
from access.post_choices import SignIn, choose
from access.second_factors import Given
from access.sessions import Home
from access.staff_notices import notify
from api.answers import Answer
from api.closed_route import v1_router
from api.device_tokens import DeviceToken
from api.fields import Body, Uuid
from api.sign_in_home import staff_sign_in
from api.sign_in_region import network_of
from api.staff_fields import (
    Client,
    EmailText,
    Password,
    SecondFactorShown,
    Secret,
    secret_field,
)
from api.staff_signed_in import StaffSignedIn, staff_signed_in
from api.state import state_of
from core.errors import Problem, ProblemType

router = v1_router("sign in")


class PasswordBody(Body):
    """Who comes, with what is known by heart."""

    email: EmailText = Field(examples=["hanako@example.jp"])
    password: Password = Field(examples=["夕焼けの坂道を三輪車で下る"])
    device_token: DeviceToken | None = None


class SecondFactorAsked(Answer):
    """What comes next, whoever came: the second factor."""

    challenge_id: UUID


class InvitationShown(Body):
    """An invitation to one more post, which came by e-mail."""

    invitation_id: Uuid
    secret: Secret = secret_field("Of the invitation.")


class SecondFactorBody(SecondFactorShown):
    """A code of the authenticator, or a recovery code."""

    post_id: Uuid | None = None
    invitation: InvitationShown | None = None
    device_token: DeviceToken | None = None
    client: Client | None = None


class PostChoiceBody(Body):
    """In which post the session shall act."""

    secret: Secret = secret_field("Of the choice.")
    post_id: Uuid
    device_token: DeviceToken | None = None


@staff_sign_in(router, "/passwords", "signInByPassword", "Sign in by password: first step")
async def sign_in_by_password(
    request: Request, home: Home, body: PasswordBody
) -> SecondFactorAsked:
    """The answer is the same whether the e-mail is known and the password right or not.

    Who guesses waits (`too-many-tries`), longer each time, by e-mail and network.
    """
    state, region_id = state_of(request), home.region_id
    comer = Comer(read_email(body.email), network_of(request), body.device_token)
    async with state.database.transaction(region_id) as db:
        looked = await look(db, region_id, state.vault, comer)
    is_right = await is_password(looked.password_hash, body.password)
    async with state.database.transaction(region_id) as db:
        challenge_id = await ask_second_factor(
            db, region_id, state.vault, comer, looked, is_right=is_right
        )
    return SecondFactorAsked(challenge_id=challenge_id)


@staff_sign_in(
    router, "/passwords/{challenge_id}/answers", "answerSecondFactor",
    "Sign in by password: second step",
)  # fmt: skip
async def answer(
    request: Request, home: Home, challenge_id: Uuid, body: SecondFactorBody
) -> StaffSignedIn:
    """Tokens, or a choice where several posts are held and no `post_id` names one.

    `staff-sign-in-refused` for all that is wrong. With an `invitation` its post is held from then
    on.
    """
    state, region_id = state_of(request), home.region_id
    given = Given(body.totp, body.recovery_code)
    async with state.database.transaction(region_id) as db:
        known = await answer_second_factor(db, region_id, state.vault, challenge_id, given)
    if known is None:
        raise Problem(STAFF_SIGN_IN_REFUSED)
    login_id = known.login_id
    async with state.database.transaction(region_id) as db:
        post_id = body.post_id
        if body.invitation is not None:
            post_id = await _accept(db, region_id, login_id, body.invitation)
        if body.recovery_code is not None:
            await notify(db, home, login_id, "recovery code used")
        signed = SignIn(login_id, "password", known.since, client=body.client or "")
        told = await staff_signed_in(
            state, db, home, signed, post_id=post_id, device_token=body.device_token
        )
    return _told(told)


@staff_sign_in(router, "/posts/{choice_id}/answers", "choosePost", "Choose a post")
async def choose_post(
    request: Request, home: Home, choice_id: Uuid, body: PostChoiceBody
) -> StaffSignedIn:
    """The session begins in the chosen post. A choice is made once, within five minutes."""
    state, region_id = state_of(request), home.region_id
    told: StaffSignedIn | ProblemType = STAFF_SIGN_IN_REFUSED
    async with state.database.transaction(region_id) as db:
        signed = await choose(db, region_id, state.vault, choice_id, body.secret)
        login = await find_login(db, region_id, signed.login_id) if signed else None
        if signed is not None and login is not None and login.state == "active":
            told = await staff_signed_in(
                state, db, home, signed, post_id=body.post_id, device_token=body.device_token
            )
    return _told(told)


async def _accept(db: AsyncSession, region_id: int, login_id: UUID, shown: InvitationShown) -> UUID:
    """The post of an invitation to the e-mail of this very login."""
    login = await find_login(db, region_id, login_id)
    assert login is not None
    await read_invitation(db, region_id, shown.invitation_id, shown.secret)
    return await accept_invitation(db, region_id, shown.invitation_id, login_id, login.email_key)


def _told(told: StaffSignedIn | ProblemType) -> StaffSignedIn:
    if isinstance(told, ProblemType):
        raise Problem(told)
    return told
