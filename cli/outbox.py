"""`meguri outbox`: the messages that wait, with their codes; in a demo or a test only."""

import typer

from cli.deployment import act, refused
from core.settings import Settings

MOST = 200


def outbox() -> None:
    """Show what waits to be sent, oldest first. In production nobody reads others' codes."""
    for line in act(_lines):
        typer.echo(line)


async def _lines(settings: Settings) -> list[str]:
    from access.outbox import waiting_letters
    from core.database import Database
    from ledger.regions import load_regions

    if settings.environment == "production":
        raise refused("in production nobody reads messages to others", code=2)
    database = Database(settings.database_url, pool_size=1)
    lines = []
    try:
        codes = {region.region_id: code for code, region in (await load_regions(database)).items()}
        for region_id, code in {0: "*", **codes}.items():
            async with database.transaction(region_id) as db:
                letters = await waiting_letters(db, region_id, MOST)
            lines += [
                f"{letter.made_at:%H:%M:%S}  {code}  {letter.address}  {letter.purpose}:"
                f" {letter.body}"
                for letter in letters
            ]
    finally:
        await database.close()
    return lines or ["Nothing waits to be sent."]
