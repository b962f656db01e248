"""Packages of open data as this process last made them: from stored releases, when asked for.

A release never changes, and its package follows from it alone: so nothing is written down, and a
process keeps the few that were asked for last, and of others what a catalogue says of their files.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.drawn import drawn
from api.open_data_table import tables_page
from core.database import CITY_ROLE, Database
from insights.package import Issue, Package, make_package
from insights.package_dcat import Kind, Listed
from insights.read_issues import read_issues
from insights.read_spending import Spending, read_newest, read_spending
from ledger.regions import Region

MOST_KEPT: Final = 16
"""Packages in memory, of some 100,000 bytes each."""
MOST_LISTED: Final = 4_096
"""Periods whose files' sizes and checksums are remembered."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A package, and its tables as a part of a page."""

    package: Package
    tables: str


_Key = tuple[int, Kind, date]


class Packages:
    """Makes packages beside the loop, one at a time, and keeps the last ones."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[_Key, Shelved] = OrderedDict()
        self._listed: OrderedDict[_Key, tuple[Listed, ...]] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()
        self._documents: dict[tuple[int, str], tuple[tuple[int, int], bytes]] = {}
        self._documents_in_turn = asyncio.Lock()

    async def document(
        self, region: Region, name: str, make: Callable[[Spending], Awaitable[bytes]]
    ) -> bytes:
        """What `make` makes of all that a region released, under a name; kept until there is more.

        Raises 503 database-unavailable.
        """
        key = region.region_id, name
        async with self._documents_in_turn:
            async with self._database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
                newest = await read_newest(db, region.region_id)
                kept = self._documents.get(key)
                if kept is not None and kept[0] == newest:
                    return kept[1]
                spending = await read_spending(db, region.region_id)
            content = await make(spending)
            self._documents[key] = newest, content
            return content

    async def of(self, region: Region, kind: Kind, first_day: date) -> Shelved | None:
        """The package of a period; None where it was not released, or not all of it.

        Raises 503 database-unavailable.
        """
        key = region.region_id, kind, first_day
        if (kept := self._take(key)) is not None:
            return kept
        async with self._one_at_a_time:
            if (kept := self._take(key)) is not None:
                return kept  # somebody else asked for the same
            async with self._database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
                issues = await read_issues(db, region.region_id, kind, first_day)
            if not issues:
                return None
            made = await drawn(lambda: _shelved(region, issues))
            self._keep(key, made)
            return made

    async def listed(self, region: Region, kind: Kind, first_day: date) -> tuple[Listed, ...]:
        """What a catalogue says of a period's tables; empty where there is no package."""
        key = region.region_id, kind, first_day
        if key not in self._listed:
            await self.of(region, kind, first_day)
        return self._listed.get(key, ())

    def _take(self, key: _Key) -> Shelved | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def _keep(self, key: _Key, made: Shelved) -> None:
        self._kept[key] = made
        self._listed[key] = made.package.listed
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        if len(self._listed) > MOST_LISTED:
            self._listed.popitem(last=False)


def _shelved(region: Region, issues: list[Issue]) -> Shelved:
    return Shelved(make_package(region.code, region.name, issues), tables_page(issues))
