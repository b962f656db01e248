"""The end of the town's week: its tables are released, and which places a notice could go to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from core.database import Database
from core.ids import uuid7
from insights.cube import read_released
from insights.gate import smallest_estimate
from insights.mechanism import WEEKLY
from insights.release_due import release_due
from insights.released import Figure, Released, TableName
from ledger.regions import Region
from town.bulk import bulk


@dataclass(frozen=True, slots=True)
class Place:
    """A told cell of a table as the segment of a notice."""

    table: TableName
    keys: tuple[str, ...]
    payers: Figure
    fewest: int
    """The gate: from this estimate on a notice may be sent to it."""

    @property
    def passes(self) -> bool:
        """Whether a notice may be sent to it."""
        return self.payers.value >= self.fewest


async def release_week(database: Database, region: Region, monday: datetime) -> list[Released]:
    """Release what is due; the deployment's clock shows the next week's `monday`.

    A week is over once something has happened after it: somebody moves to town.
    """
    async with bulk(database, region.region_id) as verbs:
        await verbs.open_wallet(uuid7(monday), uuid4())
    await release_due(database, region, lambda: None)
    first, last = (monday - timedelta(days=7)).date(), monday.date()
    async with database.snapshot(region.region_id) as db:
        return await read_released(db, region.region_id, WEEKLY, first, last)


def places_of(tables: list[Released]) -> list[Place]:
    """Every told cell of places and their trades, the largest first within its table."""
    return [
        Place(told.table, cell.keys, cell.payers, smallest_estimate(told.table))
        for name in ("district", "area_category")
        for told in tables
        if told.table == name
        for cell in sorted(told.cells, key=lambda each: -each.payers.value if each.payers else 0)
        if cell.payers is not None
    ]


def count_suppressed(tables: list[Released]) -> int:
    """Cells of which nothing is told."""
    return sum(cell.is_suppressed for told in tables for cell in told.cells)
