"""`meguri sales`: prove that added-up sales are what the postings say, or make them anew."""

from typing import Annotated

import typer

from cli.deployment import act, refused
from core.settings import Settings


def sales(
    region: Annotated[
        str | None, typer.Option("--region", help="Code of the region; all if left out.")
    ] = None,
    is_rebuilt: Annotated[
        bool, typer.Option("--rebuild", help="Make them anew from the postings.")
    ] = False,
) -> None:
    """Recompute what each shop sold from the postings; exits with 1 if the tables do not agree.

    It names the first difference of each merchant. --rebuild replaces all of it in one transaction:
    pages have the old figures until then, and payments do not wait. How far it is it tells on
    standard error.
    """

    async def run(settings: Settings) -> dict[str, list[str] | int]:
        return await _run(settings, region, is_rebuilt=is_rebuilt)

    found = act(run)
    for code, result in found.items():
        if isinstance(result, int):
            typer.echo(f"{code}: sales were made anew until entry {result:,}")
            continue
        typer.echo(f"{code}: sales {'DIFFER' if result else 'agree with the postings'}")
        for place in result:
            typer.echo(f"  {place}")
    if not found:
        typer.echo("there is no region yet: nothing was sold")
    if any(isinstance(result, list) and result for result in found.values()):
        raise typer.Exit(1)


async def _run(
    settings: Settings, code: str | None, *, is_rebuilt: bool
) -> dict[str, list[str] | int]:
    from cli.progress import Merchants
    from core.database import Database
    from ledger.regions import load_regions
    from merchants.recompute_sales import differences, rebuild_sales

    database = Database(settings.database_url, pool_size=1)
    found: dict[str, list[str] | int] = {}
    try:
        regions = await load_regions(database)
        if code is not None and code not in regions:
            raise refused(f"there is no region {code}", code=2)
        for region in regions.values() if code is None else [regions[code]]:
            if is_rebuilt:
                found[region.code] = await rebuild_sales(database, region, Merchants())
                continue
            async with database.snapshot(region.region_id) as session:
                found[region.code] = await differences(session, region, Merchants())
        return found
    finally:
        await database.close()
