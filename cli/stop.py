"""`meguri stop`: the embedded servers, whoever uses them."""

import asyncio

import typer

from cli.deployment import chosen_settings, refused
from core.embedded.account import EmbeddedError
from core.settings import Settings


def stop() -> None:
    """Stop the embedded servers of the data folder. Servers whose URLs are set are left alone."""
    try:
        stopped = asyncio.run(_stop(chosen_settings()))
    except EmbeddedError as error:
        raise refused(str(error)) from None
    typer.echo(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


async def _stop(settings: Settings) -> list[str]:
    from core.embedded.postgres import stop_postgres
    from core.embedded.valkey import stop_valkey

    stopped = []
    if await stop_valkey(settings.data_dir):
        stopped.append("Valkey")
    if await stop_postgres(settings.data_dir):
        stopped.append("PostgreSQL")
    return stopped
