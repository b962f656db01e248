"""Wait until somebody waits for a lock: so a test knows that two things meet."""

import asyncio
from typing import Final

from sqlalchemy import text

from core.database import Database

WAITING: Final = text(
    "SELECT count(*) FROM pg_locks w WHERE NOT w.granted AND w.pid IN (SELECT l.pid"
    " FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    " WHERE d.datname = current_database())"
)


async def somebody_waits(database: Database, many: int = 1) -> None:
    """Returns once so many wait for a lock in this database."""
    async with asyncio.timeout(8):
        while True:
            async with database.transaction(1) as db:
                if (await db.execute(WAITING)).scalar_one() >= many:
                    return
            await asyncio.sleep(0.02)
