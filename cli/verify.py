"""`meguri verify`: prove that the ledger's books are whole."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.deployment import act
from core.settings import Settings

if TYPE_CHECKING:
    from ledger.verify import Verdict


def verify(
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list of the regions.")] = False,
) -> None:
    """Recompute every balance from its postings; exits with 1 if anything does not agree."""
    verdicts = act(_verify)
    if as_json:
        typer.echo(json.dumps([_as_json(verdict) for verdict in verdicts], indent=2))
    for verdict in verdicts if not as_json else []:
        typer.echo(in_words(verdict))
    if not all(verdict.is_sound for verdict in verdicts):
        raise typer.Exit(1)


def in_words(verdict: "Verdict") -> str:
    """What the verification of one region came to: a line, and one more for each fault."""
    size = (
        f"{verdict.entries:,} entries, {verdict.postings:,} postings, {verdict.accounts:,} accounts"
    )
    lines = [f"{verdict.region}: {size}: {'sound' if verdict.is_sound else 'NOT SOUND'}"]
    lines += [f"  {fault.check}: {fault.place}" for fault in verdict.faults]
    return "\n".join(lines)


def _as_json(verdict: "Verdict") -> dict[str, Any]:
    return {**asdict(verdict), "is_sound": verdict.is_sound}


async def _verify(settings: Settings) -> "list[Verdict]":
    from core.database import Database
    from ledger.verify import verify as verify_ledger

    database = Database(settings.database_url, pool_size=1)
    try:
        return await verify_ledger(database)
    finally:
        await database.close()
