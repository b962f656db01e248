"""The daily job: tell people what expires in a week, and who looked at their data.

Items have ids that follow from what they tell, so a day that is done twice tells nothing twice.
"""

import logging
from datetime import date, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from ledger.regions import Region
from ledger.trial_balance import LONG_READ
from notifications.tell_own import KEPT
from residents.looks import LOOKED

log = logging.getLogger(__name__)

AHEAD: Final = timedelta(days=7)
"""So long before they expire people are told of coin and points."""
BACK: Final = timedelta(days=3)
"""Looks of so many days are told; a worker that was away longer tells no more."""

_EXPIRING: Final = """
    SELECT p.person_id, a.expires_on, sum(a.balance) AS amount
      FROM ledger.account a
      JOIN ledger.holder w ON w.region_id = a.region_id AND w.holder_id = a.holder_id
                          AND w.kind = 'wallet'
      JOIN residents.person p ON p.region_id = w.region_id AND p.person_id = w.subject_id
                             AND p.closed_at IS NULL
     WHERE a.region_id = :region AND a.is_open AND a.balance > 0
       AND a.kind IN ('coin', 'points') AND a.expires_on = CAST(:day AS date)
     GROUP BY p.person_id, a.expires_on
"""
_LOOKED: Final = """
    SELECT p.person_id, x.act_id, x.at
      FROM access.act x
      JOIN residents.person p ON p.region_id = x.region_id AND p.person_id = x.person_id
                             AND p.closed_at IS NULL
     WHERE x.region_id = :region AND x.act = :act AND x.actor LIKE 'admin:%'
       AND x.at > ledger.now() - CAST(:back AS interval)
"""
_TELL: Final = """
    WITH said AS ({said}), told AS (
        INSERT INTO notifications.inbox (region_id, person_id, item_id, kind, about, at, expires_at)
        SELECT :region, person_id, {item_id}, '{kind}', {about}, ledger.now(),
               ledger.now() + CAST(:kept AS interval)
          FROM said
            ON CONFLICT DO NOTHING RETURNING person_id, item_id, kind, expires_at
    ), sent AS (
        INSERT INTO notifications.outbox (region_id, item_id, kind, person_id, channel, expires_at)
        SELECT :region, t.item_id, t.kind, t.person_id, 'inbox', t.expires_at
          FROM told t
         WHERE EXISTS (SELECT FROM notifications.address a
                        WHERE a.region_id = :region AND a.person_id = t.person_id
                          AND a.state = 'active')
            ON CONFLICT DO NOTHING
    )
    SELECT count(*) FROM told
"""
# An item about a day and a person: the first 16 bytes of the hash of both.
_TELL_EXPIRING: Final = text(
    _TELL.format(
        said=_EXPIRING,
        kind="expiring",
        item_id="encode(substr(sha256(convert_to('expiring ' || person_id || ' ' || expires_on,"
        " 'UTF8')), 1, 16), 'hex')::uuid",
        about="jsonb_build_object('amount', amount, 'on', expires_on)",
    )
)
_TELL_LOOKED: Final = text(
    _TELL.format(said=_LOOKED, kind="looked_at", item_id="act_id", about="'{}'::jsonb")
)


async def tell_daily(database: Database, region: Region, today: date) -> None:
    """Twice is once. Raises the driver's errors."""
    async with database.transaction(region.region_id) as db:
        await db.execute(LONG_READ)
        ends = await _tell_expiring(db, region, today)
        given = {"region": region.region_id, "act": LOOKED, "back": BACK, "kept": KEPT}
        looks = (await db.execute(_TELL_LOOKED, given)).scalar_one()
    if ends or looks:
        log.info("own news of %s: told of %d ends and %d looks", region.code, ends, looks)


async def _tell_expiring(db: AsyncSession, region: Region, today: date) -> int:
    """Of the day a week from now; of each day that no worker saw, up to that one."""
    told = 0
    for ahead in range(1, AHEAD.days + 1):
        day = today + timedelta(days=ahead)
        given = {"region": region.region_id, "day": day, "kept": KEPT}
        told += (await db.execute(_TELL_EXPIRING, given)).scalar_one()
    return told
