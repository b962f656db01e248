"""The daily job: tell people what expires in a week, and who looked at their data.

Items have ids that follow from what they tell, so a day that is done twice tells nothing twice.
"""

import logging
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from sqlalchemy import text

from core.database import Database
from ledger.regions import Region
from notifications.own_items import KEPT, PUT
from residents.looks import LOOKED

log = logging.getLogger(__name__)

AHEAD: Final = timedelta(days=7)
"""So long before they expire people are told of coin and points."""
BACK: Final = timedelta(days=3)
"""Looks of so many days are told; a worker that was away longer tells no more."""
PARTS: Final = 16
"""People are told in so many transactions, by the last byte of their ids: at the end of a month
something of nearly everybody's expires."""

# The id of an item about a day and a person: the first 16 bytes of a hash of both. It stands until
# the day is over; how much it is about is asked as the inbox is read.
_EXPIRING: Final = text(f"""
    WITH said AS (
        SELECT w.subject_id AS person_id, 'expiring' AS kind, ledger.now() AS at,
               jsonb_build_object('on', a.expires_on) AS about,
               CAST(a.expires_on + 1 AS timestamp) AT TIME ZONE CAST(:zone AS text) AS ends_at,
               encode(substr(sha256(convert_to(
                   'expiring ' || w.subject_id || ' ' || a.expires_on, 'UTF8')), 1, 16), 'hex'
               )::uuid AS item_id
          FROM ledger.account a
          JOIN ledger.holder w ON w.region_id = a.region_id AND w.holder_id = a.holder_id
                              AND w.kind = 'wallet'
         WHERE a.region_id = :region AND a.is_open AND a.balance > 0
           AND a.kind IN ('coin', 'points')
           AND a.expires_on BETWEEN CAST(:first AS date) AND CAST(:last AS date)
           AND get_byte(uuid_send(w.subject_id), 15) % {PARTS} = :part
         GROUP BY w.subject_id, a.expires_on
    ) {PUT}
""")  # noqa: S608  (our own text)
_LOOKED: Final = text(f"""
    WITH said AS (
        SELECT x.person_id, x.act_id AS item_id, 'looked_at' AS kind,
               jsonb_build_object('look_id', x.act_id) AS about,
               ledger.now() AS at, ledger.now() + CAST(:kept AS interval) AS ends_at
          FROM access.act x
         WHERE x.region_id = :region AND x.act = :act AND x.actor LIKE 'admin:%'
           AND x.at > ledger.now() - CAST(:back AS interval)
    ) {PUT}
""")  # noqa: S608  (our own text)


async def tell_daily(
    database: Database, region: Region, today: date, beat: Callable[[], None]
) -> None:
    """Of each of the next seven days, so one that no worker saw is told late and not never. Twice
    is once. Raises the driver's errors: what is told stands, and the next call goes on.
    """
    region_id = region.region_id
    given = {
        "region": region_id, "zone": region.zone.key, "first": today + timedelta(days=1),
        "last": today + AHEAD,
    }  # fmt: skip
    ends = 0
    for part in range(PARTS):
        async with database.transaction(region_id) as db:
            ends += (await db.execute(_EXPIRING, {**given, "part": part})).scalar_one()
        beat()
    async with database.transaction(region_id) as db:
        looked = {"region": region_id, "act": LOOKED, "back": BACK, "kept": KEPT}
        looks = (await db.execute(_LOOKED, looked)).scalar_one()
    if ends or looks:
        log.info("own news of %s: told of %d ends and %d looks", region.code, ends, looks)
