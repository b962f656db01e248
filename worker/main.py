"""The worker's loop: looks every few seconds which jobs are due, and does them one by one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

from access.open_vault import open_vault_of
from campaigns.tell_gauges import tell_gauges
from core.database import Database, now_of
from core.degrade import watch_standby
from core.settings import Settings
from insights.release_due import release_due
from ledger.regions import Region, load_regions
from ledger.remember_base_dates import remember_base_dates
from merchants.roll_up_sales import roll_up_sales
from notifications.match import send_due_notices
from notifications.release_deliveries import release_deliveries
from notifications.sign_bulletins import sign_bulletins
from notifications.tell_daily import tell_daily
from notifications.tell_own import tell_own
from payments.run_settlement import close_what_is_over
from seals.keys import SealKeys, open_seal_keys
from worker.carry_out_plans import carry_out_plans
from worker.change_numbers import change_numbers
from worker.deliver_webhooks import DELIVER_EVERY_S, DOORS, deliverer_of
from worker.expire import expire_lots
from worker.forget import forget_what_is_over
from worker.heartbeat import Heartbeat
from worker.hold import hold_payments
from worker.issue_papers import issue_what_lacks
from worker.job import LOOK_EVERY_S, TROUBLE, Job, logged, tell
from worker.marks import Marks
from worker.partitions import make_partitions
from worker.seal import (
    SEAL_EVERY_S,
    Sealer,
    refuse_a_login_that_may_not_seal,
    sealing_database,
)
from worker.send import SEND_EVERY_S, sender_of
from worker.simulate import SIMULATE_EVERY_S, simulator_of
from worker.spread import SPREAD_EVERY_S, spreader_of
from worker.tell_notices import DOORS as NOTICE_DOORS
from worker.tell_notices import TELL_EVERY_S, teller_of
from worker.vest import vest_points

log = logging.getLogger(__name__)

AFTER_MIDNIGHT: Final = timedelta(minutes=5)
"""A day counts as begun a little late: then a clock that is set back makes nothing come early."""


@dataclass(slots=True)
class Worker:
    """The jobs of one process, on one database."""

    database: Database
    heart: Heartbeat
    jobs: dict[str, Job] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)
    keys: SealKeys | None = None
    """What bulletins are signed with; None: another process signs them."""
    published: Path | None = None
    """Where heads are published, and the newest release of statistics beside them."""

    async def round(self) -> None:
        """Do every job that is due; one that fails does not keep the others from theirs.

        Not even by a bug: it is said, and what one region met keeps no other from its money.
        """
        self.heart.beat()
        look = self._job("look")
        if monotonic() < look.not_before:
            return
        try:
            now = await database_now(self.database)
            regions = await load_regions(self.database)
        except TROUBLE as error:
            tell(look, error)
            return
        look.succeeded(now.date())
        await self._do("partitions", now.date(), self._make_partitions)
        await self._do("forget", now.date(), self._forgetting_of(list(regions.values())))
        for region in regions.values():
            today = region.day_of(now - AFTER_MIDNIGHT)
            # What is to be held is held before it can vest: no points vest where that failed.
            if await self._do(f"hold {region.code}", today, self._holding_of(region, today)):
                await self._do(f"vest {region.code}", today, self._vesting_of(region, today))
            await self._do(f"expire {region.code}", today, self._expiry_of(region, today))
            await self._do(f"settle {region.code}", today, self._settling_of(region, today))
            for news, tell_all in self._of_each_day(region, today).items():
                await self._do(f"{news} {region.code}", today, tell_all)
            for name, work in self._of_each_round(region, region.day_of(now)).items():
                await self._each_round(f"{name} of {region.code}", work)

    async def _do(self, name: str, day: date, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether it is done for that day, by now or before."""
        job = self._job(name)
        if not job.is_due(day):
            return job.is_done(day)
        is_done = await _attempt(job, day, work)
        self.heart.beat()
        return is_done

    def _of_each_day(self, region: Region, today: date) -> dict[str, Callable[[], Awaitable[None]]]:
        """What comes after the money of the day, and says in the log how much it was."""
        remember = partial(remember_base_dates, self.database, region, today)
        gauge = partial(tell_gauges, self.database, region, today)
        return {
            "base dates": partial(logged, f"base dates {region.code}: remembered %d", remember),
            "gauges": partial(logged, f"gauges {region.code}: told %d", gauge),
            "daily news": partial(tell_daily, self.database, region, today, self.heart.beat),
        }

    def _of_each_round(
        self, region: Region, today: date
    ) -> dict[str, Callable[[], Awaitable[int]]]:
        """What has its own hour: a start, a change of number, a mark of a budget, a new sale."""
        return {
            "plans of campaigns": partial(carry_out_plans, self.database, region),
            "changes of number": partial(change_numbers, self.database, region),
            "marks": partial(self._record_marks, region, today),
            "papers": partial(issue_what_lacks, self.database, region, self.heart.beat),
            "sales": partial(roll_up_sales, self.database, region, self.heart.beat),
            "statistics": partial(self._release_statistics, region),
            "delivery figures": partial(self._release_deliveries, region),
            "notices": partial(send_due_notices, self.database, region, self.heart.beat),
            "own news": partial(tell_own, self.database, region, self.heart.beat),
            "bulletins": partial(self._sign_bulletins, region),
        }

    async def _each_round(self, name: str, work: Callable[[], Awaitable[int]]) -> None:
        job = self._job(name)
        if monotonic() >= job.not_before:
            await _attempt(job, date.min, work)

    async def _record_marks(self, region: Region, today: date) -> int:
        new = await self.marks.record(self.database, region, today)
        if new:
            log.info("marks of %s: recorded %d", region.code, new)
        return new

    async def _release_statistics(self, region: Region) -> int:
        """Of weeks that are over: the first entry of the next week says so, at any hour."""
        new = await release_due(self.database, region, self.heart.beat, folder=self.published)
        if new:
            log.info("statistics of %s: released %d tables", region.code, new)
        return new

    async def _release_deliveries(self, region: Region) -> int:
        new = await release_deliveries(self.database, region)
        if new:
            log.info("delivery figures of %s: told of %d notices", region.code, new)
        return new

    async def _sign_bulletins(self, region: Region) -> int:
        new = 0 if self.keys is None else await sign_bulletins(self.database, region, self.keys)
        if new:
            log.info("bulletins of %s: published %d", region.code, new)
        return new

    def _job(self, name: str) -> Job:
        return self.jobs.setdefault(name, Job(name))

    async def _make_partitions(self) -> None:
        made = await make_partitions(self.database)
        log.info("partitions: made %d", made)

    def _forgetting_of(self, regions: list[Region]) -> Callable[[], Awaitable[None]]:
        async def forget() -> None:
            done = await forget_what_is_over(self.database, regions, self.heart.beat)
            log.info("forget: %s", ", ".join(f"{many} {what}" for what, many in done.items()))

        return forget

    def _holding_of(self, region: Region, today: date) -> Callable[[], Awaitable[None]]:
        async def hold() -> None:
            done = await hold_payments(self.database, region, today, self.heart.beat)
            log.info(
                "hold %s until %s: held %d, found done %d",
                region.code, today, done.held, done.found_done,
            )  # fmt: skip

        return hold

    def _vesting_of(self, region: Region, today: date) -> Callable[[], Awaitable[None]]:
        async def vest() -> None:
            done = await vest_points(self.database, region, today, self.heart.beat)
            log.info(
                "vest %s until %s: vested %d, found done %d",
                region.code, today, done.vested, done.found_done,
            )  # fmt: skip

        return vest

    def _settling_of(self, region: Region, today: date) -> Callable[[], Awaitable[None]]:
        async def settle() -> None:
            done = await close_what_is_over(self.database, region, today, self.heart.beat)
            log.info(
                "settle %s until %s: closed %d periods, settled %d, carried %d over",
                region.code, today, done.runs, done.settled, done.carried,
            )  # fmt: skip

        return settle

    def _expiry_of(self, region: Region, today: date) -> Callable[[], Awaitable[None]]:
        async def expire() -> None:
            done = await expire_lots(self.database, region, today, self.heart.beat)
            log.info(
                "expire %s until %s: expired %d, closed %d, found done %d",
                region.code, today, done.expired, done.closed, done.found_done,
            )  # fmt: skip

        return expire


