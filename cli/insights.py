"""`meguri insights`: release statistics that are due, list what was released, show the budget."""

import json
from collections.abc import Awaitable, Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from cli.deployment import act, refused
from core.settings import Settings

if TYPE_CHECKING:
    from core.database import Database
    from ledger.regions import Region

insights = typer.Typer(
    help="Statistics that protect people: released each week by the worker.", no_args_is_help=True
)

Code = Annotated[str | None, typer.Option("--region", help="Code of a region; all if left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Result = TypeVar("Result")


@insights.command()
def release(
    region: Code = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Only of days up to this one, as 2026-12-31.")
    ] = None,
) -> None:
    """Release what is over and was not released, as the worker does; twice is once."""
    try:
        last = date.max if until is None else date.fromisoformat(until)
    except ValueError:
        raise refused(f"{until} is no day", code=2) from None

    async def run(database: "Database", each: "Region", settings: Settings) -> int:
        from insights.release_due import release_due

        folder = settings.published_heads_dir
        return await release_due(database, each, lambda: None, until=last, folder=folder)

    for code, tables in _of_each(region, run).items():
        typer.echo(f"{code}: released {tables} tables")


@insights.command("list")
def list_all(region: Code = None, as_json: AsJson = False) -> None:
    """What was released, newest first: number, table, days, cost, and the hash of its bytes."""

    async def run(database: "Database", each: "Region", _: Settings) -> list[dict[str, Any]]:
        from insights.read_releases import list_releases

        lines: list[dict[str, Any]] = []
        before: int | None = None
        async with database.snapshot(each.region_id) as db:
            while some := await list_releases(db, each.region_id, before=before, limit=200):
                before = some[-1].release_no
                lines += [
                    {
                        "release_no": line.release_no,
                        "table": line.table_name,
                        "first_day": line.first_day.isoformat(),
                        "last_day": line.last_day.isoformat(),
                        "cost_nano_rho": line.cost,
                        "sha256": line.output_sha256.hex(),
                    }
                    for line in some
                ]
        return lines

    _tell(_of_each(region, run), as_json=as_json, nothing="nothing was released")


@insights.command()
def budget(region: Code = None, as_json: AsJson = False) -> None:
    """What may be told of people in each year, and what was: in billionths of rho."""

    async def run(database: "Database", each: "Region", _: Settings) -> list[dict[str, Any]]:
        from insights.read_releases import list_budgets

        async with database.snapshot(each.region_id) as db:
            years = await list_budgets(db, each.region_id)
        return [
            {
                "first_day": year.first_day.isoformat(),
                "last_day": year.last_day.isoformat(),
                "cap_nano_rho": year.cap,
                "used_nano_rho": year.used,
                "left_nano_rho": year.cap - year.used,
            }
            for year in years
        ]

    _tell(_of_each(region, run), as_json=as_json, nothing="nothing was released")


def _tell(found: dict[str, list[dict[str, Any]]], *, as_json: bool, nothing: str) -> None:
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for code, lines in found.items():
        typer.echo(f"{code}: {len(lines)}" if lines else f"{code}: {nothing}")
        for line in lines:
            typer.echo("  " + ", ".join(f"{name} {value}" for name, value in line.items()))


def _of_each(
    code: str | None, work: "Callable[[Database, Region, Settings], Awaitable[Result]]"
) -> dict[str, Result]:
    """What `work` finds in each region, or in the one that is named."""

    async def run(settings: Settings) -> dict[str, Result]:
        from core.database import Database
        from ledger.regions import load_regions

        database = Database(settings.database_url, pool_size=2)
        try:
            regions = await load_regions(database)
            if code is not None and code not in regions:
                raise refused(f"there is no region {code}", code=2)
            chosen = regions.values() if code is None else [regions[code]]
            return {each.code: await work(database, each, settings) for each in chosen}
        finally:
            await database.close()

    return act(run)
