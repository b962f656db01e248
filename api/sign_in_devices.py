"""A resident signs in by a device's own key, without a code: it signs what was asked of it."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import Field
from starlette.requests import Request

from access.challenges import Kind, answer, ask
from access.devices import find_key
from access.signatures import is_signed, text_to_sign
from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.device_keys import Signature, signature_bytes
from api.device_tokens import DeviceToken
from api.fields import Body, Label, Uuid
from api.sign_in_region import SignInRegion
from api.signed_in import SignedIn, signed_in
from api.state import state_of
from core.errors import Problem, problem

SIGN_IN_REFUSED: Final = problem(
    "sign-in-refused", 401, "This signs nobody in: begin again, or sign in by a code."
)

BY_DEVICE: Final = Kind("device to sign in", timedelta(minutes=2), 1)

_NOBODYS: Final = (
    generate_private_key(SECP256R1())
    .public_key()
    .public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
)
"""A key that no device has: a signature is looked at, whether or not there is such a device."""

router = v1_router("sign in")


class DeviceChallengeBody(Body):
    """Nothing: who comes is told with the signature."""


class DeviceChallenge(Answer):
    """What the device shall sign, once and soon."""

    challenge_id: UUID
    nonce: str = Field(examples=["mKkfIYoBjTDa9eJ1bGtiT2hSvHf7y9b1oQm0cC2bq3E"])
    expires_at: datetime


class DeviceSignInBody(Body):
    """Which device comes, and what shows that it is that."""

    device_id: Uuid
    challenge_id: Uuid
    nonce: str = Field(
        strict=True,
        pattern=r"^[A-Za-z0-9_-]{43}$",
        examples=["mKkfIYoBjTDa9eJ1bGtiT2hSvHf7y9b1oQm0cC2bq3E"],
    )
    signature: Signature = Field(
        description="By the device's key, over `meguri sign-in`, `region=…`, `challenge=…`,"
        " `nonce=…` and `device=…`, a line each.",
    )
    client: Label | None = Field(
        default=None,
        examples=["Meguri 3.1, Pixel 9"],
        description="By what its owner will know the session.",
    )
    device_token: DeviceToken | None = None


@router.post(
    "/regions/{region}/sign-in/devices/challenges",
    operation_id="askForDeviceChallenge",
    summary="Ask what a device shall sign",
)
async def ask_for_challenge(
    request: Request,
    region: SignInRegion,
    body: DeviceChallengeBody,  # noqa: ARG001  an unknown member is refused
) -> DeviceChallenge:
    """Two minutes, and once. It names nobody."""
    state, nonce = state_of(request), secrets.token_urlsafe(32)
    async with state.database.transaction(region.region_id) as db:
        asked = await ask(db, region.region_id, state.vault, BY_DEVICE, nonce)
    over = in_zone(datetime.now(UTC) + BY_DEVICE.lasts, region)
    return DeviceChallenge(challenge_id=asked, nonce=nonce, expires_at=over)


@router.post(
    "/regions/{region}/sign-in/devices",
    operation_id="signInByDevice",
    summary="Sign in by a device's key",
)
async def sign_in(request: Request, region: SignInRegion, body: DeviceSignInBody) -> SignedIn:
    """A device that waits signs in too, and may look at itself only."""
    state, region_id = state_of(request), region.region_id
    text = sign_in_text(region.code, body.challenge_id, body.nonce, body.device_id)
    async with state.database.transaction(region_id) as db:
        asked = await answer(db, region_id, state.vault, BY_DEVICE, body.challenge_id, body.nonce)
        device = await find_key(db, region_id, "resident", body.device_id)
        key = _NOBODYS if device is None else device.public_key
        is_its = is_signed(key, text, signature_bytes(body.signature))
        if asked is not None and device is not None and is_its:
            client = body.client or device.name
            return await signed_in(state, db, region, device, "device", client, body.device_token)
    # The challenge is over, and that has to be committed before it is refused.
    raise Problem(SIGN_IN_REFUSED)


def sign_in_text(region_code: str, challenge_id: UUID, nonce: str, device_id: UUID) -> bytes:
    """What a device signs to sign in."""
    return text_to_sign(
        "sign-in",
        region=region_code,
        challenge=str(challenge_id),
        nonce=nonce,
        device=str(device_id),
    )
