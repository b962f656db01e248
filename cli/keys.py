"""`meguri keys`: the keys of the API: make them once, rotate those of tokens now and then."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.deployment import chosen_settings

if TYPE_CHECKING:
    from api.keys import KeyRing


def keys(
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Add a new key; the present ones end in good time.")
    ] = False,
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Rotate, and believe the old keys no longer.")
    ] = False,
) -> None:
    """Make the files of MEGURI_KEYS_FILE and MEGURI_VAULT_KEY_FILE if they are not there.

    Running processes notice a rotation. The vault's key is never rotated: second factors are sealed
    with it.
    """
    from access.vault import create_vault_key_file
    from api.key_file import create_key_file, rotate_key_file

    settings = chosen_settings()
    path, vault_path = settings.keys_file, settings.vault_key_file
    if vault_path is None:
        typer.echo(_NO_VAULT, err=True)
    elif create_vault_key_file(vault_path):
        typer.echo(f"Made {vault_path}.")
    created = create_key_file(path)
    if created:
        typer.echo(f"Made {path}.")
    elif compromised:
        rotate_key_file(path, is_compromised=True)
        typer.echo(f"Replaced all keys in {path}. {_REPLACED}")
    elif rotate:
        typer.echo(f"Rotated {path}. {_in_words(rotate_key_file(path))}")
    else:
        typer.echo(f"{path} is there already.")


_NO_VAULT: Final = (
    "MEGURI_VAULT_KEY_FILE is not set: the vault's key is not made, and nothing serves without it."
)
_REPLACED: Final = (
    "Every token that was issued so far is refused from now on, within a second in processes that "
    "run: everybody signs in again."
)


def _in_words(ring: "KeyRing") -> str:
    """What a rotation means for tokens: when the new key begins, and when the last old one ends."""
    begins = datetime.fromtimestamp(ring.keys[-1].signs_from, UTC)
    ends = datetime.fromtimestamp(max(key.verifies_until or 0 for key in ring.keys), UTC)
    return (
        "Tokens that were issued so far live until they expire. "
        f"The new key signs from {begins:%H:%M} UTC on; the old ones verify until {ends:%H:%M} UTC."
    )
