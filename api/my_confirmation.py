"""How the resident confirms: the PIN, set, changed and removed, and how it stands with it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from access.acts import enter_act
from api.answers import Answer, in_zone_if
from api.closed_route import v1_router
from api.confirmation import Confirmation, Pin, confirmed
from api.fields import Body, new_id
from api.identity import ResidentIdentity
from api.me_devices import MeReader, MeWriter
from api.state import State, state_of
from core.errors import Problem
from residents.person import PERSON_UNKNOWN
from residents.pin import PinState, pin_hash, pin_state, set_pin

router = v1_router("residents: security")


class PinBody(Body):
    """A new PIN, or none any more."""

    pin: Pin | None = Field(
        examples=["4071"], description="Four to six digits; null removes the PIN."
    )
    confirmation: Confirmation = Field(
        description="By the PIN that holds, or by a signature over `meguri pin`, `region`,"
        " `person_id`, `change_id` and `pin` (`none` where it is removed), a line each."
    )


class ConfirmationState(Answer):
    """With what the resident can confirm, beside the keys of devices."""

    has_pin: bool
    pin_locked_until: datetime | None
    """Until then no PIN confirms anything, the right one neither: it was wrong too often."""
    must_set_pin_anew: bool
    """It was wrong so often that it counts no more. A device's signature sets another."""


@router.get(
    "/me/confirmation",
    operation_id="getMyConfirmation",
    summary="Whether there is a PIN, and whether it is locked",
)
async def get_my_confirmation(request: Request, resident: MeReader) -> ConfirmationState:
    """The PIN itself is told to nobody."""
    state, region_id = state_of(request), resident.region.region_id
    async with state.database.snapshot(region_id) as db:
        found = await pin_state(db, region_id, resident.person_id)
    return _told(resident, found)


@router.put(
    "/me/pin-changes/{change_id}",
    operation_id="changeMyPin",
    summary="Set, change or remove the PIN",
    status_code=201,
)
async def change_my_pin(
    request: Request,
    resident: MeWriter,
    change_id: Annotated[UUID, new_id("change_id")],
    body: PinBody,
) -> ConfirmationState:
    """It holds from the answer on, and is not locked. Simple ones are refused."""
    state, pin = state_of(request), body.pin
    region_id, person_id = resident.region.region_id, resident.person_id
    kept = await pin_hash(state.vault, region_id, person_id, pin) if pin is not None else None
    await confirmed(state, resident, body.confirmation, "pin", change_id, pin=pin or "none")
    return _told(resident, await _set(state, resident, kept))


async def _set(state: State, resident: ResidentIdentity, kept: str | None) -> PinState:
    region_id, person_id = resident.region.region_id, resident.person_id
    async with state.database.transaction(region_id) as db:
        if not await set_pin(db, region_id, person_id, kept):
            raise Problem(PERSON_UNKNOWN)
        act = "pin.set" if kept is not None else "pin.removed"
        await enter_act(db, region_id, actor=resident.actor, act=act, person_id=person_id)
        return await pin_state(db, region_id, person_id)


def _told(resident: ResidentIdentity, found: PinState) -> ConfirmationState:
    until = found.locked_until
    return ConfirmationState(
        has_pin=found.is_set,
        pin_locked_until=in_zone_if(until, resident.region),
        must_set_pin_anew=found.is_dead,
    )
