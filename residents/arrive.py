"""Arrive: somebody has shown a number, and comes in with a device; a new number makes a person.

Whoever has taken over a number, and nothing else, gets a device that waits: the person's other
devices see it and can revoke it, and a message says that it is there.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import enter_act
from access.devices import Device, add_key, device_of_key
from access.messages import put_message
from access.tables import device
from core.ids import uuid7
from ledger.regions import Region
from residents.notices import device_notice
from residents.number_changes import settle_number
from residents.tables import person

_NO_WAIT: Final = timedelta(0)
_ATTEMPTS: Final = 3
"""Between two statements somebody may leave the number: then there is nobody to be found."""


async def arrive(
    db: AsyncSession, region: Region, phone: str, public_key: bytes, name: str, wait: timedelta
) -> Device:
    """The person of a number that was shown, with this device; both are made where they are new.

    A person's first device is usable at once, every later one after `wait`, also when all the
    others are gone. Refuses what `add_key` does.
    """
    region_id = region.region_id
    await settle_number(db, region, phone)
    person_id = await _person_of(db, region_id, phone)
    known = await device_of_key(db, region_id, person_id, public_key)
    if known is not None:
        return known
    has_had_one = bool(
        await db.scalar(
            select(
                exists().where(device.c.region_id == region_id, device.c.subject_id == person_id)
            )
        )
    )
    added = await add_key(
        db,
        region_id,
        owner="resident",
        subject_id=person_id,
        public_key=public_key,
        name=name,
        wait=wait if has_had_one else _NO_WAIT,
    )
    await _tell(db, region, phone, person_id, added, is_first=not has_had_one)
    return added


async def _person_of(db: AsyncSession, region_id: int, phone: str) -> UUID:
    """The person with this number, locked; made now if there is none. Two at once make one."""
    for _ in range(_ATTEMPTS):
        await db.execute(
            insert(person)
            .values(region_id=region_id, person_id=uuid7(datetime.now(UTC)), phone=phone)
            .on_conflict_do_nothing(constraint="person_phone_is_one")
        )
        found: UUID | None = await db.scalar(
            select(person.c.person_id)
            .where(person.c.region_id == region_id, person.c.phone == phone)
            .with_for_update()
        )
        if found is not None:
            return found
    raise AssertionError("a number changed hands at each look")


async def _tell(
    db: AsyncSession, region: Region, phone: str, person_id: UUID, added: Device, *, is_first: bool
) -> None:
    await enter_act(
        db,
        region.region_id,
        actor=f"resident:{person_id}",
        act="device.added",
        object_id=added.device_id,
        person_id=person_id,
    )
    if not is_first:
        await put_message(
            db,
            region.region_id,
            channel="sms",
            purpose="notice of a device",
            address=phone,
            body=device_notice(region, added.usable_from),
        )
