"""`python -m bench`: measure on this machine; exits with 1 if the run does not count."""

import asyncio
import os
import platform
import signal
import sys
from collections.abc import Awaitable
from pathlib import Path
from time import perf_counter
from typing import Annotated, Final

import orjson
import typer
import uvloop
from rich.console import Console

from bench.comparisons import NAMES, chosen
from bench.figures import Result
from bench.ground import DURABLE, Ground, prepared_ground
from bench.keep_history import obstacle, usual_folder
from bench.scale import FULL, QUICK, Scale
from bench.sides import make_sides
from bench.table import show
from core.garbage import collect_seldom
from core.termination import cancel_on

NARROWEST: Final = 100
"""Columns of the table where the terminal has fewer, or is none."""


def _known(name: str | None) -> str | None:
    if name is not None and name not in NAMES:
        raise typer.BadParameter(f"{name} is none of: {', '.join(NAMES)}")
    return name


def bench(
    only: Annotated[
        str | None,
        typer.Option(callback=_known, help="Measure this ratio, and what comes with it."),
    ] = None,
    is_quick: Annotated[
        bool, typer.Option("--quick", help="A minute: shows that it works, not how fast.")
    ] = False,
    history: Annotated[
        Path | None, typer.Option(help="Keep the long history here, not in the usual folder.")
    ] = None,
    is_fresh: Annotated[
        bool, typer.Option("--fresh-history", help="Load the long history anew.")
    ] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure ratios: the engine and the API against something on the same machine.

    It takes a server and a folder of its own and leaves nothing behind; but a full run keeps a long
    history, which the next one finds.
    """
    scale = QUICK if is_quick else FULL
    folder = history or (None if is_quick else usual_folder())
    if folder is not None and (found := obstacle(folder)):
        print(f"bench: {found}", file=sys.stderr)
        raise typer.Exit(2)
    result = Result({})
    try:
        uvloop.run(measure(result, scale, only, folder, is_fresh=is_fresh))
    except asyncio.CancelledError:
        raise typer.Exit(128 + signal.SIGTERM) from None
    finally:  # also of a run that fails in the end: half an hour of figures is worth something
        _print(result, is_json=is_json)
    raise typer.Exit(1 if result.invalid else 0)


def _print(result: Result, *, is_json: bool) -> None:
    if is_json:
        print(orjson.dumps(result.as_json(), option=orjson.OPT_INDENT_2).decode())
    else:
        console = Console()
        show(result, Console(width=max(console.width, NARROWEST)))


async def measure(
    result: Result, scale: Scale, only: str | None, history: Path | None, *, is_fresh: bool
) -> None:
    """Run the comparisons on new ground; each verifies the books that it leaves.

    What each came to is said as it ends, beside what is printed: all of it takes half an hour.
    Raises what one of them raises; `result` has what was found until then.
    """
    cancel_on(signal.SIGTERM)  # not SIGHUP: `nohup` lets it outlive its terminal
    async with prepared_ground() as ground:
        result.machine.update(_machine(ground, scale))
        sides = await make_sides(ground, scale, history, is_fresh=is_fresh)
        collect_seldom()  # as every served process does: the engine and the job run in this one
        for names, compare in chosen(only).items():
            await measure_one(names, compare(sides, scale, result), result)


async def measure_one(names: tuple[str, ...], compare: Awaitable[None], result: Result) -> None:
    """Make one comparison. Until it has come to its end, the run does not count."""
    started, known = perf_counter(), len(result.ratios)
    unfinished = f"{', '.join(names)} did not come to an end"
    result.broken.append(unfinished)
    await compare
    result.broken.remove(unfinished)
    found = ", ".join(f"{one.name} {one.value:.2f}" for one in result.ratios[known:])
    print(f"{found}: {perf_counter() - started:.0f} s", file=sys.stderr)


def _machine(ground: Ground, scale: Scale) -> dict[str, str]:
    return {
        "Python": platform.python_version(),
        "PostgreSQL": ground.version,
        "cores": str(os.cpu_count()),
        "load before": f"{os.getloadavg()[0]:.2f}",
        **dict.fromkeys(DURABLE, "on"),
        "scale": "quick" if scale is QUICK else "full",
        "wallets": str(scale.wallets),
    }


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(bench)
    app()
