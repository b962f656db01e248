"""`meguri check-proof`: check the proof of an entry, without a database and without a server."""

from pathlib import Path
from typing import Annotated

import typer


def check_proof(
    proof: Annotated[Path, typer.Argument(help="The answer of …/proof, as a file.")],
    key: Annotated[
        str | None, typer.Option(help="Published keys.json, or the key as 64 hex digits.")
    ] = None,
    head: Annotated[
        Path | None, typer.Option(help="A published head that the proof must lead to.")
    ] = None,
) -> None:
    """Check the proof against the issuer's key, a published head, or both; 1 if it fails."""
    from seals.check_proof import main

    options = {"--key": key, "--head": head}
    words = [str(word) for pair in options.items() if pair[1] is not None for word in pair]
    raise typer.Exit(main([str(proof), *words]))
