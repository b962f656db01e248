"""Seal what was committed, every two seconds, and publish a head once a day."""

import logging
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Final

from sqlalchemy import text

from core.database import Database
from ledger.regions import Region, load_regions
from seals.keys import SealKeys
from seals.publish import publish
from seals.seal import JournalBrokenError, register_keys, seal
from worker.job import TROUBLE, Job, tell

log = logging.getLogger(__name__)

SEAL_EVERY_S: Final = 2.0


@dataclass(slots=True)
class Sealer:
    """The sealing of one process; several do no harm: each block is sealed by one of them."""

    database: Database
    keys: SealKeys
    folder: Path | None
    """Where published heads are written, if anywhere."""
    jobs: dict[str, Job] = field(default_factory=dict)
    _is_known: bool = False

    async def round(self) -> None:
        """Seal each region up to its newest entry. One that fails keeps no other from its turn."""
        look = self.jobs.setdefault("look to seal", Job("look to seal"))
        if monotonic() < look.not_before:
            return
        try:
            if not self._is_known:
                await register_keys(self.database, self.keys)
                self._is_known = True
            regions = await load_regions(self.database)
        except TROUBLE as error:
            tell(look, error)
            return
        look.succeeded(date.min)
        for region in regions.values():
            await self._seal(region)

    async def _seal(self, region: Region) -> None:
        job = self.jobs.setdefault(region.code, Job(f"seal {region.code}"))
        if monotonic() < job.not_before:
            return
        try:
            await seal(self.database, region.region_id, self.keys)
            job.failures = 0
            await self._publish(region, job)
        except JournalBrokenError as error:
            log.critical("seal %s: %s; run meguri verify", region.code, error)
            job.failed()
        except TROUBLE as error:
            tell(job, error)

    async def _publish(self, region: Region, job: Job) -> None:
        if not job.is_due(await self._today(region)):
            return
        day = await publish(self.database, region, self.folder)
        if day is not None:
            log.info("published the head of %s for %s", region.code, day)
            job.succeeded(day)

    async def _today(self, region: Region) -> date:
        """The day by the clock that blocks are sealed by."""
        async with self.database.everywhere() as session:
            return region.day_of((await session.execute(text("SELECT ledger.now()"))).scalar_one())
