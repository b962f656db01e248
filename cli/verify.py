"""`meguri verify`: prove that the ledger's books are whole, and that nobody rewrote its history."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from cli.deployment import act, refused
from core.settings import Settings

if TYPE_CHECKING:
    from core.database import Database
    from ledger.verify import Fault, Verdict
    from seals.verify import ChainVerdict

Head = Mapping[str, Any]

KEYS_OF_THE_DATABASE: Final = (
    "signatures checked against the keys in the database itself: give --key with the published one"
)
"""To be said where nothing else was known: whoever may write there can let a false key be known."""

AS_MADE: Final = "the database is as the migrations made it"


@dataclass(frozen=True, slots=True)
class Believed:
    """The public keys that blocks must be signed with, by their ids, and where they come from."""

    keys: Mapping[str, bytes]
    source: Literal["given", "file", "database"]
    """`--key`, the deployment's own key file, or the very database that is verified."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the verification of one region came to: its books, and its sealed history."""

    books: "Verdict"
    chain: "ChainVerdict"
    changed: "Sequence[Fault]" = ()
    """What is not as the migrations made it, and of operators: the same for every region."""

    @property
    def faults(self) -> "list[Fault]":
        """Everything that is wrong."""
        return [*self.books.faults, *self.chain.faults, *self.changed]


def verify(
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list of the regions.")] = False,
    heads: Annotated[
        list[Path] | None,
        typer.Option("--head", help="A published head that you kept: it must be in the chain."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key", help="Published keys.json, or a key as 64 hex digits, to believe; no other."
        ),
    ] = None,
) -> None:
    """Recompute all balances from the postings, and all seals; exits with 1 if any do not agree,
    with 2 if it could not look.
    """
    try:
        kept = [json.loads(path.read_text()) for path in heads or ()]
        regions = {head["header"]["region"] for head in kept}
        given = _given_keys(key) if key is not None else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise refused(f"no published head or key: {error}", code=2) from None

    async def run(settings: Settings) -> tuple[Believed, list[Found]]:
        return await _verify(settings, kept, given)

    believed, found = act(run)
    missing = sorted(regions - {each.books.region for each in found})
    if as_json:
        typer.echo(json.dumps([_as_json(each, believed) for each in found], indent=2))
    for each in found if not as_json else []:
        typer.echo(in_words(each.books, each.chain, each.changed))
    if not found and not as_json:
        typer.echo("there is no region yet: nothing to verify")
    if found and not as_json and believed.source == "database":
        typer.echo(KEYS_OF_THE_DATABASE)
    for region in missing:
        typer.echo(f"{region}: a head of it was published, and there is no such region", err=True)
    if missing or any(each.faults for each in found):
        raise typer.Exit(1)


def in_words(
    books: "Verdict", chain: "ChainVerdict | None" = None, changed: "Sequence[Fault]" = ()
) -> str:
    """What the verification of one region came to: a line, and one more for each fault."""
    size = f"{books.entries:,} entries, {books.postings:,} postings, {books.accounts:,} accounts"
    if chain is not None:
        size += f"; {chain.sealed:,} sealed in {chain.blocks:,} blocks"
        size += f", {chain.unsealed:,} not yet" if chain.unsealed else ""
        size += f", texts of {chain.erased:,} erased" if chain.erased else ""
    faults = [*books.faults, *(chain.faults if chain is not None else ()), *changed]
    lines = [f"{books.region}: {size}: {'NOT SOUND' if faults else 'sound'}"]
    lines += [f"  {fault.check}: {fault.place}" for fault in faults]
    return "\n".join(lines)


def _as_json(found: Found, believed: Believed) -> dict[str, Any]:
    chain = found.chain
    return {
        **asdict(found.books),
        "blocks": chain.blocks,
        "sealed": chain.sealed,
        "unsealed": chain.unsealed,
        "erased": chain.erased,
        "keys_from": believed.source,
        "faults": [asdict(fault) for fault in found.faults],
        "is_sound": not found.faults,
    }


async def _verify(
    settings: Settings, kept: Collection[Head], given: Believed | None
) -> tuple[Believed, list[Found]]:
    from core.database import Database, bare
    from insights.verify import verify_whole_region
    from ledger.regions import load_regions
    from ledger.verify import MOST_FAULTS, Fault
    from migrations.as_made import differences
    from payments.verify_acts import verify_operators
    from seals.publish import forgotten_days, heads_in_folder
    from seals.verify import verify_sealed

    database = Database(settings.database_url, pool_size=1)
    try:
        believed = given or _keys_of_the_file(settings) or await _keys_of_the_database(database)
        async with database.everywhere() as session:
            changed = [Fault(AS_MADE, place) for place in await differences(await bare(session))]
        operators = await verify_operators(database)
        found = []
        for region in (await load_regions(database)).values():
            heads = [head for head in kept if head["header"]["region"] == region.code]
            heads += heads_in_folder(settings.published_heads_dir, region.code)
            books = await verify_whole_region(database, region, settings.published_heads_dir)
            chain = await verify_sealed(database, region, believed.keys, heads)
            for day in await forgotten_days(database, region, settings.published_heads_dir):
                chain.fault("what was published is known as published", day)
            found.append(Found(books, chain, changed[:MOST_FAULTS] + operators))
        return believed, found
    finally:
        await database.close()


def _given_keys(key: str) -> Believed:
    from seals.check_proof import read_keys

    return Believed(read_keys(Path(key).read_text() if Path(key).is_file() else key), "given")


def _keys_of_the_file(settings: Settings) -> Believed | None:
    """The keys of the deployment's own file, if it is here."""
    from seals.keys import BadSealKeysError, read_seal_keys

    path = settings.seal_keys_file
    try:
        return Believed(read_seal_keys(path).known, "file") if path is not None else None
    except FileNotFoundError:
        return None
    except (OSError, BadSealKeysError) as error:
        raise refused(f"{path}: {error}") from None


async def _keys_of_the_database(database: "Database") -> Believed:
    from core.database import bare
    from seals.check_proof import key_id
    from seals.publish import public_keys

    async with database.everywhere() as session:
        found = await public_keys(await bare(session))
    return Believed({key_id(public): public for public in found}, "database")
