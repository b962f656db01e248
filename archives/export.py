"""Export a region: everything of it, as it stood at one moment, in one file."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import Table

from archives.manifest import (
    FORMAT,
    NAME,
    ArchivedKey,
    ArchivedRegion,
    Manifest,
    TableDigest,
    month_of,
)
from archives.tables import MOVED, columns_of, order_of
from core.database import Connection, Database
from ledger.regions import Region

LEVEL: Final = 1
"""Of compression: most of what deflate can do, at a third of its time."""

Progress: TypeAlias = Callable[[str, int], None]
"""Hears the name of a table, and how many bytes of it have gone by."""

_FIRST_AND_LAST: Final = """
    (SELECT entry_id FROM ledger.entry WHERE region_id = $1 ORDER BY entry_id LIMIT 1)
    UNION ALL
    (SELECT entry_id FROM ledger.entry WHERE region_id = $1 ORDER BY entry_id DESC LIMIT 1)
"""


async def export(database: Database, region: Region, path: Path, progress: Progress) -> Manifest:
    """Write the archive of a region to `path`; returns its manifest. Payments go on meanwhile.

    Rows go by a piece at a time, so the memory that it takes does not grow with the region. The
    file stands under its name when it is whole. Raises OSError, and the driver's errors.
    """
    fresh = path.with_name(f".{path.name}.part")
    try:
        with fresh.open("wb") as file:
            with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=LEVEL) as archive:
                manifest = await _write(database, region, archive, progress)
                archive.writestr(NAME, manifest.written())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return manifest


async def _write(
    database: Database, region: Region, archive: ZipFile, progress: Progress
) -> Manifest:
    # A connection of its own: one that is left in the middle of a COPY is of no use to a pool.
    connection = await database.connect_region(region.region_id)
    try:
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        await connection.execute("SET LOCAL statement_timeout = 0")
        tables = {
            table.fullname: await _copy(connection, region.region_id, table, archive, progress)
            for table in MOVED
        }
        return await _manifest(connection, region, tables)
    finally:
        connection.terminate()


async def _copy(
    connection: Connection, region_id: int, table: Table, archive: ZipFile, progress: Progress
) -> TableDigest:
    columns = columns_of(table)
    query = (
        f"SELECT {_listed(columns)} FROM {table.fullname}"  # noqa: S608  (our own names)
        f" WHERE region_id = {region_id:d} ORDER BY {_listed(order_of(table))}"
    )
    hashed, size = sha256(), 0
    failures: list[OSError] = []
    with archive.open(member_of(table), "w", force_zip64=True) as member:

        async def take(piece: bytes) -> None:
            nonlocal size
            if failures:
                return
            try:
                member.write(piece)
                progress(table.fullname, size + len(piece))
            except OSError as error:
                # Raised here, it would leave the driver waiting: the rest of the rows go by first.
                failures.append(error)
            hashed.update(piece)
            size += len(piece)

        status = await connection.copy_from_query(query, output=take, format="text")
        if failures:
            raise failures[0]
    rows = int(status.removeprefix("COPY "))
    return TableDigest(columns=columns, rows=rows, bytes=size, sha256=hashed.hexdigest())


async def _manifest(
    connection: Connection, region: Region, tables: dict[str, TableDigest]
) -> Manifest:
    row = await connection.fetchrow(
        "SELECT code, name, zone, opened_at FROM ledger.region WHERE region_id = $1",
        region.region_id,
    )
    assert row is not None, "a region has its row"
    ids: list[UUID] = [
        found["entry_id"] for found in await connection.fetch(_FIRST_AND_LAST, region.region_id)
    ]
    keys = await connection.fetch(
        "SELECT public, made_at FROM seals.key WHERE key_id IN"
        " (SELECT key_id FROM seals.block WHERE region_id = $1) ORDER BY made_at, key_id",
        region.region_id,
    )
    return Manifest(
        format=FORMAT,
        revision=await connection.fetchval("SELECT version_num FROM meguri.alembic_version"),
        exported_at=datetime.now(UTC),
        region=ArchivedRegion(**row),
        keys=[ArchivedKey(public=key["public"].hex(), made_at=key["made_at"]) for key in keys],
        first_month=month_of(ids[0]) if ids else None,
        last_month=month_of(ids[-1]) if ids else None,
        tables=tables,
    )


def member_of(table: Table) -> str:
    """The name of a table's rows in an archive."""
    return f"{table.fullname}.copy"


def _listed(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
