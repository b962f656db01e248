"""`meguri export`: a whole region in one file, as it stands at one moment."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.deployment import act, refused
from core.settings import Settings

if TYPE_CHECKING:
    from archives.manifest import Manifest


def export(
    region: Annotated[str, typer.Argument(help="Code of the region.")],
    file: Annotated[Path, typer.Argument(help="Where to write it; nothing may be there yet.")],
) -> None:
    """Write everything of a region to FILE, to be taken in elsewhere by `meguri import`.

    It holds all that people wrote and who holds what: keep it as you keep the database.
    """
    if file.exists():
        raise refused(f"{file} is there already", code=2)

    async def run(settings: Settings) -> "Manifest":
        return await _export(settings, region, file)

    try:
        manifest = act(run)
    except OSError as error:
        raise refused(f"{file} could not be written: {error}") from None
    rows = sum(table.rows for table in manifest.tables.values())
    typer.echo(f"Exported {region} to {file}: {rows:,} rows in {len(manifest.tables)} tables.")


async def _export(settings: Settings, code: str, file: Path) -> "Manifest":
    from archives.export import export as write
    from cli.progress import Shown
    from core.database import Database
    from ledger.regions import load_regions

    database = Database(settings.database_url, pool_size=1)
    try:
        found = (await load_regions(database)).get(code)
        if found is None:
            raise refused(f"there is no region {code}", code=2)
        return await write(database, found, file, Shown())
    finally:
        await database.close()
