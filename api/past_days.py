"""Lists of what stood at the end of a day: by which entry, and that all their pages stay there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.admin_books import shown_day
from api.pages import MALFORMED_CURSOR
from api.state import state_of
from core.database import allow
from core.errors import Problem
from ledger.find_seq import find_seq
from ledger.regions import Region
from ledger.trial_balance import LONG_READ_S
from payments.base_date_report import DAY_BEFORE_REGION


@asynccontextmanager
async def books_of_page(
    request: Request, region: Region, day: date | None, begun_at: int | None
) -> AsyncIterator[tuple[AsyncSession, date, int]]:
    """A snapshot to read them in, the day that is shown, and the newest entry that is counted.

    Raises day-ahead, day-before-region, malformed-cursor.
    """
    state = state_of(request)
    shown = shown_day(state, region, day)
    today = region.day_of(state.clock.now())
    async with state.database.snapshot(region.region_id) as session:
        await allow(session, LONG_READ_S)
        yield session, shown, await _seq_of_page(session, region, day, today, begun_at)


async def _seq_of_page(
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
