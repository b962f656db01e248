"""Devices: what somebody signs in and confirms with, a key made on it (ES256) or a passkey.

A device that is added to others may have to wait before it is worth more than a look. One that was
revoked stays revoked: its key never comes back.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.sessions import end_sessions
from access.signatures import text_to_sign
from access.tables import device
from core.errors import Problem, problem
from core.ids import uuid7

DEVICE_UNKNOWN: Final = problem("device-unknown", 404, "There is no such device of yours.")
DEVICE_KEY_TAKEN: Final = problem(
    "device-key-taken", 409, "This key is or was another device's: make a new one."
)
DEVICES_ENOUGH: Final = problem("devices-enough", 409, "There are as many devices as are allowed.")

MOST_DEVICES: Final = 20
"""Of one subject, without those that were revoked."""

Owner = Literal["resident", "staff"]
"""Whose devices they are: a person's, or a login's."""
Kind = Literal["key", "passkey"]


@dataclass(frozen=True, slots=True)
class Device:
    """A device that was not revoked."""

    device_id: UUID
    subject_id: UUID
    kind: Kind
    public_key: bytes
    name: str
    made_at: datetime
    usable_from: datetime
    used_at: datetime | None
    is_usable: bool
    """Whether its waiting time was over when it was read."""


def device_text(region_code: str, challenge_id: UUID) -> bytes:
    """What a new key signs to show that whoever adds it has it: a challenge that comes once."""
    return text_to_sign("device", region=region_code, challenge=str(challenge_id))


async def add_key(
    db: AsyncSession,
    region_id: int,
    *,
    owner: Owner,
    subject_id: UUID,
    public_key: bytes,
    name: str,
    wait: timedelta = timedelta(0),
) -> Device:
    """Add a device with its own key, usable after `wait`; the caller has locked the subject.

    `public_key` is what `checked_key` returned, and `device_text` was signed with it. A key that is
    the subject's already is that device, as it was. Refuses device-key-taken, devices-enough.
    """
    known = await device_of_key(db, region_id, subject_id, public_key)
    if known is not None:
        return known
    if len(await devices_of(db, region_id, subject_id, None, MOST_DEVICES)) >= MOST_DEVICES:
        raise Problem(DEVICES_ENOUGH, most=MOST_DEVICES)
    await db.execute(
        insert(device)
        .values(
            region_id=region_id,
            device_id=uuid7(datetime.now(UTC)),
            subject_id=subject_id,
            face=owner,
            kind="key",
            public_key=public_key,
            name=name,
            usable_from=func.clock_timestamp() + wait,
        )
        .on_conflict_do_nothing(constraint="device_key_is_one")
    )
    added = await _by_key(db, region_id, public_key)
    assert added is not None
    return _own(added, subject_id)


async def device_of_key(
    db: AsyncSession, region_id: int, subject_id: UUID, public_key: bytes
) -> Device | None:
    """The subject's device with this key, locked. Refuses device-key-taken."""
    row = await _by_key(db, region_id, public_key)
    return None if row is None else _own(row, subject_id)


async def devices_of(
    db: AsyncSession, region_id: int, subject_id: UUID, after: UUID | None, limit: int
) -> list[Device]:
    """At most `limit` devices of a subject, oldest first, of those whose id follows `after`."""
    query = _live(region_id).where(device.c.subject_id == subject_id)
    if after is not None:
        query = query.where(device.c.device_id > after)
    rows = await db.execute(query.order_by(device.c.device_id).limit(limit))
    return [Device(*row) for row in rows]


async def find_device(
    db: AsyncSession, region_id: int, subject_id: UUID, device_id: UUID
) -> Device | None:
    """The subject's own device, also one that waits; None if it was revoked.

    It is not revoked before the caller's transaction ends: so a session that is opened for it, or
    what it confirms, comes before the end of all its sessions or not at all.
    """
    query = _live(region_id).where(
        device.c.subject_id == subject_id, device.c.device_id == device_id
    )
    row = (await db.execute(query.with_for_update(key_share=True))).one_or_none()
    return None if row is None else Device(*row)


