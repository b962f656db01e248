"""Read what the desk and finance work on: money in suspense, and the region's settings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import column, select, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import NIL
from ledger import tables
from payments.settings import RegionSettings, stored_settings

_SETTINGS: Final = table(
    "region_settings", column("region_id"), column("facts", JSONB), schema=tables.SCHEMA
)
"""A view, which administrators may read who see nothing else of the ledger."""
_ACCOUNT = tables.account.c
_ENTRY = tables.entry.c


@dataclass(frozen=True, slots=True)
class SuspenseItem:
    """A top-up whose money waits to be placed or returned."""

    item_id: UUID
    seq: int
    at: datetime
    amount_yen: int
    facts: dict[str, Any]
    """As ProviderTopUp wrote them: provider, reference, obstacle, wallet as it was sent."""


async def list_suspense(
    session: AsyncSession, region_id: int, after_seq: int | None, limit: int
) -> list[SuspenseItem]:
    """At most `limit` items, oldest first, of those with a number above `after_seq`."""
    query = (
        select(_ENTRY.entry_id, _ENTRY.seq, _ENTRY.at, _ACCOUNT.balance, _ENTRY.facts)
        .join_from(
            tables.account,
            tables.entry,
            (_ENTRY.region_id == _ACCOUNT.region_id) & (_ENTRY.entry_id == _ACCOUNT.source_id),
        )
        .where(
            _ACCOUNT.region_id == region_id,
            _ACCOUNT.holder_id == NIL,
            _ACCOUNT.kind == "suspense",
            _ACCOUNT.is_open,
            _ACCOUNT.balance > 0,
        )
        .order_by(_ENTRY.seq)
        .limit(limit)
    )
    if after_seq is not None:
        query = query.where(_ENTRY.seq > after_seq)
    return [SuspenseItem(*tuple(row)) for row in await session.execute(query)]


async def read_settings(session: AsyncSession, region_id: int) -> RegionSettings | None:
    """The settings that hold now; None for a region whose issuer is not open yet."""
    kept = _SETTINGS.c
    facts = await session.scalar(select(kept.facts).where(kept.region_id == region_id))
    return None if facts is None else stored_settings(facts)
