"""`meguri keys`: the keys that sign tokens: make them once, rotate them now and then."""

from typing import Annotated

import typer

from cli.deployment import chosen_settings


def keys(
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Add a new key; the present ones end in good time.")
    ] = False,
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Rotate, and believe the old keys no longer.")
    ] = False,
) -> None:
    """Make the file of MEGURI_KEYS_FILE if it is not there; running processes notice a rotation."""
    from api.key_file import create_key_file, rotate_key_file

    path = chosen_settings().keys_file
    created = create_key_file(path)
    if created:
        typer.echo(f"Made {path}.")
    elif rotate or compromised:
        rotate_key_file(path, is_compromised=compromised)
        typer.echo(f"Rotated {path}.")
    else:
        typer.echo(f"{path} is there already.")