async def run(settings: Settings) -> None:
    """Work until cancelled; the batch at hand is finished first. Its URLs must be filled in.

    Raises OSError and BadSealKeysError where there are no keys to seal with, BadVaultKeyError where
    the vault's is none, and SettingsError where no file or no login is named, or no token to send
    with.
    """
    keys = open_seal_keys(settings)
    async with AsyncExitStack() as parts:
        database = Database(settings.database_url, pool_size=4)
        parts.push_async_callback(database.close)
        sealing = sealing_database(settings)
        parts.push_async_callback(sealing.close)
        sealing.standby = database.standby
        await refuse_a_login_that_may_not_seal(sealing)
        worker = Worker(
            database, Heartbeat(settings), keys=keys, published=settings.published_heads_dir
        )
        simulator, spreader = simulator_of(database, worker.heart.beat), spreader_of(database)
        sender = await parts.enter_async_context(sender_of(database, settings))
        vault = open_vault_of(settings)
        telling = Database(settings.database_url, pool_size=DOORS)
        parts.push_async_callback(telling.close)
        telling.standby = database.standby
        deliverer = await parts.enter_async_context(deliverer_of(telling, vault, settings))
        noticing = Database(settings.database_url, pool_size=NOTICE_DOORS + 1)
        parts.push_async_callback(noticing.close)
        noticing.standby = database.standby
        teller = await parts.enter_async_context(teller_of(noticing, settings))
        sealer = Sealer(sealing, keys, settings.published_heads_dir)
        log.info("the worker begins")
        try:
            async with asyncio.TaskGroup() as all_of_them:
                all_of_them.create_task(_repeat(worker.round, LOOK_EVERY_S), name="jobs")
                all_of_them.create_task(_repeat(sealer.round, SEAL_EVERY_S), name="sealer")
                all_of_them.create_task(_repeat(sender.round, SEND_EVERY_S), name="sender")
                telling_turns = _repeat(deliverer.round, DELIVER_EVERY_S)
                all_of_them.create_task(telling_turns, name="webhooks")
                all_of_them.create_task(_repeat(spreader.round, SPREAD_EVERY_S), name="alerts")
                all_of_them.create_task(_repeat(teller.round, TELL_EVERY_S), name="notices")
                turns = _repeat(simulator.round, SIMULATE_EVERY_S)
                all_of_them.create_task(turns, name="simulator")
                if settings.without_standby == "degrade":
                    patience_s = settings.standby_patience_seconds
                    for each in (database, sealing):  # a login ends its own waits only
                        all_of_them.create_task(watch_standby(each, patience_s))
        finally:
            log.info("the worker ends")


async def _attempt(job: Job, day: date, work: Callable[[], Awaitable[object]]) -> bool:
    """Whether the job could be done for that day; if not, it is said why."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001  (a bug, too: the jobs after it are not its own)
        tell(job, error)
        return False
    job.succeeded(day)
    return True


async def _repeat(turn: Callable[[], Awaitable[None]], pause_s: float) -> None:
    while True:
        await turn()
        await asyncio.sleep(pause_s)


async def database_now(database: Database) -> datetime:
    """The time as the database has it, which is the time that decisions are made by."""
    async with database.everywhere() as session:
        return (await now_of(session)).astimezone(UTC)
