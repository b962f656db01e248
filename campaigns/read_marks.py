"""Read which marks the budgets of campaigns came to, and since when."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.marks import ReachMark, marks_of
from campaigns.near_end import is_used
from campaigns.reads import is_told
from campaigns.terms import parse
from ledger.regions import Region

_GAUGES = text("""
    SELECT m.campaign_id, m.as_of, m.funded_yen, m.spent_yen, s.form,
           (m.as_of + 1)::timestamp AT TIME ZONE :zone AS told_at
      FROM campaigns.gauge_told m
      JOIN campaigns.standing_told s
        ON s.region_id = m.region_id AND s.campaign_id = m.campaign_id
     WHERE m.region_id = :region AND m.campaign_id = ANY (:campaigns)
     ORDER BY m.as_of
""")
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
    session: AsyncSession, region: Region, campaigns: Collection[UUID]
) -> dict[UUID, list[ReachedMark]]:
    """The marks of each campaign, oldest first, of all sums that it was funded with.

    Who sees no person is told those that the rounded sums came to, and since which week.
    """
    region_id = region.region_id
    if is_told(session):
        return await _marks_told(session, region, campaigns)
    given = {"region": region_id, "campaigns": list(campaigns), "kind": ReachMark.kind}
    marks: defaultdict[UUID, list[ReachedMark]] = defaultdict(list)
    for row in await session.execute(_MARKS, given):
        mark = ReachedMark(row.used_bp, row.funded_yen, row.used_yen, row.at, row.business_date)
        marks[UUID(int=row.holder_id.int)].append(mark)
    return marks


async def _marks_told(
    session: AsyncSession, region: Region, campaigns: Collection[UUID]
) -> dict[UUID, list[ReachedMark]]:
    given = {"region": region.region_id, "campaigns": list(campaigns), "zone": region.zone.key}
    marks: defaultdict[UUID, list[ReachedMark]] = defaultdict(list)
    known: set[tuple[UUID, int, int]] = set()
    for row in await session.execute(_GAUGES, given):
        campaign_id = UUID(int=row.campaign_id.int)
        for used_bp in sorted(marks_of(parse(row.form))):
            mark = (campaign_id, row.funded_yen, used_bp)
            left_yen = row.funded_yen - row.spent_yen
            if mark not in known and is_used(row.funded_yen, left_yen, used_bp):
                known.add(mark)
                marks[campaign_id].append(
                    ReachedMark(used_bp, row.funded_yen, row.spent_yen, row.told_at, row.as_of)
                )
    return marks
