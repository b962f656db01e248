"""The devices at which a login signed in: two logins that share one are taken for one person.

Passkeys stand here by their id in `access.device`. A browser is known by a device token: random
text that the first answer gives to it, and that it shows at each later sign-in, whoever signs in.
"""

import secrets
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.tables import login_device
from access.vault import Vault
from core.ids import uuid8

DEVICE_TOKEN: Final = r"^[A-Za-z0-9_-]{43}$"  # noqa: S105  (its shape)
_NO_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)


def new_device_token() -> str:
    """A device token for a browser that has none yet."""
    return secrets.token_urlsafe(32)


def device_id_of(vault: Vault, device_token: str) -> UUID:
    """By what a browser is remembered; it cannot be made into its token again."""
    return uuid8(_NO_TIME, vault.mac("device token", device_token))


async def note_device(db: AsyncSession, region_id: int, login_id: UUID, device_id: UUID) -> bool:
    """Remember that this login signed in with this device; True if it is a new one of its."""
    row = insert(login_device).values(region_id=region_id, login_id=login_id, device_id=device_id)
    again = {"used_at": func.clock_timestamp()}
    before = await db.scalar(
        select(login_device.c.made_at).where(
            login_device.c.region_id == region_id,
            login_device.c.login_id == login_id,
            login_device.c.device_id == device_id,
        )
    )
    await db.execute(row.on_conflict_do_update(constraint=login_device.primary_key, set_=again))
    return before is None


async def known_devices(db: AsyncSession, region_id: int, login_id: UUID) -> frozenset[UUID]:
    """All devices with which this login ever signed in."""
    found = await db.scalars(
        select(login_device.c.device_id).where(
            login_device.c.region_id == region_id, login_device.c.login_id == login_id
        )
    )
    return frozenset(UUID(int=device_id.int) for device_id in found)


async def same_person(db: AsyncSession, region_id: int, login_id: UUID) -> frozenset[UUID]:
    """This login, and all that ever signed in at one of its devices: taken for one person."""
    theirs = select(login_device.c.device_id).where(
        login_device.c.region_id == region_id, login_device.c.login_id == login_id
    )
    found = await db.scalars(
        select(login_device.c.login_id).where(
            login_device.c.region_id == region_id, login_device.c.device_id.in_(theirs)
        )
    )
    return frozenset({login_id, *(UUID(int=other.int) for other in found)})
