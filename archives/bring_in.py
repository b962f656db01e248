"""Bring a region in from an archive: all of it, or nothing."""

import zlib
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final
from zipfile import BadZipFile, ZipFile

import asyncpg
from pydantic import ValidationError
from sqlalchemy import Table

from archives.export import Progress, member_of
from archives.manifest import NAME, Manifest, TableDigest
from archives.tables import MOVED, REGION_ID, columns_of
from core.database import Connection
from seals.check_proof import key_id
from seals.verify import ChainVerdict, verify_chain

PIECE: Final = 1 << 18
LARGEST_MANIFEST: Final = 1 << 20

DAMAGED: Final = (BadZipFile, EOFError, NotImplementedError, zlib.error)
"""What is raised while something is read that is no archive, or not a whole one; zipfile says
NotImplementedError of a compression or a version that it does not know."""
_ENCRYPTED: Final = 1


class ArchiveRefusedError(Exception):
    """The archive cannot be taken in, and nothing of it was; the text says why."""


async def bring_in(owner: Connection, path: Path, progress: Progress) -> tuple[int, ChainVerdict]:
    """Take a region in; returns its number here, and what the check of its seals came to.

    `owner` acts as meguri_owner. Everything but empty partitions is one transaction: until it
    commits nobody sees the region. Its sealed history is verified before. Raises
    ArchiveRefusedError, OSError, and the driver's errors.
    """
    try:
        with ZipFile(path) as archive:
            manifest = _read_manifest(archive)
            await _refuse_misfit(owner, manifest)
            for month in manifest.months:
                await owner.execute("SELECT ledger.make_month($1)", month)
            async with owner.transaction():
                return await _fill(owner, archive, manifest, progress)
    except DAMAGED as error:
        raise ArchiveRefusedError(f"it is damaged, or no archive: {error}") from None
    except asyncpg.UniqueViolationError as error:
        raise ArchiveRefusedError(f"it is there already: {error.constraint_name}") from None
    except asyncpg.LockNotAvailableError:
        raise ArchiveRefusedError("somebody else is at it, perhaps with an import too") from None
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
        raise ArchiveRefusedError(f"PostgreSQL refuses it: {error.sqlstate}") from None


def _read_manifest(archive: ZipFile) -> Manifest:
    expected = {NAME, *map(member_of, MOVED)}
    names = sorted(archive.namelist())
    if names != sorted(expected) or any(each.flag_bits & _ENCRYPTED for each in archive.filelist):
        raise ArchiveRefusedError("it has other parts than an archive of this program")
    if archive.getinfo(NAME).file_size > LARGEST_MANIFEST:
        raise ArchiveRefusedError("its manifest is too long to be one")
    try:
        return Manifest.model_validate_json(archive.read(NAME))
    except ValidationError:
        raise ArchiveRefusedError("its manifest cannot be read by this program") from None


async def _refuse_misfit(owner: Connection, manifest: Manifest) -> None:
    revision = await owner.fetchval("SELECT version_num FROM meguri.alembic_version")
    why = manifest.misfit(revision)
    if why is not None:
        raise ArchiveRefusedError(why)
    code = manifest.region.code
    if await owner.fetchval("SELECT true FROM ledger.region WHERE code = $1", code):
        raise ArchiveRefusedError(f"the region {code} is there already")


async def _fill(
    owner: Connection, archive: ZipFile, manifest: Manifest, progress: Progress
) -> tuple[int, ChainVerdict]:
    await owner.execute("SET LOCAL statement_timeout = 0")
    region_id = await _open(owner, manifest)
    for table in MOVED:
        told = manifest.tables[table.fullname]
        with archive.open(member_of(table)) as member:
            await _copy(owner, region_id, table, member, told, progress)
    keys = {
        key_id(public): public for public in (bytes.fromhex(key.public) for key in manifest.keys)
    }
    verdict = await verify_chain(owner, region_id, keys)
    if verdict.faults:
        raise ArchiveRefusedError(f"its seals do not hold: {verdict.faults[0].place}")
    return region_id, verdict


async def _open(owner: Connection, manifest: Manifest) -> int:
    """Make the row of the region, and let its keys be known."""
    region = manifest.region
    region_id: int = await owner.fetchval(
        "INSERT INTO ledger.region (code, name, zone, opened_at) VALUES ($1, $2, $3, $4)"
        " RETURNING region_id",
        region.code,
        region.name,
        region.zone,
        region.opened_at,
    )
    for key in manifest.keys:
        public = bytes.fromhex(key.public)
        await owner.execute(
            "INSERT INTO seals.key (key_id, public, made_at) VALUES ($1, $2, $3)"
            " ON CONFLICT DO NOTHING",
            key_id(public),
            public,
            key.made_at,
        )
    return region_id


async def _copy(
    owner: Connection,
    region_id: int,
    table: Table,
    member: IO[bytes],
    told: TableDigest,
    progress: Progress,
) -> None:
    hashed: Any = sha256()
    status = await owner.copy_to_table(
        table.name,
        schema_name=table.schema,
        columns=[REGION_ID, *columns_of(table)],
        source=_numbered(member, region_id, hashed, table.fullname, progress),
        format="text",
    )
    if status != f"COPY {told.rows}" or hashed.hexdigest() != told.sha256:
        raise ArchiveRefusedError(f"{table.fullname} is not what the manifest says")


async def _numbered(
    member: IO[bytes], region_id: int, hashed: Any, name: str, progress: Progress
) -> AsyncIterator[bytes]:
    """The rows, each after the region's number. In COPY's text only rows end with a newline."""
    number, size, is_new_row = f"{region_id}\t".encode(), 0, True
    while piece := member.read(PIECE):
        hashed.update(piece)
        size += len(piece)
        body = piece[:-1].replace(b"\n", b"\n" + number) + piece[-1:]
        yield number + body if is_new_row else body
        is_new_row = piece.endswith(b"\n")
        progress(name, size)
