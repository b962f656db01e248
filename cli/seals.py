"""`meguri seals`: the keys that sign sealed history, and texts that are erased from it."""

import re
from typing import Annotated
from uuid import UUID

import typer

from cli.deployment import act, chosen_settings, refused
from core.settings import Settings

seals = typer.Typer(
    help="Sealed history: its keys, and texts erased from it.", no_args_is_help=True
)


@seals.command()
def keys(
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Add a new key; what the others signed still verifies.")
    ] = False,
) -> None:
    """Make the file of MEGURI_SEAL_KEYS_FILE if it is not there, and show the public key."""
    from seals.keys import (
        BadSealKeysError,
        create_seal_keys_file,
        read_seal_keys,
        rotate_seal_keys_file,
    )

    path = chosen_settings().seal_keys_file
    if path is None:
        raise refused("MEGURI_SEAL_KEYS_FILE must be set", code=2)
    try:
        if create_seal_keys_file(path):
            typer.echo(f"Made {path}.")
        elif rotate:
            rotate_seal_keys_file(path)
            typer.echo(f"Rotated {path}; restart the workers.")
        else:
            typer.echo(f"{path} is there already.")
        made = read_seal_keys(path)
    except (OSError, BadSealKeysError) as error:
        raise refused(f"{path}: {error}") from None
    typer.echo(f"Key {made.key_id} signs. Publish it: {made.public[-1].hex()}")


@seals.command()
def trust(
    public: Annotated[str, typer.Argument(help="The key, as 64 hex digits.")],
) -> None:
    """Believe another deployment's key too: a region with blocks that it signed was imported."""
    from seals.check_proof import key_id
    from seals.keys import BadSealKeysError
    from seals.keys import trust as write

    path = chosen_settings().seal_keys_file
    if path is None:
        raise refused("MEGURI_SEAL_KEYS_FILE must be set", code=2)
    if not re.fullmatch("[0-9a-fA-F]{64}", public):
        raise refused("a key has 64 hex digits", code=2)
    key = bytes.fromhex(public)
    try:
        write(path, key)
    except (OSError, BadSealKeysError) as error:
        raise refused(f"{path}: {error}") from None
    typer.echo(f"What key {key_id(key)} signed is believed too.")


@seals.command()
def erase(
    entry: Annotated[UUID, typer.Argument(help="The id of the entry.")],
    region: Annotated[str, typer.Option(help="Code of the region.")],
    fact: Annotated[
        list[str] | None, typer.Option(help="Which text, e.g. reason; all of the entry if unsaid.")
    ] = None,
) -> None:
    """Erase texts about a person from one entry, for good; seals and proofs still hold."""

    async def run(settings: Settings) -> list[str]:
        return await _erase(settings, region, entry, fact)

    erased = act(run)
    if not erased:
        raise refused("there is no such text in that entry, or it was erased before")
    typer.echo(f"Erased from {entry}: {', '.join(erased)}.")


@seals.command()
def forget() -> None:
    """Erase what reasons in the journal say about people who closed their account. Run it daily."""
    erased, waiting = act(_forget)
    typer.echo(f"Erased a reason from {erased} entries; {waiting} are to be sealed first.")


async def _forget(settings: Settings) -> tuple[int, int]:
    import asyncpg

    from core.database import Database
    from ledger.regions import load_regions
    from seals.forget import forget as forget_region

    database = Database(settings.database_url, pool_size=1)
    try:
        regions = await load_regions(database)
    finally:
        await database.close()
    as_owner = {"role": "meguri_owner", "timezone": "UTC"}
    owner = await asyncpg.connect(settings.owner_database_url, server_settings=as_owner)
    try:
        done = [await forget_region(owner, region.region_id) for region in regions.values()]
    finally:
        await owner.close()
    return sum(erased for erased, _ in done), sum(waiting for _, waiting in done)


async def _erase(settings: Settings, code: str, entry: UUID, facts: list[str] | None) -> list[str]:
    import asyncpg

    from core.database import Database
    from ledger.regions import load_regions
    from seals.erase import erase as erase_texts

    database = Database(settings.database_url, pool_size=1)
    try:
        region = (await load_regions(database)).get(code)
    finally:
        await database.close()
    if region is None:
        raise refused(f"there is no region {code}", code=2)
    as_owner = {"role": "meguri_owner", "timezone": "UTC"}
    owner = await asyncpg.connect(settings.owner_database_url, server_settings=as_owner)
    try:
        return await erase_texts(owner, region.region_id, entry, facts)
    finally:
        await owner.close()
