"""`meguri import`: take a region in that another deployment has exported."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.deployment import act, refused
from core.settings import Settings

if TYPE_CHECKING:
    from cli.verify import Found


def import_region(
    file: Annotated[Path, typer.Argument(help="What `meguri export` wrote.")],
) -> None:
    """Take a region in, all of it or nothing, with the owner's login; then verify it.

    Refuses a damaged file, another version, and a region that is there already.
    """
    from archives.bring_in import ArchiveRefusedError
    from cli.verify import in_words

    async def run(settings: Settings) -> "Found":
        return await _import(settings, file)

    try:
        found = act(run)
    except (ArchiveRefusedError, OSError) as error:
        raise refused(f"nothing was imported from {file}: {error}") from None
    typer.echo("signatures checked against the keys in the archive itself: compare them")
    typer.echo(in_words(found.books, found.chain))
    if found.faults:
        raise refused("the region is in, and its books do not agree: do not serve it")


async def _import(settings: Settings, file: Path) -> "Found":
    import asyncpg

    from archives.bring_in import bring_in
    from archives.tables import MOVED
    from cli.progress import Shown
    from cli.verify import Found
    from core.database import Database
    from insights.verify import verify_whole_region
    from ledger.regions import load_regions

    owner = await asyncpg.connect(
        settings.owner_database_url,
        server_settings={"role": "meguri_owner", "timezone": "UTC", "lock_timeout": "10s"},
    )
    try:
        region_id, chain = await bring_in(owner, file, Shown())
        for table in MOVED:
            await owner.execute(f"ANALYZE {table.fullname}")
    finally:
        await owner.close()
    database = Database(settings.database_url, pool_size=1)
    try:
        regions = await load_regions(database)
        [region] = [each for each in regions.values() if each.region_id == region_id]
        return Found(await verify_whole_region(database, region), chain)
    finally:
        await database.close()
