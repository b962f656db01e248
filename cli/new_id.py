"""`meguri id`: make an id for a new thing, as an app would."""

import typer

from cli.deployment import act
from core.settings import Settings


def new_id() -> None:
    """Print a new UUIDv7 by this deployment's clock, for the id in a PUT path."""
    typer.echo(act(_new_id))


async def _new_id(settings: Settings) -> str:
    from core.database import Database
    from core.ids import uuid7

    database = Database(settings.database_url, pool_size=1)
    try:
        return str(uuid7((await database.clock()).now()))
    finally:
        await database.close()
