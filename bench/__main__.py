"""`python -m bench`: measure on this machine; exits with 1 if the run does not count."""

import os
import platform
from typing import Annotated, Final

import orjson
import typer
import uvloop
from rich.console import Console

from bench.comparisons import NAMES, chosen
from bench.figures import Result
from bench.ground import DURABLE, Ground, prepared_ground
from bench.scale import FULL, QUICK, Scale
from bench.sides import make_sides
from bench.table import show

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
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure ratios: the engine and the API against something on the same machine.

    It takes a server and a folder of its own, and leaves nothing behind.
    """
    result = uvloop.run(measure(QUICK if is_quick else FULL, only))
    if is_json:
        print(orjson.dumps(result.as_json(), option=orjson.OPT_INDENT_2).decode())
    else:
        console = Console()
        show(result, Console(width=max(console.width, NARROWEST)))
    raise typer.Exit(1 if result.invalid else 0)


async def measure(scale: Scale, only: str | None) -> Result:
    """Run the comparisons on new ground; each verifies the books that it leaves."""
    async with prepared_ground() as ground:
        result = Result(_machine(ground, scale))
        sides = await make_sides(ground, scale)
        for compare in chosen(only):
            await compare(sides, scale, result)
    return result


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
