"""A resident signs in by a passkey, without saying who it is: the passkey knows."""

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.devices import find_device
from access.passkeys import NotShown, Shown, ask_to_sign_in, show_passkey
from api.closed_route import v1_router
from api.device_tokens import DeviceToken
from api.fields import Body, Label, Uuid
from api.passkey_fields import PasskeyAsked, SignedPasskey, asked, party_of
from api.sign_in_devices import SIGN_IN_REFUSED
from api.sign_in_region import SignInRegion
from api.signed_in import SignedIn, signed_in
from api.state import State, state_of
from core.errors import Problem
from ledger.regions import Region
from residents.passkey_notices import tell_of_copied_passkey

router = v1_router("sign in")


class PasskeyChallengeBody(Body):
    """Nothing: who comes is told with the signature."""


class PasskeySignInBody(Body):
    """What the passkey has signed."""

    challenge_id: Uuid
    credential: SignedPasskey
    client: Label | None = Field(
        default=None,
        examples=["Meguri 3.1, Pixel 9"],
        description="By what its owner will know the session.",
    )
    device_token: DeviceToken | None = None


@router.post(
    "/regions/{region}/sign-in/passkeys/challenges",
    operation_id="askForPasskeySignIn",
    summary="Ask what a passkey shall sign",
)
async def ask_for_challenge(
    request: Request,
    region: SignInRegion,
    body: PasskeyChallengeBody,  # noqa: ARG001  an unknown member is refused
) -> PasskeyAsked:
    """Any passkey of a resident of this region may sign it."""
    state = state_of(request)
    party = party_of(state)
    async with state.database.transaction(region.region_id) as db:
        return asked(await ask_to_sign_in(db, region.region_id, state.vault, party))


@router.post(
    "/regions/{region}/sign-in/passkeys",
    operation_id="signInByPasskey",
    summary="Sign in by a passkey",
)
async def sign_in(request: Request, region: SignInRegion, body: PasskeySignInBody) -> SignedIn:
    """A passkey that waits signs in too, and may look at itself only.

    One whose counter went back is refused like any other that is wrong, and its owner is told.
    """
    state, region_id = state_of(request), region.region_id
    party, given = party_of(state), body.credential.as_given()
    async with state.database.transaction(region_id) as db:
        shown = await show_passkey(
            db, region_id, state.vault, party, "resident", body.challenge_id, given
        )
        if isinstance(shown, Shown):
            return await _begin(state, db, region, shown, body)
        await _tell(db, region, shown)
    # The challenge is over, and that has to be committed before it is refused.
    raise Problem(SIGN_IN_REFUSED)


async def _begin(
    state: State, db: AsyncSession, region: Region, shown: Shown, body: PasskeySignInBody
) -> SignedIn:
    device = await find_device(db, region.region_id, shown.subject_id, shown.device_id)
    assert device is not None
    client = body.client or device.name
    return await signed_in(state, db, region, device, "passkey", client, body.device_token)


async def _tell(db: AsyncSession, region: Region, shown: NotShown) -> None:
    if shown.copied is not None:
        owner, device_id = shown.copied.subject_id, shown.copied.device_id
        await tell_of_copied_passkey(db, region, owner, device_id)
