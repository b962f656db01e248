"""Read the settlements of a campaign among its funders, newest first."""

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.settle_funders import SettleFunders
from ledger import tables
from ledger.books import Entry
from ledger.statement import ENTRY_COLUMNS

_OF: Final = tables.entry.c


async def list_settlements(
    session: AsyncSession, region_id: int, campaign_id: UUID, before_seq: int | None, limit: int
) -> list[Entry]:
    """At most `limit` settlements, of those with a number below `before_seq`."""
    query = (
        select(*(_OF[name] for name in ENTRY_COLUMNS))
        .where(
            _OF.region_id == region_id,
            _OF.holder_id == campaign_id,
            _OF.kind == SettleFunders.kind,
            _OF.refusal.is_(None),
        )
        .order_by(_OF.seq.desc())
        .limit(limit)
    )
    if before_seq is not None:
        query = query.where(_OF.seq < before_seq)
    return [Entry(*tuple(row)) for row in await session.execute(query)]
