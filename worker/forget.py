"""Forget the revocations that are over: the tokens that they were about have expired long ago."""

from collections.abc import Callable, Sequence
from typing import Final

from core.database import Database
from core.revocations import EVERYWHERE, forget_expired
from ledger.regions import Region

CHUNK: Final = 5000


async def forget_revocations(
    database: Database, regions: Sequence[Region], beat: Callable[[], None], *, chunk: int = CHUNK
) -> int:
    """Delete those of each region, and of operators; returns how many. Twice is once.

    `beat` is called after each chunk. Raises 503 database-unavailable.
    """
    done = 0
    for region_id in (EVERYWHERE, *(region.region_id for region in regions)):
        forgotten = chunk
        while forgotten == chunk:
            async with database.transaction(region_id) as session:
                forgotten = await forget_expired(session, region_id, chunk)
            done += forgotten
            beat()
    return done
