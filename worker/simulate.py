"""Carry out simulations of campaigns' forms: one at a time in each region, and slowly."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from time import monotonic
from typing import Final

from core.database import Database
from ledger.regions import Region, load_regions
from simulations.work import work
from worker.job import TROUBLE, Job, tell

log = logging.getLogger(__name__)

SIMULATE_EVERY_S: Final = 2.0


@dataclass(slots=True)
class Simulator:
    """The simulations of one process; other workers do no harm: each region has a lock."""

    database: Database
    beat: Callable[[], None]
    jobs: dict[str, Job] = field(default_factory=dict)

    async def round(self) -> None:
        """Carry out the oldest that waits in each region; trouble with one keeps no other."""
        look = self.jobs.setdefault("look to simulate", Job("look to simulate"))
        if monotonic() < look.not_before:
            return
        try:
            regions = await load_regions(self.database)
        except TROUBLE as error:
            tell(look, error)
            return
        look.succeeded(date.min)
        for region in regions.values():
            await self._work(region)

    async def _work(self, region: Region) -> None:
        job = self.jobs.setdefault(region.code, Job(f"simulate {region.code}"))
        if monotonic() < job.not_before:
            return
        try:
            done = await work(self.database, region, self.beat)
        except TROUBLE as error:
            tell(job, error)
            return
        job.succeeded(date.min)
        if done is not None:
            log.info("simulation %s of %s ended", done, region.code)
