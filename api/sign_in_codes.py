"""A resident signs in by a code: it goes to a number, and comes back with a device's new key."""

from datetime import timedelta
from typing import Final

from pydantic import Field
from starlette.requests import Request

from access.challenges import Asked
from access.devices import device_text
from access.signatures import is_signed
from api.closed_route import v1_router
from api.device_keys import PublicJwk, Signature, public_key, signature_bytes
from api.device_tokens import DeviceToken
from api.fields import Body, Label, Name, Uuid
from api.phone_codes import (
    Code,
    CodeAsked,
    PhoneText,
    code_asked,
    guess_refused,
    limits_of,
    usable_phone,
)
from api.sign_in_region import SignInRegion, network_of
from api.signed_in import SignedIn, signed_in
from api.state import state_of
from core.errors import Problem, problem
from residents.arrive import arrive
from residents.codes import TO_SIGN_IN, Guesser, answer_code, send_code

DEVICE_SIGNATURE_WRONG: Final = problem(
    "device-signature-wrong", 401, "The device's key did not sign this."
)

router = v1_router("sign in")


class CodeBody(Body):
    """Where the code shall go."""

    phone: PhoneText
    client: Label | None = Field(
        default=None,
        examples=["Meguri 3.1, Pixel 9"],
        description="By what its owner will know the session.",
    )


class NewDevice(Body):
    """The device that signs in."""

    public_key: PublicJwk
    name: Name = Field(examples=["花子の電話"])


class CodeAnswerBody(Body):
    """The code, and the key that was made on the device."""

    code: Code
    device: NewDevice
    signature: Signature = Field(
        description="By the new key, over `meguri device`, `region=…` and `challenge=…`, a line"
        " each.",
    )
    device_token: DeviceToken | None = None


@router.post(
    "/regions/{region}/sign-in/codes", operation_id="askForCode", summary="Ask for a code by SMS"
)
async def ask_for_code(request: Request, region: SignInRegion, body: CodeBody) -> CodeAsked:
    """The answer is the same whether the number is known here or not.

    A code lasts ten minutes. A number and a network have so many, and a region so many in a day.
    """
    state = state_of(request)
    phone = usable_phone(state, body.phone)
    facts = {"client": body.client or ""}
    async with state.database.transaction(region.region_id) as db:
        asked = await send_code(
            db, region, state.vault, TO_SIGN_IN, phone, limits_of(request), facts=facts
        )
    return code_asked(region, asked)


@router.post(
    "/regions/{region}/sign-in/codes/{challenge_id}/answers",
    operation_id="answerCode",
    summary="Sign in by the code",
)
async def answer(
    request: Request, region: SignInRegion, challenge_id: Uuid, body: CodeAnswerBody
) -> SignedIn:
    """A number that is new here becomes a person. A person's later devices wait at first."""
    state, key = state_of(request), public_key(body.device.public_key)
    text = device_text(region.code, challenge_id)
    if not is_signed(key, text, signature_bytes(body.signature)):
        raise Problem(DEVICE_SIGNATURE_WRONG)
    guesser = Guesser(network_of(request), key)
    async with state.database.transaction(region.region_id) as db:
        asked = await answer_code(
            db, region, state.vault, TO_SIGN_IN, challenge_id, body.code, guesser
        )
        if isinstance(asked, Asked):
            wait = timedelta(hours=state.settings.device_wait_hours)
            device = await arrive(db, region, asked.facts["phone"], key, body.device.name, wait)
            client = asked.facts["client"] or body.device.name
            return await signed_in(state, db, region, device, "sms", client, body.device_token)
    # A lost try has to be committed before it is refused.
    raise guess_refused(asked)
