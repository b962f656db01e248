"""Remember what value had come to by the end of each base date, once it is over."""

from datetime import date
from typing import Final

from sqlalchemy import select, text

from core.database import Database, allow
from ledger.find_seq import find_seq
from ledger.regions import Region
from ledger.tables import base_date
from ledger.trial_balance import LONG_READ_S
from ledger.unused_balance import base_date_before, base_date_from
from ledger.value_sums import remember, sums_until

_FIRST: Final = text("SELECT business_date FROM ledger.entry WHERE region_id = :region AND seq = 1")


async def remember_base_dates(database: Database, region: Region, today: date) -> int:
    """Add up every base date before `today` that is not remembered; returns how many were.

    Twice does no harm, and late neither: the sums of a number of the journal never change.
    """
    missing = await _missing(database, region, today)
    for day in missing:
        async with database.transaction(region.region_id) as session:
            await allow(session, LONG_READ_S)
            seq = await find_seq(session, region.region_id, day)
            sums = await sums_until(session, region.region_id, seq)
            await remember(session, region.region_id, day, seq, sums)
    return len(missing)


async def _missing(database: Database, region: Region, today: date) -> list[date]:
    """In order. A region that had not begun by a base date has nothing to be remembered of it."""
    async with database.snapshot(region.region_id) as session:
        first = (await session.execute(_FIRST, {"region": region.region_id})).scalar()
        query = select(base_date.c.base_date).where(base_date.c.region_id == region.region_id)
        known = set(await session.scalars(query))
    if first is None:
        return []
    days, day = list[date](), base_date_before(today)
    while day >= base_date_from(first):
        days.append(day)
        day = base_date_before(day)
    return [day for day in reversed(days) if day not in known]
