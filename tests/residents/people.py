"""People for tests: the row of a person, with a key on a device if wanted, and a PIN."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, update

from access.tables import device
from access.vault import Vault
from core.database import Database
from residents.pin import pin_hash, set_pin
from residents.tables import person
from tests.access.device_key import DeviceKey


@dataclass(frozen=True)
class Device:
    """A device that somebody holds."""

    device_id: UUID
    key: DeviceKey

    def confirms(self, text: str) -> dict[str, str]:
        """The member `confirmation` of a body, over these lines."""
        return {"device_id": str(self.device_id), "signature": self.key.signature(text.encode())}


async def enrol(database: Database, region_id: int, person_id: UUID) -> None:
    """Make a person with this id, who has no device and no PIN."""
    async with database.transaction(region_id) as db:
        await db.execute(insert(person).values(region_id=region_id, person_id=person_id))


async def give_device(
    database: Database, region_id: int, person_id: UUID, *, wait: timedelta = timedelta(0)
) -> Device:
    """A new key on a new device of the person, which can be used after `wait`."""
    made = Device(uuid4(), DeviceKey())
    async with database.transaction(region_id) as db:
        await db.execute(
            insert(device).values(
                region_id=region_id,
                device_id=made.device_id,
                subject_id=person_id,
                face="resident",
                kind="key",
                public_key=made.key.public,
                name="a phone",
                usable_from=datetime.now(UTC) - timedelta(seconds=5) + wait,
            )
        )
    return made


async def revoke(database: Database, region_id: int, revoked: Device) -> None:
    """Let the device be worth nothing any more."""
    async with database.transaction(region_id) as db:
        await db.execute(
            update(device)
            .where(device.c.region_id == region_id, device.c.device_id == revoked.device_id)
            .values(revoked_at=datetime.now(UTC))
        )


async def give_pin(
    database: Database, vault: Vault, region_id: int, person_id: UUID, pin: str
) -> None:
    """Set the person's PIN."""
    kept = await pin_hash(vault, region_id, person_id, pin)
    async with database.transaction(region_id) as db:
        assert await set_pin(db, region_id, person_id, kept)
