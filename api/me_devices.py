"""My devices: which ones may sign me in, what they are called, and which of them still waits."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from access.acts import enter_act
from access.devices import (
    DEVICE_UNKNOWN,
    Device,
    Kind,
    approve_device,
    devices_of,
    find_device,
    rename_device,
)
from access.sessions import device_of_session
from access.waiting import still_stand
from api.answers import Answer, in_zone, in_zone_if
from api.closed_route import v1_router
from api.confirmation import Confirmation, asked_with, confirmed
from api.fields import Body, Name, Uuid
from api.identity import ResidentIdentity, resident
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem
from core.ids import NIL
from core.revocations import TOKEN_REVOKED
from ledger.regions import Region
from residents.drop_device import drop_device, lock_whoever

DEVICES: Final = Listing("my-devices", (UUID,))

MeReader = Annotated[ResidentIdentity, resident("me:read")]
"""A resident who looks at the own account."""
MeWriter = Annotated[ResidentIdentity, resident("me:write")]
"""A resident who changes the own account."""
Waiting = Annotated[ResidentIdentity, resident("device:read")]
"""A resident who may look at the own device only, or more."""

router = v1_router("residents: me")


class DeviceAnswer(Answer):
    """A device that was not revoked."""

    device_id: UUID
    kind: Kind
    """`key`: an ES256 key made on the device; `passkey`: WebAuthn."""
    name: str = Field(examples=["花子の電話"])
    is_usable: bool = Field(examples=[True])
    """Whether it may do more than look: false while it waits."""
    usable_from: datetime
    """Until then a device that was added to others waits, unless one of them approves it."""
    made_at: datetime
    used_at: datetime | None
    """When it last signed in."""


class DeviceNameBody(Body):
    """What the device shall be called."""

    name: Name = Field(examples=["花子の電話"])


class DeviceChangeBody(Body):
    """What confirms the change."""

    change_id: Uuid = Field(description="A UUIDv7 made for this change.")
    confirmation: Confirmation = Field(
        description="By the PIN, or by another device's signature over `meguri device approval` or"
        " `meguri device revocation`, `region`, `person_id`, `change_id` and `device`, a line each."
    )


class DeviceRevoked(Answer):
    """A device that counts no more, nor do its sessions."""

    device_id: UUID


@router.get("/me/devices", operation_id="listDevices", summary="My devices")
async def list_devices(request: Request, me: MeReader, paging: Paged) -> Page[DeviceAnswer]:
    """All that were not revoked, the oldest first, also those that wait."""
    region = me.region
    start = DEVICES.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await devices_of(
            db, region.region_id, me.person_id, start[0] if start else None, paging.limit + 1
        )
    return DEVICES.page(
        rows, paging, lambda row: (row.device_id,), lambda row: device_answer(region, row)
    )


@router.get("/me/device", operation_id="getOwnDevice", summary="The device of this session")
async def get_own_device(request: Request, me: Waiting) -> DeviceAnswer:
    """Whether it still waits. Refuses device-unknown where the session began without one."""
    region_id = me.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        device_id = await device_of_session(db, region_id, me.session_id or NIL)
        found = await find_device(db, region_id, me.person_id, device_id or NIL)
    if found is None:
        raise Problem(DEVICE_UNKNOWN)
    return device_answer(me.region, found)


@router.patch("/me/devices/{device_id}", operation_id="renameDevice", summary="Name a device")
async def rename(
    request: Request, me: MeWriter, device_id: Uuid, body: DeviceNameBody
) -> DeviceAnswer:
    """Call one of my devices by another name."""
    region_id = me.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        renamed = await rename_device(db, region_id, me.person_id, device_id, body.name)
    return device_answer(me.region, renamed)


@router.post(
    "/me/devices/{device_id}/approvals",
    operation_id="approveDevice",
    summary="Let a device wait no longer",
)
async def approve(
    request: Request, me: MeWriter, device_id: Uuid, body: DeviceChangeBody
) -> DeviceAnswer:
    """It may do everything from its next renewal on."""
    state, region_id = state_of(request), me.region.region_id
    await confirmed(
        state, me, body.confirmation, "device approval", body.change_id, device=str(device_id)
    )
    async with state.database.transaction(region_id) as db:
        await lock_whoever(db, region_id, me.person_id)
        if not await still_stand(db, region_id, await asked_with(db, me, body.confirmation)):
            raise Problem(TOKEN_REVOKED)  # what approves was itself revoked while this waited
        approved = await approve_device(db, region_id, me.person_id, device_id)
        await enter_act(
            db,
            region_id,
            actor=me.actor,
            act="device.approved",
            object_id=device_id,
            person_id=me.person_id,
        )
    return device_answer(me.region, approved)


@router.post(
    "/me/devices/{device_id}/revocations",
    operation_id="revokeDevice",
    summary="Let a device count no more",
)
async def revoke(
    request: Request, me: MeWriter, device_id: Uuid, body: DeviceChangeBody
) -> DeviceRevoked:
    """Its sessions end within two seconds. What waits falls if it was asked for or confirmed with
    it, in whichever session: a change of number, and a passkey.

    It never comes back: the same phone signs in again with a new key.
    """
    state, region_id = state_of(request), me.region.region_id
    await confirmed(
        state, me, body.confirmation, "device revocation", body.change_id, device=str(device_id)
    )
    async with state.database.transaction(region_id) as db:
        await drop_device(db, me.region, me.person_id, device_id, me.actor)
    return DeviceRevoked(device_id=device_id)


def device_answer(region: Region, device: Device) -> DeviceAnswer:
    """A device as its owner is shown it."""
    return DeviceAnswer(
        device_id=device.device_id,
        kind=device.kind,
        name=device.name,
        is_usable=device.is_usable,
        usable_from=in_zone(device.usable_from, region),
        made_at=in_zone(device.made_at, region),
        used_at=in_zone_if(device.used_at, region),
    )
