"""Wait for the database that the settings name: containers start in any order."""

import asyncio
import time
from typing import TYPE_CHECKING, Final

import typer

from cli.deployment import refused
from cli.status import without_secrets
from core.settings import PREFIX, Settings

if TYPE_CHECKING:
    from api.revision import DatabaseState

LOOK_EVERY_S: Final = 1.0


async def wait_until_it_can_serve(chosen: Settings, database_url: str, patience_s: float) -> None:
    """Return once the database answers and is migrated; its URL is filled in where none was chosen.

    Raises typer.Exit with one line: no answer within `patience_s`, a database that needs
    `meguri migrate` first, one that other migrations made, or one where money is real and
    failpoints are set.
    """
    from api.revision import database_state
    from core.database import Database

    place = without_secrets(database_url)
    database = Database(database_url, pool_size=1)
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
        if state == "not migrated":
            raise refused(not_migrated(database_url))
        if state == "made otherwise":
            raise refused(made_otherwise(chosen))
        if chosen.failpoints and not (await database.clock()).is_demo:
            raise refused(f"{PREFIX}FAILPOINTS is set, and {place} is not marked as a demo")
    finally:
        await database.close()


async def refuse_what_others_made(chosen: Settings, database_url: str) -> None:
    """Raises typer.Exit with one line if other migrations made the database that answers there."""
    if await _state_of(database_url) == "made otherwise":
        raise refused(made_otherwise(chosen))


async def refuse_what_is_not_up(chosen: Settings, database_url: str) -> None:
    """Raises typer.Exit with 2 and one line if the database does not answer, needs `meguri migrate`
    first, or was made by other migrations.
    """
    state = await _state_of(database_url)
    if state == "down":
        raise refused(f"the database {without_secrets(database_url)} does not answer", code=2)
    if state == "not migrated":
        raise refused(not_migrated(database_url), code=2)
    if state == "made otherwise":
        raise refused(made_otherwise(chosen), code=2)


def not_migrated(database_url: str) -> str:
    """What to say of a database that lacks tables, or the newest of them."""
    return f"the database {without_secrets(database_url)} is not migrated: run `meguri migrate`"


def made_otherwise(chosen: Settings) -> str:
    """What to say of a database that other migrations made, and what to do about it."""
    why = "was made by a version of Meguri that was never released, and is of no use to this one"
    if not chosen.database_url:
        folder = chosen.data_dir.absolute() / "postgres"
        return f"the database {why}: run `meguri stop`, remove {folder}, and start anew"
    place = without_secrets(chosen.database_url)
    return f"the database {place} {why}: make a new one, and run `meguri migrate`"


async def _state_of(database_url: str) -> "DatabaseState":
    from api.revision import database_state
    from core.database import Database

    database = Database(database_url, pool_size=1)
    try:
        return await database_state(database)
    finally:
        await database.close()
