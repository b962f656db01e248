"""What all tokens of a client descend from: the secret that they were got with."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.sessions import LONGEST_TOKEN_LIFE
from core.ids import uuid8
from core.revocations import revoke

_NO_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)


def family_of(secret_hash: bytes) -> UUID:
    """The family of the tokens that were got with one secret."""
    return uuid8(_NO_TIME, "client", secret_hash)


async def revoke_family(db: AsyncSession, region_id: int, family: UUID) -> None:
    """End those tokens, within two seconds of the commit."""
    await revoke(db, region_id, "family", family, LONGEST_TOKEN_LIFE)
