"""Lists of what stood at the end of a day: by which entry, and that all their pages stay there."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from api.pages import MALFORMED_CURSOR
from core.errors import Problem
from ledger.find_seq import find_seq
from ledger.regions import Region
from payments.base_date_report import DAY_BEFORE_REGION


async def seq_of_page(
    session: AsyncSession, region: Region, day: date | None, today: date, begun_at: int | None
) -> int:
    """The newest entry that is counted at the end of `day`, or as the books stand where it is None.

    The pages of today go on where the first one stood, at `begun_at`. Raises day-before-region, and
    malformed-cursor where that was another day's.
    """
    seq = await find_seq(session, region.region_id, day)
    if seq == 0:
        raise Problem(DAY_BEFORE_REGION)
    if begun_at is None or begun_at == seq:
        return seq
    if day not in (None, today) or begun_at > seq:
        raise Problem(MALFORMED_CURSOR)
    return begun_at
