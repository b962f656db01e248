"""`meguri token`: issue one token by hand, for operators and developers."""

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid4

import typer

from cli.deployment import chosen_settings, refused
from core.settings import Settings

Face = Literal["resident", "merchant", "admin"]

MAX_TTL_SECONDS = 900
"""Of `api.claims`, which is imported only when the command runs."""
ASKS_FOR_S: Final = 3


def token(
    face: Annotated[Face, typer.Argument(help="Which side of the API it is for.")],
    region: Annotated[str, typer.Option(help="Code of the region; * for an operator.")],
    sub: Annotated[
        UUID | None,
        typer.Option(help="The person, member of staff or administrator; if absent, a new one."),
    ] = None,
    role: Annotated[str, typer.Option(help="Role of a merchant's or administrator's token.")] = "",
    merchant: Annotated[UUID | None, typer.Option(help="Merchant of a merchant's token.")] = None,
    store: Annotated[list[UUID] | None, typer.Option(help="Only this store; repeatable.")] = None,
    scope: Annotated[
        str, typer.Option(help="Only these scopes of its face, separated by spaces.")
    ] = "",
    ttl: Annotated[
        int, typer.Option("--ttl", help="Seconds that it lives.", min=1, max=MAX_TTL_SECONDS)
    ] = MAX_TTL_SECONDS,
) -> None:
    """Print a token that this deployment's keys have signed. Who has the keys needs no more."""
    from pydantic import ValidationError

    from api.claims import ALL_REGIONS
    from api.keys import BadKeysError
    from api.open_secrets import open_keys
    from api.tokens import issue

    settings = chosen_settings()
    if missing := _missing(face, role, merchant, scope):
        raise refused(f"there is no such token: {missing}", code=2)
    claims: dict[str, Any] = {"role": role, "merchant": merchant, "stores": store}
    given = {name: value for name, value in claims.items() if value}
    try:
        keys = open_keys(settings)
        made = issue(keys, face, sub or uuid4(), region, scope, ttl, **given)
    except (OSError, BadKeysError) as error:
        raise refused(f"the keys in {settings.keys_file} cannot be read: {error}") from None
    except ValidationError as error:
        told = "; ".join(problem["msg"] for problem in error.errors(include_input=False))
        raise refused(f"there is no such token: {told}", code=2) from None
    if region != ALL_REGIONS and not asyncio.run(_may_be_there(settings, region)):
        typer.echo(f"meguri: there is no region {region} yet; until then it is refused", err=True)
    typer.echo(made)


def _missing(face: Face, role: str, merchant: UUID | None, scope: str) -> str:
    """What such a token needs and has not, with what there is to choose from; else nothing."""
    from api.claims import ROLES, SCOPES

    if role not in (ROLES[face] or {""}):
        roles = ", ".join(sorted(ROLES[face]))
        return f"the roles of {face} are {roles}" if roles else f"{face} has no roles"
    if face == "merchant" and merchant is None:
        return "a merchant's token needs --merchant, the merchant's id"
    if not set(scope.split()) <= set(SCOPES[face]):
        return f"the scopes of {face} are {', '.join(SCOPES[face])}"
    return ""


async def _may_be_there(settings: Settings, region: str) -> bool:
    """Whether the database has the region, or cannot be asked at once: nothing is started."""
    from sqlalchemy.exc import SQLAlchemyError

    from core.database import Database
    from core.embedded.account import EmbeddedError
    from core.embedded.postgres import postgres_pid, start_postgres
    from core.embedded.services import DATABASE
    from core.errors import Problem
    from ledger.regions import load_regions

    url = settings.database_url
    if not url and postgres_pid(settings.data_dir) is None:
        return True
    try:
        async with asyncio.timeout(ASKS_FOR_S), AsyncExitStack() as parts:
            if not url:
                postgres = await start_postgres(settings.data_dir)
                parts.push_async_callback(postgres.leave)
                url = postgres.app_url(DATABASE)
            database = Database(url)
            parts.push_async_callback(database.close)
            return region in await load_regions(database)
    except (Problem, EmbeddedError, SQLAlchemyError, TimeoutError):
        return True
