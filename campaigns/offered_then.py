"""What a benefit offered at a place in the journal, and to whom: by its entries and its list."""

from collections.abc import Collection
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.as_left import AsLeft, Step, read_changes
from campaigns.benefit import ChangeBenefit, CreateBenefit, ListBenefit
from campaigns.benefit_tables import benefit_line
from ledger.books import Holder

_KINDS: Final = (CreateBenefit.kind, ListBenefit.kind, ChangeBenefit.kind)
_LINE: Final = benefit_line.c


class Listed(NamedTuple):
    """Where a line stands, and in which group; whom it is about is nobody's business here."""

    list_id: UUID
    group: str | None


async def read_offered_then(session: AsyncSession, region_id: int, until_seq: int) -> AsLeft:
    """All that became of the region's benefits up to this number."""
    changes = await read_changes(session, region_id, "benefit", _KINDS, until_seq)
    return AsLeft(
        [
            Step(seq, Holder(benefit_id, "benefit", facts["state"], facts["benefit"]))
            for seq, benefit_id, facts in changes
        ]
    )


async def read_lines(
    session: AsyncSession, region_id: int, line_ids: Collection[UUID]
) -> dict[UUID, Listed]:
    """These lines, by their ids, as far as there are any."""
    if not line_ids:
        return {}
    query = select(_LINE.line_id, _LINE.list_id, _LINE.group_name).where(
        _LINE.region_id == region_id, _LINE.line_id.in_(line_ids)
    )
    rows = await session.execute(query)
    return {UUID(int=row[0].int): Listed(UUID(int=row[1].int), row[2]) for row in rows}
