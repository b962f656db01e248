"""People for tests: the row of a person, with a key on a device if wanted, and a PIN."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, update

from access.tables import device
from access.vault import Vault
from core.database import Database
from ledger.books import Entry
from residents.person import Tier
from residents.pin import pin_hash, set_pin
from residents.tables import person
from residents.verify_person import VerifyPerson
from tests.access.device_key import DeviceKey
from tests.town_builder import ADMIN, Town, new_id


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


def verification(
    person_id: UUID, until: date | None = date(2099, 12, 31), **more: Any
) -> VerifyPerson:
    """The command of an administrator who has seen a passport."""
    tier: Tier = "verified_resident" if until is not None else "unverified"
    said = {"tier": tier, "method": "document", "evidence": "passport", "reason": "test"}
    return VerifyPerson(
        entry_id=new_id(), actor=ADMIN, person_id=person_id, tier_until=until, **said | more
    )


async def verify(town: Town, person_id: UUID, **more: Any) -> Entry:
    """Let a person be verified."""
    return (await town.submit(verification(person_id, **more))).accepted()
