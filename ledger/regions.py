"""Regions: the issuers that this deployment serves, each with its code, name and time zone."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.database import Database
from ledger import tables


@dataclass(frozen=True, slots=True)
class Region:
    """One issuer. Its settings are the facts of its issuer, read with every batch."""

    region_id: int
    code: str
    name: str
    zone: ZoneInfo

    def day_of(self, at: datetime) -> date:
        """The business date of an instant."""
        return at.astimezone(self.zone).date()


async def load_regions(database: Database) -> dict[str, Region]:
    """Every region by its code."""
    region = tables.region.c
    async with database.everywhere() as session:
        rows = await session.execute(
            select(region.region_id, region.code, region.name, region.zone)
        )
        return {
            row.code: Region(row.region_id, row.code, row.name, ZoneInfo(row.zone)) for row in rows
        }
