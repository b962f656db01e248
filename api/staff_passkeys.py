"""Passkeys of staff and administrators: added by who has just signed in, and then signed in by."""

from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.acts import enter_act
from access.add_passkey import Wanted, ask_to_add, register_passkey
from access.logins import find_login, lock_email
from access.moments import present
from access.passkeys import Shown, ask_to_sign_in, show_passkey
from access.password_sign_in import STAFF_SIGN_IN_REFUSED
from access.post_choices import SignIn
from access.posts import doer_of_login
from access.sessions import Home
from access.staff_notices import notify
from access.waiting import still_stand
from api.answers import Answer
from api.anyone import Anyone
from api.closed_route import v1_router
from api.device_tokens import DeviceToken
from api.fields import Body, Name, Uuid
from api.own_login import recent_login
from api.passkey_fields import (
    PASSKEY_NOT_ADDED,
    MadePasskey,
    PasskeyAsked,
    PasskeyWanted,
    SignedPasskey,
    asked,
    party_of,
    wanted,
)
from api.sign_in_home import staff_sign_in
from api.staff_fields import Client
from api.staff_signed_in import StaffSignedIn, staff_signed_in
from api.state import state_of
from core.errors import Problem, ProblemType
from core.revocations import TOKEN_REVOKED

router = v1_router("sign in")
adding = v1_router("sessions")


class StaffPasskeyChallengeBody(Body):
    """Nothing: who comes is told with the signature, or by the token."""


class StaffPasskeyBody(Body):
    """What the passkey has signed."""

    challenge_id: Uuid
    credential: SignedPasskey
    post_id: Uuid | None = None
    device_token: DeviceToken | None = None
    client: Client | None = None


class NewStaffPasskeyBody(Body):
    """The passkey that a browser has made."""

    challenge_id: Uuid
    credential: MadePasskey
    name: Name = Field(examples=["事務所の鍵"])


class StaffPasskeyAdded(Answer):
    """A passkey that signs in from now on."""

    device_id: UUID


@staff_sign_in(
    router, "/staff-passkeys/challenges", "askForStaffPasskey", "Ask what a passkey shall sign"
)
async def ask_for_challenge(
    request: Request,
    home: Home,
    body: StaffPasskeyChallengeBody,  # noqa: ARG001  an unknown member is refused
) -> PasskeyAsked:
    """Any passkey of staff or administrators here may sign it."""
    state = state_of(request)
    party = party_of(state)
    async with state.database.transaction(home.region_id) as db:
        return asked(await ask_to_sign_in(db, home.region_id, state.vault, party))


@staff_sign_in(router, "/staff-passkeys", "signInByStaffPasskey", "Sign in by a passkey")
async def sign_in(request: Request, home: Home, body: StaffPasskeyBody) -> StaffSignedIn:
    """Tokens, or a choice where several posts are held and no `post_id` names one."""
    state, region_id = state_of(request), home.region_id
    party, given = party_of(state), body.credential.as_given()
    told: StaffSignedIn | ProblemType = STAFF_SIGN_IN_REFUSED
    async with state.database.transaction(region_id) as db:
        since = await present(db)
        shown = await show_passkey(
            db, region_id, state.vault, party, "staff", body.challenge_id, given
        )
        if isinstance(shown, Shown):
            login = await find_login(db, region_id, shown.subject_id)
            if login is not None and login.state == "active" and shown.is_usable:
                signed = SignIn(
                    login.login_id, "passkey", since, shown.device_id, body.client or ""
                )
                told = await staff_signed_in(
                    state, db, home, signed, post_id=body.post_id, device_token=body.device_token
                )
        elif shown.copied is not None:
            await tell_of_copy(db, home, shown.copied)
    # The challenge is over, and that has to be committed before it is refused.
    if isinstance(told, ProblemType):
        raise Problem(told)
    return told


@adding.post(
    "/staff-passkeys/challenges",
    operation_id="askForNewStaffPasskey",
    summary="Ask for a new passkey",
)
async def ask_for_passkey(
    request: Request,
    me: Anyone,
    body: StaffPasskeyChallengeBody,  # noqa: ARG001  an unknown member is refused
) -> PasskeyWanted:
    """For staff, administrators and operators, within 15 minutes of their signing in."""
    state, region_id = state_of(request), me.home.region_id
    party = party_of(state)
    async with state.database.transaction(region_id) as db:
        login = await recent_login(db, me)
        ceremony = await ask_to_add(
            db, region_id, state.vault, party, subject_id=login.login_id, account=login.email
        )
    return wanted(ceremony)


@adding.post("/staff-passkeys", operation_id="addStaffPasskey", summary="Add a passkey")
async def add_passkey(request: Request, me: Anyone, body: NewStaffPasskeyBody) -> StaffPasskeyAdded:
    """It signs in at once, without password and authenticator. A letter tells of it."""
    state, region_id = state_of(request), me.home.region_id
    party, given = party_of(state), body.credential.as_given()
    async with state.database.transaction(region_id) as db:
        login = await recent_login(db, me)
        await lock_email(db, region_id, login.email_key)
        if me.session_id is None or not await still_stand(db, region_id, [me.session_id]):
            raise Problem(TOKEN_REVOKED)  # it ended while this waited: no key outlives it
        new = Wanted("staff", login.login_id, body.name)
        device_id = await register_passkey(
            db, region_id, state.vault, party, new, body.challenge_id, given
        )
        if device_id is not None:
            await enter_act(
                db, region_id, actor=me.actor, role=me.role, act="passkey.added",
                object_id=device_id,
            )  # fmt: skip
            await notify(db, me.home, login.login_id, "passkey added")
            return StaffPasskeyAdded(device_id=device_id)
    # The challenge is over, and that has to be committed before it is refused.
    raise Problem(PASSKEY_NOT_ADDED)


async def tell_of_copy(db: AsyncSession, home: Home, copied: Shown) -> None:
    """Write to a login that its passkey may have a copy, and enter it in the log of acts."""
    doer = await doer_of_login(db, home.region_id, copied.subject_id)
    await enter_act(
        db, home.region_id, actor=doer.actor, role=doer.role, act="passkey.refused_as_copy",
        object_id=copied.device_id,
    )  # fmt: skip
    await notify(db, home, copied.subject_id, "passkey copied")
