"""Let changes of number hold whose time has come, also where nobody looks."""

from typing import Final

from core.database import Database
from ledger.regions import Region
from residents.number_changes import settle_due

CHUNK: Final = 100


async def change_numbers(database: Database, region: Region, *, chunk: int = CHUNK) -> int:
    """All that are due in a region; how many it were. Twice is once."""
    done, settled = 0, chunk
    while settled == chunk:
        async with database.transaction(region.region_id) as db:
            settled = await settle_due(db, region, chunk)
        done += settled
    return done
