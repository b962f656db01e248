"""Every row of a region, to be compared with what it is elsewhere."""

from typing import Any

import asyncpg

from archives.tables import MOVED
from tests.servers import Place


def nothing(*_: object) -> None:
    """Nobody watches."""


async def rows_of(place: Place, code: str) -> dict[str, list[Any]]:
    """Every row of a region, by table, without the region's number."""
    superuser = await asyncpg.connect(place.superuser_url)
    rows = {}
    for table in MOVED:
        found = await superuser.fetch(
            f"SELECT t.* FROM {table.fullname} t JOIN ledger.region r USING (region_id)"
            f" WHERE r.code = $1",
            code,
        )
        rows[table.fullname] = sorted(
            repr([value for name, value in row.items() if name != "region_id"]) for row in found
        )
    await superuser.close()
    return rows
