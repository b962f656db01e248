"""The deployment that a command acts on: its settings, and the servers that it needs."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import typer

from core.embedded.account import EmbeddedError
from core.embedded.services import embedded_services
from core.errors import Problem
from core.settings import Settings, SettingsError, load_settings
from core.termination import cancel_on

Result = TypeVar("Result")

SERVICE_UNAVAILABLE: Final = 503


def chosen_settings(**given: Any) -> Settings:
    """The settings of the environment; exits with 2 and one line for each thing that is wrong.

    What is `given` goes before the environment.
    """
    try:
        return load_settings(**given)
    except SettingsError as error:
        raise refused(str(error), code=2) from None


def act(action: Callable[[Settings], Awaitable[Result]]) -> Result:
    """Run `action` with settings whose URLs are filled in, and leave the servers afterwards.

    SIGTERM cancels the action, so that what it holds is given back. Exits with 2 and one line where
    the database is away or not migrated: with 1 a command says what it has found there.
    """
    settings = chosen_settings()
    try:
        return asyncio.run(_act(settings, action))
    except EmbeddedError as error:
        raise refused(str(error), code=2) from None
    except Problem as error:
        code = 2 if error.type.status == SERVICE_UNAVAILABLE else 1
        raise refused(f"{error.type.slug}: {error.type.title}", code) from None
    except asyncio.CancelledError:
        raise typer.Exit(128 + signal.SIGTERM) from None


def refused(why: str, code: int = 1) -> typer.Exit:
    """Says why on stderr; to be raised."""
    typer.echo(f"meguri: {why}", err=True)
    return typer.Exit(code)


async def _act(settings: Settings, action: Callable[[Settings], Awaitable[Result]]) -> Result:
    cancel_on(signal.SIGTERM)
    async with embedded_services(settings) as filled:
        return await _on_its_database(settings, filled, action)


async def _on_its_database(
    chosen: Settings, filled: Settings, action: Callable[[Settings], Awaitable[Result]]
) -> Result:
    from asyncpg import InterfaceError, PostgresError
    from sqlalchemy.exc import SQLAlchemyError

    from cli.wait import refuse_what_is_not_up

    try:
        return await action(filled)
    except (PostgresError, InterfaceError, SQLAlchemyError):
        await refuse_what_is_not_up(chosen, filled.database_url)
        raise
