"""The passkeys of one's own login: seen, and revoked when one is lost or was never wanted."""

from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from access.acts import enter_act
from access.devices import Device, devices_of, revoke_device
from access.logins import lock_email
from access.staff_notices import notify
from access.ways_in import refuse_to_lock_out
from api.answers import Answer
from api.anyone import AnyIdentity, Anyone
from api.closed_route import v1_router
from api.fields import Uuid
from api.own_login import recent_login
from api.pages import Listing, Page, Paged
from api.state import state_of

PASSKEYS: Final = Listing("staff-passkeys", (UUID,))

router = v1_router("sessions")


class StaffPasskeyItem(Answer):
    """A passkey that signs in."""

    device_id: UUID
    name: str = Field(examples=["事務所の鍵"])
    made_at: datetime
    used_at: datetime | None
    """When it last signed in."""


class StaffPasskeyRevoked(Answer):
    """A passkey that counts no more, nor do the sessions that began with it."""

    device_id: UUID


@router.get("/staff-passkeys", operation_id="listStaffPasskeys", summary="My passkeys")
async def list_passkeys(request: Request, me: Anyone, paging: Paged) -> Page[StaffPasskeyItem]:
    """Those of staff, administrators and operators, the oldest first. A resident has none here:
    `listDevices` has a resident's.
    """
    region_id, start = me.home.region_id, PASSKEYS.start(paging)
    rows: list[Device] = []
    if me.face != "resident":
        after = start[0] if start else None
        async with state_of(request).database.snapshot(region_id) as db:
            rows = await devices_of(db, region_id, me.subject_id, after, paging.limit + 1)
    return PASSKEYS.page(rows, paging, lambda row: (row.device_id,), lambda row: _item(me, row))


@router.post(
    "/staff-passkeys/{device_id}/revocations",
    operation_id="revokeStaffPasskey",
    summary="Revoke a passkey",
)
async def revoke(request: Request, me: Anyone, device_id: Uuid) -> StaffPasskeyRevoked:
    """Within 15 minutes of signing in. Its sessions end within seconds; a letter tells of it.

    The last way in stays (`last-way-in`): add another one first.
    """
    region_id = me.home.region_id
    async with state_of(request).database.transaction(region_id) as db:
        login = await recent_login(db, me)
        await lock_email(db, region_id, login.email_key)
        await revoke_device(db, region_id, login.login_id, device_id)
        await refuse_to_lock_out(db, region_id, login.login_id)
        await enter_act(
            db, region_id, actor=me.actor, role=me.role, act="passkey.revoked",
            object_id=device_id,
        )  # fmt: skip
        await notify(db, me.home, login.login_id, "passkey revoked")
    return StaffPasskeyRevoked(device_id=device_id)


def _item(me: AnyIdentity, row: Device) -> StaffPasskeyItem:
    used_at = None if row.used_at is None else row.used_at.astimezone(me.zone)
    return StaffPasskeyItem(
        device_id=row.device_id,
        name=row.name,
        made_at=row.made_at.astimezone(me.zone),
        used_at=used_at,
    )
