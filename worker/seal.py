"""Seal what was committed, every two seconds, and publish a head once a day."""

import logging
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Final

import asyncpg

from core.database import Database, now_of
from core.outage import CONNECT_TROUBLE
from core.settings import PREFIX, Settings, SettingsError
from ledger.regions import Region, load_regions
from seals.keys import SealKeys
from seals.publish import publish
from seals.seal import SEALER_ROLE, ForeignBlockError, JournalBrokenError, register_keys, seal
from worker.job import TROUBLE, Job, tell

log = logging.getLogger(__name__)

SEAL_EVERY_S: Final = 2.0

NOT_ALLOWED: Final = (
    asyncpg.InvalidAuthorizationSpecificationError,  # no such login, or another password
    asyncpg.InsufficientPrivilegeError,  # not a member of the role, or not let into this database
    asyncpg.InvalidParameterValueError,  # there is no such role
)
"""What waiting does not mend."""


def sealing_database(settings: Settings) -> Database:
    """The database as the sealer's role reaches it. Raises SettingsError where no URL says how."""
    if not settings.sealer_database_url:
        raise SettingsError(
            f"{PREFIX}SEALER_DATABASE_URL must be set: history is sealed by a login of its own, "
            f"a member of {SEALER_ROLE}"
        )
    return Database(settings.sealer_database_url, role=SEALER_ROLE, pool_size=1)


async def refuse_a_login_that_may_not_seal(database: Database) -> None:
    """Raises SettingsError where PostgreSQL does not let this login act as the sealer.

    Any other trouble is left to the rounds: a database that is away comes back.
    """
    try:
        connection = await database.connect()
    except NOT_ALLOWED as error:
        raise SettingsError(
            f"the login of {PREFIX}SEALER_DATABASE_URL may not act as {SEALER_ROLE}"
            f" (PostgreSQL says {error.sqlstate})"
        ) from None
    except CONNECT_TROUBLE:
        return
    await connection.close()


@dataclass(slots=True)
class Sealer:
    """The sealing of one process; several do no harm: each block is sealed by one of them."""

    database: Database
    """As the sealer's role reaches it."""
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
        except (JournalBrokenError, ForeignBlockError) as error:
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
            return region.day_of(await now_of(session))
