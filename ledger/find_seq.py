"""Find how far the journal of a region had come at the end of a day, or at an instant."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Numbers have no gap, and neither times nor business dates ever go back: so a binary search finds
# the place in some twenty-five look-ups, however long the journal is and however long ago it was.
_SEARCH: Final = text("""
    WITH RECURSIVE search (low, high) AS (
        SELECT 0::bigint, seq FROM ledger.head WHERE region_id = :region
        UNION ALL
        SELECT CASE WHEN middle.is_within THEN middle.seq ELSE search.low END,
               CASE WHEN middle.is_within THEN search.high ELSE middle.seq - 1 END
          FROM search CROSS JOIN LATERAL (
                   SELECT e.seq, coalesce(e.business_date <= CAST(:day AS date)
                                          OR e.at <= CAST(:moment AS timestamptz),
                                          false) AS is_within
                     FROM ledger.entry e
                    WHERE e.region_id = :region AND e.seq = (search.low + search.high + 1) / 2
                    LIMIT 1) AS middle
         WHERE search.low < search.high
    )
    SELECT low FROM search WHERE low = high
""")


async def find_seq(session: AsyncSession, region_id: int, until: date | datetime | None) -> int:
    """The number of the newest entry until then; 0 before the first one.

    A date means the end of that business date, an aware datetime that instant; both inclusive.
    None means now. In a snapshot the answer agrees with everything else that is read there.
    """
    is_instant = isinstance(until, datetime)
    found = await session.execute(
        _SEARCH,
        {
            "region": region_id,
            "day": date.max if until is None else None if is_instant else until,
            "moment": until if is_instant else None,
        },
    )
    return int(found.scalar_one())
