"""Read which marks the budgets of campaigns came to, and since when."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.marks import ReachMark

_MARKS = text("""
    SELECT holder_id, at, business_date, (facts ->> 'used_bp')::integer AS used_bp,
           (facts ->> 'funded_yen')::bigint AS funded_yen,
           (facts ->> 'used_yen')::bigint AS used_yen
      FROM campaigns.journal
     WHERE region_id = :region AND holder_id = ANY (:campaigns) AND kind = :kind
       AND refusal IS NULL
     ORDER BY seq
""")


@dataclass(frozen=True, slots=True)
class ReachedMark:
    """So much of a budget was used, as it was found a few seconds later; amounts in yen."""

    used_bp: int
    funded_yen: int
    """All that was funded then: a mark is told anew once there is more."""
    used_yen: int
    at: datetime
    business_date: date


async def read_marks(
    session: AsyncSession, region_id: int, campaigns: Collection[UUID]
) -> dict[UUID, list[ReachedMark]]:
    """The marks of each campaign, oldest first, of all sums that it was funded with."""
    given = {"region": region_id, "campaigns": list(campaigns), "kind": ReachMark.kind}
    marks: defaultdict[UUID, list[ReachedMark]] = defaultdict(list)
    for row in await session.execute(_MARKS, given):
        mark = ReachedMark(row.used_bp, row.funded_yen, row.used_yen, row.at, row.business_date)
        marks[UUID(int=row.holder_id.int)].append(mark)
    return marks
