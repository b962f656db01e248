"""`meguri torture`: break a deployment under load, and compare its answers with the ledger."""

import asyncio
import signal
import tempfile
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Never

import typer

from cli.deployment import refused
from core.embedded.account import EmbeddedError

if TYPE_CHECKING:
    from torture.planted.catalogue import Planted
    from torture.scenario import Scenario


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
    planted: Annotated[
        bool, typer.Option("--planted", help="Plant faults; each must be caught.")
    ] = False,
    folder: Annotated[Path | None, typer.Option(help="Where reports go.")] = None,
) -> None:
    """Start a deployment, break it under load, judge it; exits with 1 if a promise broke.

    Its servers are its own, in a temporary folder, and never those that settings name.
    """
    if find_spec("torture") is None:
        raise refused("torture is no part of what is installed; run it from a checkout", code=2)
    from cli.migrate import upgrade
    from torture.catalogue import SCENARIOS
    from torture.command import plant
    from torture.command import torture as run

    if show:
        for each in SCENARIOS:
            typer.echo(f"{each.number:>3} {each.name:<22} {each.does}")
        return
    folder = folder or Path(tempfile.mkdtemp(prefix="meguri-torture-reports-"))
    if planted:
        chosen_faults, first = _planted(scenario or ()), (seed or [1])[0]
        _judge(lambda: plant(chosen_faults, minutes, first, upgrade, typer.echo, folder))
    named = named_scenarios(scenario or ())
    chosen = list(SCENARIOS) if every else named
    if not chosen:
        raise refused("name a scenario, or --all; see `meguri torture --list`", code=2)
    seeds = list(dict.fromkeys(seed or [1]))
    _judge(lambda: run(chosen, minutes, seeds, upgrade, typer.echo, folder))


def named_scenarios(names: Iterable[str]) -> "list[Scenario]":
    """Each once, by name or number: a second run under one seed would write over the first's
    report. Exits with 2 where there is none of a name.
    """
    from torture.catalogue import find

    chosen = {}
    for name in names:
        found = find(name)
        if found is None:
            raise refused(f"there is no scenario {name}; see `meguri torture --list`", code=2)
        chosen[found.number] = found
    return list(chosen.values())


def _judge(run: Callable[[], bool]) -> Never:
    """Exits with 0 where `run` says that all is as it should be, else with 1."""
    try:
        held = run()
    except EmbeddedError as error:
        raise refused(str(error)) from None
    except asyncio.CancelledError:
        raise typer.Exit(128 + signal.SIGTERM) from None
    raise typer.Exit(0 if held else 1)


def _planted(names: Sequence[str]) -> "Sequence[Planted]":
    """The planted faults of these names; all of them where none is named."""
    from torture.planted.catalogue import PLANTED, find

    chosen = []
    for name in names:
        found = find(name)
        if found is None:
            known = ", ".join(planted.name for planted in PLANTED)
            raise refused(f"nobody planted {name}; there are {known}", code=2)
        chosen.append(found)
    return chosen or PLANTED
