"""A resident comes in again by the code that was handed over at the counter, with a new device."""

import unicodedata
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field
from starlette.requests import Request

from access.challenges import Asked
from access.signatures import is_signed, text_to_sign
from api.closed_route import v1_router
from api.device_keys import Signature, public_key, signature_bytes
from api.device_tokens import DeviceToken
from api.fields import Body, Label
from api.phone_codes import PhoneText, guess_refused
from api.sign_in_codes import DEVICE_SIGNATURE_WRONG, NewDevice
from api.sign_in_region import SignInRegion, network_of
from api.signed_in import SignedIn, signed_in
from api.state import state_of
from core.errors import Problem
from residents.phone import e164
from residents.recovery import answer_recovery, replace_devices

router = v1_router("sign in")


def _typed(code: str) -> str:
    """As it was shown: people type it small, wide, and with hyphens."""
    plain = unicodedata.normalize("NFKC", code).upper()
    return "".join(character for character in plain if character.isalnum() and character.isascii())


class RecoveryCodeBody(Body):
    """The number that the account has, the code, and the key that was made on the new device."""

    phone: PhoneText
    code: Annotated[
        str,
        Field(strict=True, pattern=r"^[0-9A-Za-z０-９Ａ-Ｚａ-ｚ　 －ー-]{12,20}$"),
        AfterValidator(_typed),
    ] = Field(examples=["7K2M-9QXW-4HTB"])
    device: NewDevice
    signature: Signature = Field(
        description="By the new key, over `meguri recovery`, `region=…` and `code=…` (twelve"
        " letters and digits, without hyphens), a line each.",
    )
    client: Label | None = Field(
        default=None,
        examples=["Meguri 3.1, Pixel 9"],
        description="By what its owner will know the session.",
    )
    device_token: DeviceToken | None = None


@router.post(
    "/regions/{region}/sign-in/recoveries",
    operation_id="signInByRecovery",
    summary="Come in again after every device was lost",
)
async def sign_in(request: Request, region: SignInRegion, body: RecoveryCodeBody) -> SignedIn:
    """All other devices are revoked, and the number is told. Wrong codes are counted."""
    state, key = state_of(request), public_key(body.device.public_key)
    text = recovery_text(region.code, body.code)
    if not is_signed(key, text, signature_bytes(body.signature)):
        raise Problem(DEVICE_SIGNATURE_WRONG)
    phone = e164(body.phone, state.settings.sms_countries.split(",")) or body.phone
    wait = timedelta(hours=state.settings.recovery_wait_hours)
    async with state.database.transaction(region.region_id) as db:
        asked = await answer_recovery(
            db, region, state.vault, phone, body.code, network_of(request)
        )
        if isinstance(asked, Asked):
            device = await replace_devices(db, region, phone, asked, key, body.device.name, wait)
            client = body.client or body.device.name
            return await signed_in(state, db, region, device, "recovery", client, body.device_token)
    # A lost try has to be committed before it is refused.
    raise guess_refused(asked)


def recovery_text(region_code: str, code: str) -> bytes:
    """What a new device signs to take the place of all others."""
    return text_to_sign("recovery", region=region_code, code=code)
