"""`python -m bench`: measure on this machine; exits with 1 if the run does not count."""

import os
import platform
from typing import Annotated, Final, Literal

import orjson
import typer
import uvloop
from rich.console import Console

from bench import compare_engine, compare_http
from bench.figures import Result
from bench.ground import DURABLE, Ground, prepared_ground
from bench.scale import FULL, QUICK, Scale
from bench.sides import OURS, make_sides, verify_side
from bench.table import show

NARROWEST: Final = 100
"""Columns of the table where the terminal has fewer, or is none."""

Name = Literal["engine_vs_one_tx", "http_vs_noop"]


def bench(
    only: Annotated[Name | None, typer.Option(help="Measure this ratio alone.")] = None,
    is_quick: Annotated[
        bool, typer.Option("--quick", help="Under a minute: shows that it works, not how fast.")
    ] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare the engine with single transactions, and the API with a route that does nothing.

    It takes a server and a folder of its own, and leaves nothing behind.
    """
    result = uvloop.run(measure(QUICK if is_quick else FULL, only))
    if is_json:
        print(orjson.dumps(result.as_json(), option=orjson.OPT_INDENT_2).decode())
    else:
        console = Console()
        show(result, Console(width=max(console.width, NARROWEST)))
    raise typer.Exit(1 if result.invalid else 0)


async def measure(scale: Scale, only: Name | None) -> Result:
    """Run the comparisons on new ground, and verify the books that they leave."""
    async with prepared_ground() as ground:
        result = Result(_machine(ground, scale))
        sides = await make_sides(ground, scale)
        if only in (None, compare_engine.NAME):
            await compare_engine.compare_engine(sides, scale, result)
        if only in (None, compare_http.NAME):
            await compare_http.compare_http(sides, scale, result)
        result.judge(OURS, await verify_side(sides, OURS))
    return result


def _machine(ground: Ground, scale: Scale) -> dict[str, str]:
    return {
        "Python": platform.python_version(),
        "PostgreSQL": ground.version,
        "cores": str(os.cpu_count()),
        **dict.fromkeys(DURABLE, "on"),
        "scale": "quick" if scale is QUICK else "full",
        "wallets": str(scale.wallets),
    }


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(bench)
    app()
