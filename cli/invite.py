"""`meguri invite`: let the first operator in, by whoever has the server."""

from typing import Annotated, Final, Literal
from uuid import UUID

import typer

from cli.deployment import act, refused
from core.settings import Settings

Whom = Literal["operator"]

OF_THE_SERVER: Final = UUID(int=0)


def invite(
    whom: Annotated[Whom, typer.Argument(help="Whom: an operator, who invites all others.")],
    email: Annotated[str, typer.Option(help="E-mail address of the person.")],
    send: Annotated[
        bool, typer.Option("--send", help="Write it to that address instead of printing it.")
    ] = False,
) -> None:
    """Invite an operator. Who has the database needs no more; it stands in the log of acts."""
    from access.emails import BadEmailError, read_email

    try:
        address = read_email(email)
    except BadEmailError:
        raise refused("that is no e-mail address in ASCII", code=2) from None

    async def apply(settings: Settings) -> str:
        return await invite_operator(settings, address.address, send=send)

    told = act(apply)
    if send:
        typer.echo(f"The invitation of an {whom} waits for the worker, and lasts seven days.")
    else:
        typer.echo("This code lets one operator in, once, within seven days:", err=True)
        typer.echo(told)


async def invite_operator(settings: Settings, email: str, *, send: bool = False) -> str:
    """Invite an operator; the word that lets that person in, once. It is sent too, if wanted."""
    from datetime import UTC, datetime

    from access.acts import Doer
    from access.emails import read_email
    from access.invitations import LASTS, invite
    from access.posts import Reach
    from access.sessions import Home
    from access.staff_notices import secret_text, write_invitation
    from core.database import Database
    from core.ids import uuid7

    home, name = Home(0, "*"), uuid7(datetime.now(UTC))
    database = Database(settings.database_url, pool_size=1)
    try:
        async with database.transaction(home.region_id) as db:
            doer = Doer(OF_THE_SERVER, "command:invite", "operator")
            reach = Reach("admin", "operator")
            made = await invite(db, home.region_id, name, read_email(email), reach, doer, None)
            assert made.secret is not None
            if send:
                await write_invitation(db, home, email, name, made.secret, LASTS)
    finally:
        await database.close()
    return secret_text(home, name, made.secret)
