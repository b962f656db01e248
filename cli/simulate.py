"""`meguri simulate`: what a form would have done, over past payments or over a made-up town."""

import os
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import orjson
import typer

from cli.deployment import act, refused
from cli.multiplier import multiplier_bp
from cli.tell_simulation import in_words
from core.settings import Settings

if TYPE_CHECKING:
    from simulations.asked import Asked

_SHOPS_PER: int = 60
"""People of a made-up town for each shop."""


def simulate(  # noqa: PLR0913, PLR0917  each is an option of the command
    form: Annotated[Path, typer.Argument(help="The form as JSON, as docs/CAMPAIGNS.md has it.")],
    from_day: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"])],
    to_day: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"])],
    region: Annotated[str | None, typer.Option(help="Needed where there are several.")] = None,
    budget: Annotated[
        int | None, typer.Option(help="In yen; without it there is no limit.")
    ] = None,
    multiplier: Annotated[
        str, typer.Option(help="How large each payment is taken to be: 1.2, say.")
    ] = "1",
    instead_of: Annotated[
        str | None, typer.Option(help="A past campaign whose place the form takes.")
    ] = None,
    is_beside: Annotated[
        bool, typer.Option("--beside", help="Let the other campaigns of the time grant as well.")
    ] = False,
    town: Annotated[
        int | None, typer.Option(min=2, max=200_000, help="A made-up town of so many people.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the made-up town.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="The whole result.")] = False,
) -> None:
    """Try FORM on the payments of some days that are over: cost, end of the budget, who gets what.

    It decides as the live system does, changes nothing, and shows exact figures: for whoever may
    see the database. A made-up town (--town) needs no database at all.
    """
    from pydantic import ValidationError

    from simulations.asked import Asked

    question: dict[str, Any] = {
        "terms": _read(form),
        "from_day": from_day.date().isoformat(),
        "to_day": to_day.date().isoformat(),
        "multiplier_bp": multiplier_bp(multiplier),
        "budget_yen": budget,
        "instead_of": instead_of,
        "beside": "others" if is_beside else None,
    }
    try:
        asked = Asked.model_validate_json(orjson.dumps(question))
    except ValidationError as error:
        said = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise refused("; ".join(said), code=2) from None
    if asked.terms.bonus is not None:
        raise refused("bonuses on top-ups cannot be simulated, only payments", code=2)
    os.nice(10)  # whoever pays meanwhile goes first

    async def run(settings: Settings) -> dict[str, Any]:
        return await _over_the_past(settings, region, asked)

    result = _over_a_town(asked, town, seed) if town is not None else act(run)
    typer.echo(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode() if as_json
               else in_words(result))  # fmt: skip


def _read(form: Path) -> Any:
    try:
        return orjson.loads(form.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise refused(f"{form}: {error}", code=2) from None


async def _no_pause(_payments: int) -> None:
    """Nothing else is done in this process."""


def _over_a_town(asked: "Asked", people: int, seed: int) -> dict[str, Any]:
    import asyncio

    from campaigns.rules import LiveCampaign
    from campaigns.terms import terms_hash
    from simulations.asked import tried_terms
    from simulations.result import result_of
    from simulations.run import run
    from town.past import MadeUpPast

    days: tuple[date, date] = (asked.from_day, asked.to_day)
    terms = tried_terms(asked.terms, days)
    tried = LiveCampaign(UUID(int=1), terms_hash(terms), terms)
    past = MadeUpPast(people, max(1, people // _SHOPS_PER), people // 2, seed, days)
    trial = asyncio.run(run(asked, tried, past, _no_pause))
    return result_of(asked, trial, past.shops)


async def _over_the_past(settings: Settings, code: str | None, asked: "Asked") -> dict[str, Any]:
    from core.database import Database
    from core.ids import uuid7
    from ledger.regions import load_regions
    from simulations.open_past import open_past
    from simulations.result import result_of
    from simulations.run import run

    database = Database(settings.database_url, pool_size=1)
    try:
        regions = await load_regions(database)
        if code is None and len(regions) == 1:
            [code] = regions
        found = regions.get(code or "")
        if found is None:
            raise refused(f"name a region: {', '.join(sorted(regions)) or 'there is none'}", code=2)
        clock = await database.clock()
        if asked.to_day >= found.day_of(clock.now()):
            raise refused("only days that are over can be simulated", code=2)
        reader = await database.connect_region(found.region_id, default_transaction_read_only="on")
        try:
            past = await open_past(database, reader, found, asked, uuid7(clock.now()))
            trial = await run(asked, past.tried, past, _no_pause)
            return result_of(asked, trial, past.shops)
        finally:
            await reader.close()
    finally:
        await database.close()
