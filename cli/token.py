"""`meguri token`: issue one token by hand, for operators and developers."""

from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import typer

from cli.deployment import chosen_settings, refused

Face = Literal["resident", "merchant", "admin"]

MAX_TTL_SECONDS = 900
"""Of `api.claims`, which is imported only when the command runs."""


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
    scope: Annotated[str, typer.Option(help="Scopes, separated by spaces.")] = "",
    ttl: Annotated[
        int, typer.Option("--ttl", help="Seconds that it lives.", min=1, max=MAX_TTL_SECONDS)
    ] = MAX_TTL_SECONDS,
) -> None:
    """Print a token that this deployment's keys have signed. Who has the keys needs no more."""
    from pydantic import ValidationError

    from api.app import open_keys
    from api.keys import BadKeysError
    from api.tokens import issue

    claims: dict[str, Any] = {"role": role, "merchant": merchant, "stores": store}
    given = {name: value for name, value in claims.items() if value}
    settings = chosen_settings()
    try:
        keys = open_keys(settings)
        typer.echo(issue(keys, face, sub or uuid4(), region, scope, ttl, **given))
    except (OSError, BadKeysError) as error:
        raise refused(f"the keys in {settings.keys_file} cannot be read: {error}") from None
    except ValidationError as error:
        told = "; ".join(problem["msg"] for problem in error.errors(include_input=False))
        raise refused(f"there is no such token: {told}", code=2) from None
