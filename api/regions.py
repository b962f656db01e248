"""The regions of this deployment, by code, as each process keeps them."""

import asyncio
import time
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.errors import Problem
from ledger.regions import Region, load_regions

REFRESH_S: Final = 2.0
AGAIN_S: Final = 0.2
"""Tokens of regions that are not there make no process ask the database more often than this."""


class RegionDirectory:
    """Finds a region by its code without asking the database; two seconds old at most."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._regions: dict[str, Region] = {}
        self._read_at = -AGAIN_S
        self._one_at_a_time = asyncio.Lock()
        self._next_reading: asyncio.Task[None] | None = None

    def find(self, code: str) -> Region | None:
        """The region called `code`, or None."""
        return self._regions.get(code)

    async def look_for(self, code: str) -> Region | None:
        """The region called `code`, also one that another process opened just now; or None."""
        if code not in self._regions:
            await self.look_again()
        return self.find(code)

    def id_of(self, code: str) -> int | None:
        """The number of the region called `code`, or None."""
        region = self._regions.get(code)
        return None if region is None else region.region_id

    def all(self) -> tuple[Region, ...]:
        """Every region, in order of its number."""
        return tuple(sorted(self._regions.values(), key=lambda region: region.region_id))

    async def refresh(self) -> None:
        """Read the regions again: at the start, and by whoever has just changed one."""
        async with self._one_at_a_time:  # else an older reading might end last, and stay
            self._read_at = time.monotonic()
            self._regions = await load_regions(self._database)

    async def look_again(self) -> None:
        """Wait for a reading that begins after this call, for a region that is not known here.

        All who wait at a time share one, and each begins `AGAIN_S` or more after the one before.
        """
        if self._next_reading is None:
            self._next_reading = asyncio.create_task(self._read_soon(), name="regions, once more")
            self._next_reading.add_done_callback(_take_its_error)
        await asyncio.shield(self._next_reading)

    async def _read_soon(self) -> None:
        await asyncio.sleep(self._read_at + AGAIN_S - time.monotonic())
        self._next_reading = None  # whoever comes from now on needs the one after
        await self.refresh()

    async def watch(self) -> None:
        """Refresh every two seconds until cancelled; while the database is away, keep the last."""
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                await self.refresh()
            except (Problem, SQLAlchemyError):
                continue


def _take_its_error(reading: asyncio.Task[None]) -> None:
    """Whoever waited got it. If they all went away, nobody needs it."""
    if not reading.cancelled():
        reading.exception()
