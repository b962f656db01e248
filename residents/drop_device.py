"""Drop a person's device, or sessions: they count no more, nor does what was asked with them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import enter_act
from access.devices import revoke_device
from access.waiting import drop_waiting_devices
from ledger.regions import Region
from residents.number_changes import cancel_changes_of
from residents.tables import person


async def drop_device(
    db: AsyncSession, region: Region, person_id: UUID, device_id: UUID, actor: str
) -> None:
    """Revoke a device with its sessions, and what waits that was asked for with it.

    Refuses device-unknown. The person is locked first, as for whoever begins a change: so a change
    comes before this, and is cancelled, or does not come.
    """
    await lock_whoever(db, region.region_id, person_id)
    await revoke_device(db, region.region_id, person_id, device_id)
    await _enter(db, region.region_id, person_id, device_id, actor)
    await drop_what_waits(db, region, person_id, [device_id], actor)


async def drop_what_waits(
    db: AsyncSession, region: Region, person_id: UUID, asked_with: Sequence[UUID], actor: str
) -> None:
    """Cancel the change of number, and revoke the devices that wait, if asked for with these.

    The sessions and devices `asked_with` have ended. The person is locked.
    """
    region_id = region.region_id
    for device_id in await drop_waiting_devices(db, region_id, person_id, asked_with):
        await _enter(db, region_id, person_id, device_id, actor)
    await cancel_changes_of(db, region, person_id, asked_with)


async def lock_whoever(db: AsyncSession, region_id: int, person_id: UUID) -> None:
    """Lock a person, if there is one: nothing of theirs begins to wait meanwhile."""
    of_person = (person.c.region_id == region_id) & (person.c.person_id == person_id)
    await db.execute(select(person.c.person_id).where(of_person).with_for_update())


async def _enter(
    db: AsyncSession, region_id: int, person_id: UUID, device_id: UUID, actor: str
) -> None:
    await enter_act(
        db,
        region_id,
        actor=actor,
        act="device.revoked",
        object_id=device_id,
        person_id=person_id,
    )
