"""Confirm (確認): what shows that the resident is there, and not a token alone.

A key that was made on the resident's device signs what is to happen, or a passkey does, or the
resident gives the PIN. A signature covers all that matters, with the id under which it happens: it
confirms nothing else, and nothing twice.
"""

from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.devices import find_usable
from access.passkeys import passkey_confirms
from access.sessions import device_of_session
from access.sign_in_tables import challenge
from access.signatures import is_signed, text_to_sign
from api.device_keys import Signature, signature_bytes
from api.fields import MALFORMED_ID, Body, Uuid
from api.identity import ResidentIdentity
from api.passkey_fields import SignedPasskey, party_of
from api.state import State
from core.errors import Problem, problem
from core.ids import CLIENT_ID_AGE, is_client_id, time_of, uuid8
from residents.person import CONFIRMATION_NEEDED
from residents.pin import is_pin

CONFIRMATION_WRONG: Final = problem(
    "confirmation-wrong", 403, "This confirms nothing: another device, text or PIN, or locked."
)
CONFIRMATION_USED: Final = problem(
    "confirmation-used",
    409,
    "Something was confirmed under this id before: look what became of it.",
)

Way = Literal["device", "passkey", "pin"]
"""How something was confirmed."""
Pin = Annotated[str, Field(strict=True, pattern=r"^[0-9]{4,6}$")]

_USED: Final = "confirmation"


class Confirmation(Body):
    """A device with the signature of its key, a passkey with what it answered, or the PIN."""

    device_id: Uuid | None = None
    signature: Signature | None = Field(
        default=None,
        description="ES256 over the text that the operation names, a line each: `meguri <purpose>`,"
        " then `name=value`.",
    )
    passkey: SignedPasskey | None = Field(
        default=None,
        description="Of a device that is a passkey: its challenge is the SHA-256 of the same text.",
        examples=[None],
    )
    pin: Pin | None = Field(default=None, examples=[None, "4071"])

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = [each for each in (self.signature, self.passkey, self.pin) if each is not None]
        if len(given) != 1 or (self.device_id is None) != (self.pin is not None):
            raise PydanticCustomError(
                "one_confirmation", "a device with its signature or passkey, or a PIN"
            )
        return self


async def way_of(
    state: State, resident: ResidentIdentity, confirmation: Confirmation, text: bytes
) -> Way:
    """How the resident confirms `text`. Raises confirmation-wrong, and a wrong PIN costs a try.

    A signature may be shown again: whoever asks makes sure that `text` happens once.
    """
    region_id, person_id = resident.region.region_id, resident.person_id
    if confirmation.pin is not None:
        if await is_pin(state.database, state.vault, region_id, person_id, confirmation.pin):
            return "pin"
        raise Problem(CONFIRMATION_WRONG)
    async with state.database.transaction(region_id) as db:
        return await _signed_by(state, db, resident, confirmation, text)


async def confirmed(
    state: State,
    resident: ResidentIdentity,
    confirmation: Confirmation | None,
    purpose: str,
    change_id: UUID,
    **said: str | int,
) -> None:
    """Let a change of security happen only if the resident confirms it, and once.

    What is signed is `meguri <purpose>`, then `region`, `person_id`, `change_id` and what is
    `said`, a line each. `change_id` is a UUIDv7 made by the client for this change. Raises
    confirmation-needed without a confirmation, confirmation-wrong, and confirmation-used where the
    id confirmed something before: an older change of the same kind cannot be repeated from a copy.
    """
    if confirmation is None:
        raise Problem(CONFIRMATION_NEEDED)
    if not is_client_id(change_id, state.clock.now()):
        raise Problem(MALFORMED_ID, parameter="change_id")
    region_id = resident.region.region_id
    if confirmation.pin is not None:
        await way_of(state, resident, confirmation, b"")
        return
    text = text_to_sign(
        purpose,
        region=resident.region.code,
        person_id=str(resident.person_id),
        change_id=str(change_id),
        **said,
    )
    async with state.database.transaction(region_id) as db:
        await _signed_by(state, db, resident, confirmation, text)
        if not await _is_first(db, resident, change_id):
            raise Problem(CONFIRMATION_USED)


async def asked_with(
    db: AsyncSession, resident: ResidentIdentity, confirmation: Confirmation | None = None
) -> list[UUID]:
    """The session that asks with its device, and the device that confirms.

    What waits falls with each of them: access/waiting.py.
    """
    found = [resident.session_id, confirmation.device_id if confirmation else None]
    if resident.session_id is not None:
        found.append(await device_of_session(db, resident.region.region_id, resident.session_id))
    return sorted({each for each in found if each is not None})


async def _signed_by(
    state: State,
    db: AsyncSession,
    resident: ResidentIdentity,
    confirmation: Confirmation,
    text: bytes,
) -> Way:
    """Whether by a device's key or a passkey; raises confirmation-wrong if by neither."""
    region_id, person_id = resident.region.region_id, resident.person_id
    assert confirmation.device_id is not None
    if confirmation.passkey is not None:
        if await passkey_confirms(
            db,
            region_id,
            party_of(state),
            subject_id=person_id,
            device_id=confirmation.device_id,
            text=text,
            credential=confirmation.passkey.as_given(),
        ):
            return "passkey"
        raise Problem(CONFIRMATION_WRONG)
    assert confirmation.signature is not None
    device = await find_usable(db, region_id, person_id, confirmation.device_id)
    if device is None or device.kind != "key":
        raise Problem(CONFIRMATION_WRONG)
    if not is_signed(device.public_key, text, signature_bytes(confirmation.signature)):
        raise Problem(CONFIRMATION_WRONG)
    return "device"


async def _is_first(db: AsyncSession, resident: ResidentIdentity, change_id: UUID) -> bool:
    """Note that `change_id` has confirmed something, for as long as it can be shown again."""
    at = time_of(change_id)
    noted = await db.execute(
        insert(challenge)
        .values(
            region_id=resident.region.region_id,
            challenge_id=uuid8(at, _USED, resident.person_id, change_id),
            purpose=_USED,
            subject_id=resident.person_id,
            secret_hash=bytes(32),
            tries_left=0,
            expires_at=func.clock_timestamp() + 2 * CLIENT_ID_AGE,
            used_at=func.clock_timestamp(),
        )
        .on_conflict_do_nothing(constraint="challenge_pk")
        .returning(challenge.c.challenge_id)
    )
    return noted.one_or_none() is not None
