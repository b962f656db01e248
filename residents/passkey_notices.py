"""What becomes of a resident's passkeys is entered in the log of acts, and told by text message."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import enter_act
from access.messages import put_message
from core.errors import Problem
from ledger.regions import Region
from residents.notices import device_notice, passkey_copied_notice
from residents.person import PERSON_UNKNOWN
from residents.tables import person


async def lock_person(db: AsyncSession, region_id: int, person_id: UUID) -> None:
    """Let nobody else add a device meanwhile. Raises person-unknown, also where it was closed."""
    rows = await db.scalars(
        select(person.c.person_id)
        .where(
            person.c.region_id == region_id,
            person.c.person_id == person_id,
            person.c.closed_at.is_(None),
        )
        .with_for_update()
    )
    if rows.one_or_none() is None:
        raise Problem(PERSON_UNKNOWN)


async def tell_of_new_passkey(
    db: AsyncSession, region: Region, person_id: UUID, device_id: UUID, usable_from: datetime
) -> None:
    """A passkey was added, and waits."""
    await _enter(db, region, person_id, device_id, "device.added", kind="passkey")
    await _tell(db, region, person_id, "notice of a device", device_notice(region, usable_from))


async def tell_of_copied_passkey(
    db: AsyncSession, region: Region, person_id: UUID, device_id: UUID
) -> None:
    """A passkey came with a counter that it had left behind: somebody has a copy of it."""
    await _enter(db, region, person_id, device_id, "passkey.refused_as_copy")
    purpose = "notice of a copied passkey"
    await _tell(db, region, person_id, purpose, passkey_copied_notice(region))


async def _enter(
    db: AsyncSession, region: Region, person_id: UUID, device_id: UUID, act: str, **facts: Any
) -> None:
    await enter_act(
        db, region.region_id, actor=f"resident:{person_id}", act=act, object_id=device_id,
        person_id=person_id, **facts,
    )  # fmt: skip


async def _tell(db: AsyncSession, region: Region, person_id: UUID, purpose: str, body: str) -> None:
    """By a message to the person's number, if there is one."""
    phone: str | None = await db.scalar(
        select(person.c.phone).where(
            person.c.region_id == region.region_id, person.c.person_id == person_id
        )
    )
    if phone is not None:
        await put_message(
            db, region.region_id, channel="sms", purpose=purpose, address=phone, body=body
        )
