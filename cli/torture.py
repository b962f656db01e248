"""`meguri torture`: break a deployment under load, and compare its answers with the ledger."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from cli.deployment import refused


def torture(
    scenario: Annotated[
        list[str] | None, typer.Argument(help="Names or numbers of scenarios; see --list.")
    ] = None,
    minutes: Annotated[
        float, typer.Option(help="How long the load of each lasts.", min=0.01, max=600)
    ] = 1.0,
    seed: Annotated[list[int] | None, typer.Option(help="Once for each seed.")] = None,
    show: Annotated[bool, typer.Option("--list", help="Say which there are.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Run them all.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Where reports go.")] = None,
) -> None:
    """Start a deployment, break it under load, judge it; exits with 1 if a promise broke.

    Its servers are its own, in a temporary folder, and never those that settings name.
    """
    if find_spec("torture") is None:
        raise refused("torture is no part of what is installed; run it from a checkout", code=2)
    from cli.migrate import upgrade
    from torture.catalogue import SCENARIOS, find
    from torture.command import torture as run

    if show:
        for each in SCENARIOS:
            typer.echo(f"{each.number:>3} {each.name:<22} {each.does}")
        return
    chosen = list(SCENARIOS) if every else []
    for name in scenario or ():
        found = find(name)
        if found is None:
            raise refused(f"there is no scenario {name}; see `meguri torture --list`", code=2)
        chosen.append(found)
    if not chosen:
        raise refused("name a scenario, or --all; see `meguri torture --list`", code=2)
    held = run(chosen, minutes, seed or [1], upgrade, typer.echo, folder)
    raise typer.Exit(0 if held else 1)
