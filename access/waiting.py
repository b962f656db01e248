"""What waits falls with what it was asked with: an ended session, a revoked device."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from access.devices import revoke_device
from access.sign_in_tables import session
from access.tables import device
from core.revocations import revocation

HARMLESS: Final = ("signed out", "over", "reused")
"""Why sessions end that leave what was asked with them: their owner goes, or has gone, or their
token was copied, with which alone nothing can be asked for that waits."""


async def still_stand(db: AsyncSession, region_id: int, asked_with: Sequence[UUID]) -> bool:
    """Whether none of these sessions and devices was ended or revoked meanwhile.

    None of them is before the caller's transaction ends. Devices are locked before sessions, as by
    whoever revokes one.
    """
    revoked = await db.scalars(
        select(device.c.revoked_at)
        .where(device.c.region_id == region_id, device.c.device_id.in_(asked_with))
        .order_by(device.c.device_id)
        .with_for_update(key_share=True)
    )
    if any(at is not None for at in revoked):
        return False
    by_hand = exists().where(
        revocation.c.region_id == region_id,
        revocation.c.kind == "family",
        revocation.c.value == session.c.session_id,
        revocation.c.expires_at > func.clock_timestamp(),
    )
    found = await db.execute(
        select(session.c.end_reason, by_hand)
        .where(session.c.region_id == region_id, session.c.session_id.in_(asked_with))
        .order_by(session.c.session_id)
        .with_for_update(read=True, of=session)
    )
    return all(
        reason in HARMLESS or (reason is None and not is_revoked) for reason, is_revoked in found
    )


async def drop_waiting_devices(
    db: AsyncSession, region_id: int, subject_id: UUID, asked_with: Sequence[UUID]
) -> list[UUID]:
    """Revoke those devices of a subject, who is locked, that wait and were asked for with these.

    A device that waits and has one of these sessions as its own is among them.
    """
    signed_in = select(session.c.device_id).where(
        session.c.region_id == region_id, session.c.session_id.in_(asked_with)
    )
    waiting = await db.scalars(
        select(device.c.device_id)
        .where(
            device.c.region_id == region_id,
            device.c.subject_id == subject_id,
            device.c.revoked_at.is_(None),
            device.c.usable_from > func.clock_timestamp(),
            device.c.asked_with.overlap(list(asked_with)) | device.c.device_id.in_(signed_in),
        )
        .order_by(device.c.device_id)
    )
    dropped = list(waiting)
    for device_id in dropped:
        await revoke_device(db, region_id, subject_id, device_id)
    return dropped