async def find_key(
    db: AsyncSession, region_id: int, owner: Owner, device_id: UUID
) -> Device | None:
    """A device with its own key, whoever's it is; locked as by `find_device`."""
    query = _live(region_id).where(
        device.c.device_id == device_id, device.c.face == owner, device.c.kind == "key"
    )
    row = (await db.execute(query.with_for_update(key_share=True))).one_or_none()
    return None if row is None else Device(*row)


async def find_usable(
    db: AsyncSession, region_id: int, subject_id: UUID, device_id: UUID
) -> Device | None:
    """The same, of a device whose waiting time is over; None for any other."""
    found = await find_device(db, region_id, subject_id, device_id)
    return found if found is not None and found.is_usable else None


async def rename_device(
    db: AsyncSession, region_id: int, subject_id: UUID, device_id: UUID, name: str
) -> Device:
    """Call the subject's own device by another name. Refuses device-unknown."""
    return await _change(db, region_id, subject_id, device_id, {"name": name})


async def approve_device(
    db: AsyncSession, region_id: int, subject_id: UUID, device_id: UUID
) -> Device:
    """End the waiting time of the subject's own device. Refuses device-unknown."""
    now = func.clock_timestamp()
    sooner = {"usable_from": func.least(device.c.usable_from, now)}
    return await _change(db, region_id, subject_id, device_id, sooner)


async def revoke_device(
    db: AsyncSession, region_id: int, subject_id: UUID, device_id: UUID
) -> None:
    """Let the subject's own device count no more, and end its sessions. Refuses device-unknown."""
    await _change(db, region_id, subject_id, device_id, {"revoked_at": func.clock_timestamp()})
    await end_sessions(db, region_id, "device revoked", device_id=device_id)


async def revoke_all(db: AsyncSession, region_id: int, subject_id: UUID) -> None:
    """Let none of the subject's devices count any more; the caller ends the sessions."""
    await db.execute(
        update(device)
        .where(
            device.c.region_id == region_id,
            device.c.subject_id == subject_id,
            device.c.revoked_at.is_(None),
        )
        .values(revoked_at=func.clock_timestamp())
    )


async def note_use(db: AsyncSession, region_id: int, device_id: UUID) -> None:
    """Say that the device has signed just now."""
    await db.execute(
        update(device)
        .where(device.c.region_id == region_id, device.c.device_id == device_id)
        .values(used_at=func.clock_timestamp())
    )


def _live(region_id: int) -> Select[Any]:
    return select(*_COLUMNS, _IS_USABLE).where(
        device.c.region_id == region_id, device.c.revoked_at.is_(None)
    )


async def _change(
    db: AsyncSession, region_id: int, subject_id: UUID, device_id: UUID, values: dict[str, Any]
) -> Device:
    changed = await db.execute(
        update(device)
        .where(
            device.c.region_id == region_id,
            device.c.subject_id == subject_id,
            device.c.device_id == device_id,
            device.c.revoked_at.is_(None),
        )
        .values(**values)
        .returning(*_COLUMNS, _IS_USABLE)
    )
    row = changed.one_or_none()
    if row is None:
        raise Problem(DEVICE_UNKNOWN)
    return Device(*row)


async def _by_key(db: AsyncSession, region_id: int, public_key: bytes) -> Any:
    """The row of this key, locked, also of a device that was revoked."""
    query = select(*_COLUMNS, _IS_USABLE, device.c.revoked_at).where(
        device.c.region_id == region_id, device.c.public_key == public_key
    )
    return (await db.execute(query.with_for_update(key_share=True))).one_or_none()


def _own(row: Any, subject_id: UUID) -> Device:
    *said, revoked_at = row
    found = Device(*said)
    if found.subject_id != subject_id or revoked_at is not None:
        raise Problem(DEVICE_KEY_TAKEN)
    return found


_COLUMNS: Final = (
    device.c.device_id,
    device.c.subject_id,
    device.c.kind,
    device.c.public_key,
    device.c.name,
    device.c.made_at,
    device.c.usable_from,
    device.c.used_at,
)
_IS_USABLE: Final[ColumnElement[bool]] = device.c.usable_from <= func.clock_timestamp()
