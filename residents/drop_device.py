"""Drop a person's device: it counts no more, nor does what it began."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import enter_act
from access.devices import revoke_device
from ledger.regions import Region
from residents.number_changes import cancel_changes_of
from residents.tables import person


async def drop_device(
    db: AsyncSession, region: Region, person_id: UUID, device_id: UUID, actor: str
) -> None:
    """Revoke a device with its sessions, and cancel the change of number that it asked for.

    Refuses device-unknown. The person is locked first, as for whoever begins a change: so a change
    comes before this, and is cancelled, or does not come.
    """
    region_id = region.region_id
    of_person = (person.c.region_id == region_id) & (person.c.person_id == person_id)
    await db.execute(select(person.c.person_id).where(of_person).with_for_update())
    await revoke_device(db, region_id, person_id, device_id)
    await cancel_changes_of(db, region, person_id, device_id)
    await enter_act(
        db,
        region_id,
        actor=actor,
        act="device.revoked",
        object_id=device_id,
        person_id=person_id,
    )
