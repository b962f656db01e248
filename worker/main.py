"""The worker's loop: looks every few seconds which jobs are due, and does them one by one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.errors import Problem
from core.settings import Settings
from core.traces import trace_of
from ledger.regions import Region, load_regions
from worker.expire import expire_lots
from worker.forget import forget_revocations
from worker.heartbeat import Heartbeat
from worker.partitions import make_partitions

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
LONGEST_PAUSE_S: Final = 60.0
AFTER_MIDNIGHT: Final = timedelta(minutes=5)
"""A day counts as begun a little late: then a clock that is set back makes nothing come early."""

TROUBLE: Final = (
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    Problem,
    OSError,
    TimeoutError,
)
"""What a database that is away, busy or not migrated yet raises; a bug is none of these."""


@dataclass(slots=True)
class Job:
    """One job of one day; its memory is this process's own, since to do it twice does no harm."""

    name: str
    done_for: date | None = None
    failures: int = 0
    not_before: float = 0.0
    """Seconds on the monotonic clock: how long it rests after a failure."""

    def is_due(self, day: date) -> bool:
        """Whether it was not done for this day yet, and has rested."""
        return self.done_for != day and monotonic() >= self.not_before

    def succeeded(self, day: date) -> None:
        """It is done for this day."""
        self.done_for, self.failures, self.not_before = day, 0, 0.0

    def failed(self) -> float:
        """Rest before the next attempt: twice as long each time, up to a minute. Seconds."""
        pause = min(LONGEST_PAUSE_S, LOOK_EVERY_S * 2.0 ** min(self.failures, 10))
        self.failures += 1
        self.not_before = monotonic() + pause
        return pause


@dataclass(slots=True)
class Worker:
    """The jobs of one process, on one database."""

    database: Database
    heart: Heartbeat
    jobs: dict[str, Job] = field(default_factory=dict)

    async def round(self) -> None:
        """Do every job that is due; one that fails does not keep the others from theirs."""
        self.heart.beat()
        look = self._job("look")
        if monotonic() < look.not_before:
            return
        try:
            now = await database_now(self.database)
            regions = await load_regions(self.database)
        except TROUBLE as error:
            _tell(look, error)
            return
        look.succeeded(now.date())
        await self._do("partitions", now.date(), self._make_partitions)
        await self._do("forget", now.date(), self._forgetting_of(list(regions.values())))
        for region in regions.values():
            today = region.day_of(now - AFTER_MIDNIGHT)
            await self._do(f"expire {region.code}", today, self._expiry_of(region, today))

    async def _do(self, name: str, day: date, work: Callable[[], Awaitable[None]]) -> None:
        job = self._job(name)
        if not job.is_due(day):
            return
        try:
            await work()
        except TROUBLE as error:
            _tell(job, error)
            return
        finally:
            self.heart.beat()
        job.succeeded(day)

    def _job(self, name: str) -> Job:
        return self.jobs.setdefault(name, Job(name))

    async def _make_partitions(self) -> None:
        made = await make_partitions(self.database)
        log.info("partitions: made %d", made)

    def _forgetting_of(self, regions: list[Region]) -> Callable[[], Awaitable[None]]:
        async def forget() -> None:
            done = await forget_revocations(self.database, regions, self.heart.beat)
            log.info("forget: %d revocations were over", done)

        return forget

    def _expiry_of(self, region: Region, today: date) -> Callable[[], Awaitable[None]]:
        async def expire() -> None:
            done = await expire_lots(self.database, region, today, self.heart.beat)
            log.info(
                "expire %s until %s: expired %d, closed %d, found done %d",
                region.code, today, done.expired, done.closed, done.found_done,
            )  # fmt: skip

        return expire


async def run(settings: Settings) -> None:
    """Work until cancelled; the batch at hand is finished first. Its URLs must be filled in."""
    database = Database(settings.database_url, pool_size=2)
    worker = Worker(database, Heartbeat(settings))
    log.info("the worker begins")
    try:
        while True:
            await worker.round()
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        log.info("the worker ends")
        await database.close()


async def database_now(database: Database) -> datetime:
    """The time as the database has it, which is the time that decisions are made by."""
    async with database.everywhere() as session:
        now = (await session.execute(text("SELECT ledger.now()"))).scalar_one()
    assert isinstance(now, datetime)
    return now.astimezone(UTC)


def _tell(job: Job, error: BaseException) -> None:
    why = error.type.slug if isinstance(error, Problem) else trace_of(error)
    log.warning("%s failed, again in %d s: %s", job.name, job.failed(), why)
