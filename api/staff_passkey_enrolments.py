"""A new login begins with a passkey, in the place of a password and an authenticator."""

from datetime import UTC, datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.acts import enter_act
from access.add_passkey import TO_ENROL, Wanted, ask_to_add, register_passkey
from access.challenges import facts_of
from access.invitations import Invitation, accept_invitation, read_invitation
from access.logins import lock_email, login_of_email, make_login
from access.moments import present
from access.post_choices import SignIn
from access.posts import doer_of_login
from access.sessions import Home
from api.closed_route import v1_router
from api.device_tokens import DeviceToken
from api.fields import Body, Name, Uuid
from api.passkey_fields import PASSKEY_NOT_ADDED, MadePasskey, PasskeyWanted, party_of, wanted
from api.sign_in_home import staff_sign_in
from api.staff_enrolments import LOGIN_EXISTS
from api.staff_fields import Client, Secret, secret_field
from api.staff_signed_in import StaffSignedIn, staff_signed_in
from api.state import state_of
from core.errors import Problem, ProblemType
from core.ids import uuid7

router = v1_router("sign in")


class InvitationSecretBody(Body):
    """Whoever was invited."""

    secret: Secret = secret_field("Of the invitation, from the e-mail.")


class PasskeyAcceptanceBody(Body):
    """Whoever was invited says a name, and shows the passkey that the browser has made."""

    secret: Secret = secret_field("Of the invitation, from the e-mail.")
    name: Name = Field(examples=["世田谷 花子"])
    challenge_id: Uuid
    credential: MadePasskey
    passkey_name: Name = Field(examples=["事務所の鍵"])
    device_token: DeviceToken | None = None
    client: Client | None = None


@staff_sign_in(
    router, "/invitations/{invitation_id}/passkey-challenges", "askForPasskeyOfInvitation",
    "Ask for a passkey to accept an invitation",
)  # fmt: skip
async def ask_for_passkey(
    request: Request, home: Home, invitation_id: Uuid, body: InvitationSecretBody
) -> PasskeyWanted:
    """Once and within five minutes. `login-exists` where the e-mail has a login."""
    state, region_id = state_of(request), home.region_id
    party = party_of(state)
    async with state.database.transaction(region_id) as db:
        invited = await _invited(db, region_id, invitation_id, body.secret)
        ceremony = await ask_to_add(
            db, region_id, state.vault, party, subject_id=uuid7(datetime.now(UTC)),
            account=invited.email.address, kind=TO_ENROL,
            facts={"invitation_id": str(invitation_id)},
        )  # fmt: skip
    return wanted(ceremony)


@staff_sign_in(
    router, "/invitations/{invitation_id}/passkey-acceptances", "acceptInvitationByPasskey",
    "Accept an invitation by a passkey",
)  # fmt: skip
async def accept(
    request: Request, home: Home, invitation_id: Uuid, body: PasskeyAcceptanceBody
) -> StaffSignedIn:
    """The login and its post exist, and it is signed in; from then on the passkey signs in alone.

    A password with an authenticator may be added (`beginAuthenticatorChange`), and more passkeys.
    """
    state, region_id = state_of(request), home.region_id
    party, given = party_of(state), body.credential.as_given()
    async with state.database.transaction(region_id) as db:
        since = await present(db)
        invited = await _invited(db, region_id, invitation_id, body.secret)
        login_id = await _named(db, region_id, invitation_id, body.challenge_id)
        device_id = login_id and await register_passkey(
            db, region_id, state.vault, party, Wanted("staff", login_id, body.passkey_name),
            body.challenge_id, given, TO_ENROL,
        )  # fmt: skip
        if login_id is not None and device_id is not None:
            await make_login(db, region_id, invited.email, body.name, login_id)
            await accept_invitation(db, region_id, invitation_id, login_id, invited.email.key)
            doer = await doer_of_login(db, region_id, login_id)
            await enter_act(
                db, region_id, actor=doer.actor, role=doer.role, act="passkey.added",
                object_id=device_id,
            )  # fmt: skip
            signed = SignIn(login_id, "passkey", since, device_id, body.client or "")
            told = await staff_signed_in(
                state, db, home, signed, post_id=None, device_token=body.device_token
            )
            if isinstance(told, ProblemType):
                raise Problem(told)
            return told
    # The challenge is over, and that has to be committed before it is refused.
    raise Problem(PASSKEY_NOT_ADDED)


async def _invited(
    db: AsyncSession, region_id: int, invitation_id: UUID, secret: str
) -> Invitation:
    """The open invitation of somebody who has no login yet; invitation-invalid, login-exists."""
    invited = await read_invitation(db, region_id, invitation_id, secret)
    await lock_email(db, region_id, invited.email.key)
    await read_invitation(db, region_id, invitation_id, secret)  # as it stands after the wait
    if await login_of_email(db, region_id, invited.email.key) is not None:
        raise Problem(LOGIN_EXISTS)
    return invited


async def _named(
    db: AsyncSession, region_id: int, invitation_id: UUID, challenge_id: UUID
) -> UUID | None:
    """The id that the login shall have, by what this very invitation was asked."""
    asked = await facts_of(db, region_id, TO_ENROL, challenge_id)
    if asked is None or asked.facts["invitation_id"] != str(invitation_id):
        return None
    assert asked.subject_id is not None
    return UUID(int=asked.subject_id.int)
