"""Publish a head each day: whoever keeps one can find out later whether history was written anew.

Which block was published stands in the database; the files of the folder follow from it, so two
workers, or a folder that comes later, end with the same files.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any, Final

from core.database import Connection, Database, bare
from ledger.regions import Region
from seals.chain import HEADER_COLUMNS, head_of
from seals.keys import public_list

MOST_SHOWN: Final = 400
"""Days whose heads are written again to a folder that lacks them."""

_PUBLISH: Final = """
    INSERT INTO seals.publication (region_id, day, number, published_at)
    SELECT $1, (at AT TIME ZONE $2)::date, number, at
      FROM (SELECT number, greatest(ledger.now(), sealed_at) AS at FROM seals.block
             WHERE region_id = $1 ORDER BY number DESC LIMIT 1) newest
        ON CONFLICT DO NOTHING
"""
_PUBLISHED: Final = f"""
    SELECT p.day, {HEADER_COLUMNS}
      FROM seals.publication p JOIN seals.block b USING (region_id, number)
     WHERE p.region_id = $1 AND p.day BETWEEN $2 AND $3 ORDER BY p.day DESC LIMIT $4
"""  # noqa: S608  (names of columns)

_DAYS: Final = "SELECT day, number FROM seals.publication WHERE region_id = $1"


async def publish(database: Database, region: Region, folder: Path | None) -> date | None:
    """Publish the newest block as today's head, once; returns the day, or None: nothing is sealed.

    `folder` gets a file for each day, `latest.json`, and the public keys. Raises OSError where it
    cannot be written, and the driver's errors; what was not written comes the next time.
    """
    async with database.transaction(region.region_id) as session:
        connection = await bare(session)
        await connection.execute(_PUBLISH, region.region_id, region.zone.key)
        heads = await published_heads(connection, region, date.min, date.max, MOST_SHOWN)
        keys = await public_keys(connection)
    if folder is not None and heads:
        _write(folder / "keys.json", public_list(keys))
        for day, head in heads:
            path = folder / region.code / f"{day}.json"
            if not path.exists():
                _write(path, head)
        _write(folder / region.code / "latest.json", heads[0][1])
    return heads[0][0] if heads else None


async def published_heads(
    connection: Connection, region: Region, first: date, last: date, limit: int
) -> list[tuple[date, dict[str, Any]]]:
    """At most `limit` days with their heads, newest first."""
    rows = await connection.fetch(_PUBLISHED, region.region_id, first, last, limit)
    return [(row["day"], head_of(region.code, row)) for row in rows]


def heads_in_folder(folder: Path | None, code: str) -> list[dict[str, Any]]:
    """The heads of a region that this machine has published."""
    found = sorted((folder / code).glob("[0-9]*.json")) if folder is not None else []
    return [json.loads(path.read_text()) for path in found]


async def forgotten_days(database: Database, region: Region, folder: Path | None) -> list[str]:
    """Days whose heads this machine has published, and of which the database says otherwise."""
    found = sorted((folder / region.code).glob("[0-9]*.json")) if folder is not None else []
    async with database.snapshot(region.region_id) as session:
        rows = await (await bare(session)).fetch(_DAYS, region.region_id)
    told = {row["day"].isoformat(): row["number"] for row in rows}
    published = {path.stem: json.loads(path.read_text())["header"]["number"] for path in found}
    return [
        f"the publication of {day}, block {number}, is not there, or is of another block"
        for day, number in published.items()
        if told.get(day) != number
    ]


async def public_keys(connection: Connection) -> list[bytes]:
    """Every key that ever signed a block here, oldest first."""
    rows = await connection.fetch("SELECT public FROM seals.key ORDER BY made_at, key_id")
    return [row["public"] for row in rows]


def _write(path: Path, value: dict[str, Any]) -> None:
    """Whole or not at all, and for everybody to read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.fresh")
    fresh.write_text(json.dumps(value, indent=2) + "\n")
    fresh.chmod(0o644)
    fresh.replace(path)
