"""Spread alerts: in a loop of its own, so that no other job keeps an emergency waiting."""

import logging
from functools import partial
from typing import Final

from core.database import Database
from ledger.regions import Region
from notifications.spread_alerts import spread_alerts
from worker.in_each_region import InEachRegion

log = logging.getLogger(__name__)

SPREAD_EVERY_S: Final = 1.0


def spreader_of(database: Database) -> InEachRegion:
    """Puts everybody into the outbox of what was let out; other workers do no harm."""
    return InEachRegion("alerts", database, partial(_spread, database))


async def _spread(database: Database, region: Region) -> None:
    done = await spread_alerts(database, region, lambda: None)
    if done:
        log.info("alerts of %s: everybody is in the outbox of %d", region.code, done)
