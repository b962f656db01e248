"""Make partitions ahead: the journal of the coming months has its place before they begin."""

from typing import Final

from sqlalchemy import text

from core.database import Database

MONTHS_AHEAD: Final = 3


async def make_partitions(database: Database) -> int:
    """Make the partitions that are missing; returns how many. Two at once make each once."""
    async with database.everywhere() as session:
        made = await session.execute(
            text("SELECT ledger.make_partitions(:months)"), {"months": MONTHS_AHEAD}
        )
        return int(made.scalar_one())
