"""`meguri replay`: decide stored grants again, and say where they differ from what is stored."""

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.deployment import act, refused
from core.settings import Settings

if TYPE_CHECKING:
    from payments.replay import Replayed


def replay(
    region: Annotated[
        str | None, typer.Option("--region", help="Code of the region; all if left out.")
    ] = None,
    from_day: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The first business date."),
    ] = None,
    to_day: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="The last business date."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list of the regions.")] = False,
) -> None:
    """Recompute from what was kept what campaigns granted and benefits gave, and what refunds and
    reversed top-ups took back; exits with 1 if anything differs.

    Payments of people who closed their account are counted as erased: what campaigns knew about
    them is gone. It reads only, and tells on standard error how far it is.
    """
    days = tuple(None if day is None else day.date() for day in (from_day, to_day))

    async def run(settings: Settings) -> "list[Replayed]":
        return await _replay(settings, region, (days[0], days[1]))

    found = act(run)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], indent=2, ensure_ascii=False))
    for each in found if not as_json else []:
        typer.echo(in_words(each))
    if not found and not as_json:
        typer.echo("there is no region yet: nothing to replay")
    if any(each.differences for each in found):
        raise typer.Exit(1)


def in_words(found: "Replayed") -> str:
    """What the replay of one region came to: a line, and one more for each of the first places."""
    size = f"{found.payments:,} payments, {found.top_ups:,} top-ups, {found.grants:,} grants"
    size += f", {found.refunds:,} refunds, {found.reversed_top_ups:,} reversed top-ups"
    size += f", {found.benefits:,} benefits"
    left = f"{found.erased:,} erased, {found.not_kept:,} not kept"
    lines = [f"{found.region}: {size}; {left}: {found.differences:,} differences"]
    lines += [f"  {place}" for place in found.places]
    if found.differences > len(found.places):
        lines.append(f"  and {found.differences - len(found.places):,} more")
    return "\n".join(lines)


async def _replay(
    settings: Settings, code: str | None, days: tuple[date | None, date | None]
) -> "list[Replayed]":
    from cli.progress import Counted
    from core.database import Database
    from ledger.regions import load_regions
    from payments.replay import replay as run

    database = Database(settings.database_url, pool_size=1)
    try:
        regions = await load_regions(database)
        if code is not None and code not in regions:
            raise refused(f"there is no region {code}", code=2)
        chosen = regions.values() if code is None else [regions[code]]
        progress = Counted()
        return [await run(database, region, days, progress) for region in chosen]
    finally:
        await database.close()
