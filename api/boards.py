"""The public page of campaigns of each region, as this process last made it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from campaigns.board import PublicCampaign, read_board
from campaigns.rules import LiveCampaign
from campaigns.spending import Spent
from campaigns.taking_part import Running
from core.clock import Clock
from core.database import Database
from ledger.regions import Region

FRESH_S: Final = 15.0
"""How long a page is given out before it is made again: budgets move with every payment."""
LATE: Final = timedelta(minutes=5)
"""A day counts as over so late, when nothing more can be written into it."""


class Board(NamedTuple):
    """A page that was made, its entity tag, and those of its campaigns that run."""

    content: bytes
    tag: str
    running: Running


class Boards:
    """However many ask, each region's page is read four times a minute at most, one at a time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        write: Callable[[Region, list[PublicCampaign]], bytes],
    ) -> None:
        self._database = database
        self._clock = clock
        self._write = write
        self.fresh_s = FRESH_S
        self._made: dict[int, tuple[float, Board]] = {}
        self._making: dict[int, asyncio.Task[Board]] = {}
        self._known: defaultdict[int, dict[Spent, int]] = defaultdict(dict)

    async def of(self, region: Region) -> Board:
        """The page of a region, `fresh_s` old at most; all who wait for it share one reading.

        Raises 503 database-unavailable.
        """
        made_at, board = self._made.get(region.region_id, _NOTHING)
        if time.monotonic() - made_at < self.fresh_s:
            return board
        making = self._making.get(region.region_id)
        if making is None:
            making = asyncio.create_task(self._make(region), name="board of campaigns")
            self._making[region.region_id] = making
            making.add_done_callback(_take_its_error)
        return await asyncio.shield(making)

    async def stop(self) -> None:
        """End what is being read."""
        for making in list(self._making.values()):
            making.cancel()
            await asyncio.wait([making])

    async def _make(self, region: Region) -> Board:
        try:
            began = time.monotonic()
            shown = await self._read(region)
            content = self._write(region, shown)
            board = Board(content, f'"{sha256(content).hexdigest()[:32]}"', _running(shown))
            self._made[region.region_id] = began, board
            return board
        finally:
            del self._making[region.region_id]

    async def _read(self, region: Region) -> list[PublicCampaign]:
        now = self._clock.now()
        today, over = region.day_of(now), region.day_of(now - LATE)
        known = self._known[region.region_id]
        async with self._database.snapshot(region.region_id) as session:
            return await read_board(session, region.region_id, today, over, known)


def _running(shown: list[PublicCampaign]) -> Running:
    return Running(
        LiveCampaign(each.campaign_id, each.terms_hash, each.terms)
        for each in shown
        if each.is_running
    )


_NOTHING: Final = (float("-inf"), Board(b"", "", Running(())))


def _take_its_error(making: asyncio.Task[Board]) -> None:
    """Whoever waited got it. If they all went away, nobody needs it."""
    if not making.cancelled():
        making.exception()
