"""Wait for the database that the settings name: containers start in any order."""

import asyncio
import time
from typing import Final

import typer

from cli.deployment import refused
from cli.status import without_secrets
from core.settings import Settings

LOOK_EVERY_S: Final = 1.0


async def wait_until_it_can_serve(settings: Settings, patience_s: float) -> None:
    """Return once the database answers and is migrated. Its URLs must be filled in.

    Raises typer.Exit with one line: no answer within `patience_s`, or a database that needs
    `meguri migrate` first.
    """
    from api.revision import database_state
    from core.database import Database

    place = without_secrets(settings.database_url)
    database = Database(settings.database_url, pool_size=1)
    give_up = time.monotonic() + patience_s
    has_told = False
    try:
        while (state := await database_state(database)) == "down":
            if time.monotonic() >= give_up:
                raise refused(f"the database {place} did not answer within {patience_s:g} s")
            if not has_told:
                typer.echo(f"meguri: waiting for the database {place}", err=True)
                has_told = True
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        await database.close()
    if state == "not migrated":
        raise refused(f"the database {place} is not migrated: run `meguri migrate`")
