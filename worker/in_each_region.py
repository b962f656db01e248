"""Do one kind of work in each region in turn, in a loop of its own beside all other jobs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from time import monotonic

from core.database import Database
from ledger.regions import Region, load_regions
from worker.job import TROUBLE, Job, tell


@dataclass(slots=True)
class InEachRegion:
    """The work of one process; trouble in one region keeps no other from its own."""

    name: str
    database: Database
    work: Callable[[Region], Awaitable[None]]
    jobs: dict[str, Job] = field(default_factory=dict)

    async def round(self) -> None:
        """Do what is due, once in each region."""
        look = self._job(f"look for {self.name}")
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
        job = self._job(f"{self.name} of {region.code}")
        if monotonic() < job.not_before:
            return
        try:
            await self.work(region)
        except TROUBLE as error:
            tell(job, error)
            return
        job.succeeded(date.min)

    def _job(self, name: str) -> Job:
        return self.jobs.setdefault(name, Job(name))
