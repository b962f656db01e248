"""My passkeys: a resident adds one. It stands among the devices, and waits as others do."""

from datetime import timedelta

from pydantic import Field
from starlette.requests import Request

from access.add_passkey import Wanted, ask_to_add, register_passkey
from access.devices import find_device
from access.waiting import still_stand
from api.closed_route import v1_router
from api.confirmation import Confirmation, asked_with, confirmed
from api.fields import Body, Name, Uuid
from api.me_devices import DeviceAnswer, MeWriter, device_answer
from api.passkey_fields import PASSKEY_NOT_ADDED, MadePasskey, PasskeyWanted, party_of, wanted
from api.state import state_of
from core.errors import Problem
from core.revocations import TOKEN_REVOKED
from residents.passkey_notices import lock_person, tell_of_new_passkey

router = v1_router("residents: me")


class NewPasskeyBody(Body):
    """The passkey that a browser or a phone has made."""

    challenge_id: Uuid
    credential: MadePasskey
    name: Name = Field(examples=["花子の指紋"])
    change_id: Uuid = Field(description="A UUIDv7 made for this change.")
    confirmation: Confirmation = Field(
        description="By the PIN, or by a device's signature over `meguri passkey`, `region`,"
        " `person_id`, `change_id`, `challenge` (its id) and `credential` (its `rawId`), a line"
        " each."
    )


class NoBody(Body):
    """Nothing: the token says for whom it is."""


@router.post(
    "/me/passkeys/challenges", operation_id="askForPasskey", summary="Ask for a new passkey"
)
async def ask_for_passkey(
    request: Request,
    me: MeWriter,
    body: NoBody,  # noqa: ARG001  an unknown member is refused
) -> PasskeyWanted:
    """What a browser makes a passkey by. Authenticators that have one of mine make no second."""
    state, region = state_of(request), me.region
    party = party_of(state)
    async with state.database.transaction(region.region_id) as db:
        ceremony = await ask_to_add(
            db, region.region_id, state.vault, party, subject_id=me.person_id, account=region.name
        )
    return wanted(ceremony)


@router.post("/me/passkeys", operation_id="addPasskey", summary="Add a passkey")
async def add_passkey(request: Request, me: MeWriter, body: NewPasskeyBody) -> DeviceAnswer:
    """It waits until another device approves it or its time has come, and a message tells of it.

    A token alone adds none: what signs in for good takes a device that does so, or the PIN.
    """
    state, region, region_id = state_of(request), me.region, me.region.region_id
    party = party_of(state)
    await confirmed(
        state, me, body.confirmation, "passkey", body.change_id,
        challenge=str(body.challenge_id), credential=body.credential.raw_id,
    )  # fmt: skip
    wait = timedelta(hours=state.settings.device_wait_hours)
    async with state.database.transaction(region_id) as db:
        await lock_person(db, region_id, me.person_id)
        by = await asked_with(db, me, body.confirmation)
        if not await still_stand(db, region_id, by):
            raise Problem(TOKEN_REVOKED)
        new = Wanted("resident", me.person_id, body.name, wait, tuple(by))
        device_id = await register_passkey(
            db, region_id, state.vault, party, new, body.challenge_id, body.credential.as_given()
        )
        if device_id is not None:
            device = await find_device(db, region_id, me.person_id, device_id)
            assert device is not None
            await tell_of_new_passkey(db, region, me.person_id, device_id, device.usable_from)
            return device_answer(region, device)
    # The challenge is over, and that has to be committed before it is refused.
    raise Problem(PASSKEY_NOT_ADDED)
