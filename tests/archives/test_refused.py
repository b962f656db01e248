"""What is not an archive of a whole region is refused, and nothing of it is taken in."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from archives.bring_in import ArchiveRefusedError, bring_in
from archives.export import export
from archives.manifest import NAME
from core.database import Connection, Database
from tests.archives.rows import nothing, rows_of
from tests.seals.sealed_town import live, sealed
from tests.servers import Place, Servers
from tests.town_builder import Town, open_region, running_engine

Members = dict[str, bytes]


@pytest.fixture(scope="module")
async def exported(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed town in a file, made once."""
    path = tmp_path_factory.mktemp("archive") / "setagaya.meguri"
    place = await servers.clone()
    database = Database(place.app_url)
    region = await open_region(database, "setagaya", "Asia/Tokyo")
    async with running_engine(database, region) as engine:
        town = Town(place, database, region, engine)
        await live(town)
        await sealed(town)
    await export(database, region, path, nothing)
    await database.close()
    await servers.leave(place)
    return path


@pytest.fixture
def archive(exported: Path, tmp_path: Path) -> Path:
    """A copy that may be spoiled."""
    return Path(shutil.copy(exported, tmp_path))


@pytest.fixture(scope="module")
async def elsewhere(servers: Servers) -> AsyncIterator[Place]:
    """Another deployment, into which nothing comes."""
    place = await servers.clone()
    yield place
    await servers.leave(place)


def rewritten(path: Path, change: Callable[[Members], object]) -> None:
    """Write the archive anew with its members changed; its checksums are right again."""
    with ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    with ZipFile(path, "w", ZIP_DEFLATED) as new:
        for name, content in members.items():
            new.writestr(name, content)


def manifest_with(**more: Any) -> Callable[[Members], object]:
    def change(members: Members) -> None:
        members[NAME] = json.dumps(json.loads(members[NAME]) | more).encode()

    return change


def one_more_yen(members: Members) -> None:
    rows = members["ledger.posting.copy"].split(b"\n")
    fields = rows[2].split(b"\t")
    fields[5] = str(int(fields[5]) + 1).encode()
    members["ledger.posting.copy"] = b"\n".join([*rows[:2], b"\t".join(fields), *rows[3:]])


def digest_again(members: Members) -> None:
    """A forger who knows the format."""
    manifest = json.loads(members[NAME])
    for name, told in manifest["tables"].items():
        told["sha256"] = hashlib.sha256(members[f"{name}.copy"]).hexdigest()
    members[NAME] = json.dumps(manifest).encode()


def forged(members: Members) -> None:
    one_more_yen(members)
    digest_again(members)


CHANGES: dict[str, tuple[Callable[[Members], object], str]] = {
    "another format": (manifest_with(format=2), "format 2"),
    "another version": (manifest_with(revision="0002"), "migration 0002"),
    "a table too few": (manifest_with(tables={}), "other tables"),
    "an unknown member": (manifest_with(more=1), "manifest cannot be read"),
    "no manifest": (lambda members: members.pop(NAME), "other parts"),
    "no rows": (lambda members: members.pop("ledger.entry.copy"), "other parts"),
    "a part too many": (lambda members: members.update({"x": b""}), "other parts"),
    "rows left out": (
        lambda members: members.update({"ledger.counter.copy": b""}), "not what the manifest says",
    ),
    "one more yen": (one_more_yen, "not what the manifest says"),
    "one more yen, forged well": (forged, "its seals do not hold: entry"),
    "no rows at all": (
        lambda members: members.update({"ledger.entry.copy": b"x\n"}), "PostgreSQL refuses it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
async def test_a_file_that_is_not_what_was_exported_is_refused_and_nothing_is_in(
    archive: Path, owner: Connection, elsewhere: Place, change: str
):
    spoil, why = CHANGES[change]
    rewritten(archive, spoil)
    with pytest.raises(ArchiveRefusedError, match=why):
        await bring_in(owner, archive, nothing)
    assert await owner.fetchval("SELECT count(*) FROM ledger.region") == 0
    assert not any((await rows_of(elsewhere, "setagaya")).values())


async def test_a_file_that_was_damaged_or_cut_is_refused(
    archive: Path, owner: Connection, elsewhere: Place
):
    whole = archive.read_bytes()
    with ZipFile(archive) as parts:
        inside = [
            each.header_offset + 30 + len(each.filename) + 20 + each.compress_size // 2
            for each in parts.filelist
            if each.compress_size > 60
        ]
    assert len(inside) >= 6
    for place in inside:
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with pytest.raises(ArchiveRefusedError):
            await bring_in(owner, archive, nothing)
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        archive.write_bytes(whole[:size])
        with pytest.raises(ArchiveRefusedError):
            await bring_in(owner, archive, nothing)
    assert await owner.fetchval("SELECT count(*) FROM ledger.region") == 0


async def test_an_import_that_is_interrupted_leaves_nothing(
    archive: Path, owner: Connection, elsewhere: Place
):
    def stop(table: str, _: int) -> None:
        if table == "seals.block":
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await bring_in(owner, archive, stop)
    assert not any((await rows_of(elsewhere, "setagaya")).values())


async def test_what_is_no_archive_at_all_is_refused(owner: Connection, tmp_path: Path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"not a zip file" * 100)
    with pytest.raises(ArchiveRefusedError, match="damaged, or no archive"):
        await bring_in(owner, path, nothing)
    with pytest.raises(FileNotFoundError):
        await bring_in(owner, tmp_path / "none", nothing)
