"""Confirm (確認): what shows that the resident is there, and not a token alone.

A key that was made on the resident's device signs what is to happen, or the resident gives the PIN.
A signature covers all that matters, with the id under which it happens: it confirms nothing else,
and nothing twice.
"""

from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.devices import find_usable
from access.sign_in_tables import challenge
from access.signatures import is_signed, text_to_sign
from api.fields import MALFORMED_ID, Body, Uuid
from api.identity import ResidentIdentity
from api.renewals import Signature, signature_bytes
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

Way = Literal["device", "pin"]
"""How something was confirmed."""
Pin = Annotated[str, Field(strict=True, pattern=r"^[0-9]{4,6}$")]

_USED: Final = "confirmation"


class Confirmation(Body):
    """A device with its signature, or the PIN."""

    device_id: Uuid | None = None
    signature: Signature | None = Field(
        default=None,
        description="ES256 over the text that the operation names, a line each: `meguri <purpose>`,"
        " then `name=value`.",
        examples=["A" * 86],
    )
    pin: Pin | None = Field(default=None, examples=["4071"])

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        signs = self.device_id is not None and self.signature is not None
        is_part = (self.device_id is None) != (self.signature is None)
        if is_part or signs == (self.pin is not None):
            raise PydanticCustomError("one_confirmation", "a device with its signature, or a PIN")
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
        await _check_signature(db, resident, confirmation, text)
    return "device"


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
        await _check_signature(db, resident, confirmation, text)
        if not await _is_first(db, resident, change_id):
            raise Problem(CONFIRMATION_USED)


async def _check_signature(
    db: AsyncSession, resident: ResidentIdentity, confirmation: Confirmation, text: bytes
) -> None:
    assert confirmation.device_id is not None
    assert confirmation.signature is not None
    region_id, person_id = resident.region.region_id, resident.person_id
    device = await find_usable(db, region_id, person_id, confirmation.device_id)
    if device is None or device.kind != "key":
        raise Problem(CONFIRMATION_WRONG)
    if not is_signed(device.public_key, text, signature_bytes(confirmation.signature)):
        raise Problem(CONFIRMATION_WRONG)


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
