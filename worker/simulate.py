"""Carry out simulations of campaigns' forms: one at a time in each region, and slowly."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Final

from core.database import Database
from ledger.regions import Region
from simulations.work import work
from worker.in_each_region import InEachRegion

log = logging.getLogger(__name__)

SIMULATE_EVERY_S: Final = 2.0


def simulator_of(database: Database, beat: Callable[[], None]) -> InEachRegion:
    """Carries out the oldest that waits; other workers do no harm: each region has a lock."""
    return InEachRegion("simulations", database, partial(_simulate, database, beat))


async def _simulate(database: Database, beat: Callable[[], None], region: Region) -> None:
    done = await work(database, region, beat)
    if done is not None:
        log.info("simulation %s of %s ended", done, region.code)
