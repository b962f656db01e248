"""`python -m audits.privacy` (`make privacy-audit`): does what is released keep what was promised?

Exits with 1 if the product is caught, or if one of four planted faults is not.
"""

import os
from collections.abc import Iterator
from time import perf_counter
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console
from rich.table import Table

from audits.distinguish import Found, Order, compare, true_mu, worst_person
from audits.mutants import MUTANTS, UNTOUCHED
from audits.neighbours import WORST
from audits.people import bound_people
from audits.promised import gates, promises

_STEPS: Final = (20, 5, 1)
"""A fault is looked for in a twentieth of the runs, then in a fifth, then in all of them: most are
seen at once, and none is let go before all."""


def privacy(
    runs: Annotated[int, typer.Option(min=100, help="Releases on each side.")] = 100_000,
    people: Annotated[int, typer.Option(min=1, help="Random people to bound.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Of the random people.")] = 1,
    processes: Annotated[int, typer.Option(min=1)] = os.cpu_count() or 1,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Audit the weekly release: its bounds, its noise, and this audit by faults planted in it."""
    started, out = perf_counter(), Console(stderr=is_json, width=110)
    bounding = bound_people(people, seed)
    out.print(f"bounding: {bounding.as_json()}")
    promised = promises()
    for each in promised:
        out.print(f"promised: {each.as_json()}")
    out.print(f"gates: {gates()}")
    for person in WORST:
        out.print(f"{person.name}: mu {true_mu(person):.4f}")
    found: list[Found] = []
    for each_found in _all(runs, processes):
        found.append(each_found)
        out.print(_line(each_found))
    good = [bounding.is_within, all(each.is_sound for each in promised), *map(_is_good, found)]
    out.print(_table(found))
    out.print(
        f"{'all is as promised' if all(good) else 'FAILED'}, {perf_counter() - started:.0f} s"
    )
    if is_json:
        told: dict[str, Any] = {
            "is_sound": all(good),
            "bounding": bounding.as_json(),
            "promised": [each.as_json() for each in promised],
            "gates": gates(),
            "distinguished": list(map(_as_json, found)),
        }
        print(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
    raise typer.Exit(0 if all(good) else 1)


def _all(runs: int, processes: int) -> Iterator[Found]:
    """The product as it is, with many others in each cell and at the edge; then each fault."""
    person = worst_person()
    for is_at_the_edge in (True, False):
        yield compare(Order(UNTOUCHED, person, is_at_the_edge, False, runs), processes)
    for fault in MUTANTS:
        for part in _STEPS:
            some = max(100, runs // part)
            order = Order(fault, person, fault == "true_threshold", False, some)
            found = compare(order, processes)
            if not found.is_within or part == _STEPS[-1]:
                yield found
                break


def _is_good(found: Found) -> bool:
    return found.is_within == (found.fault == UNTOUCHED)


def _verdict(found: Found) -> str:
    if found.fault == UNTOUCHED:
        return "within" if found.is_within else "BROKEN"
    return "NOT CAUGHT" if found.is_within else "caught"


def _line(found: Found) -> str:
    return (
        f"{found.fault}, cells {found.cells}: mu is at least {found.least_mu:.4f}, paid for are"
        f" {found.allowed_mu:.4f}: {_verdict(found)} ({found.runs} runs, {found.seconds:.0f} s)"
    )


def _table(found: list[Found]) -> Table:
    table = Table("release", "cells", "runs", "mu at least", "mu paid for", "verdict", "s")
    for each in found:
        table.add_row(
            each.fault,
            each.cells,
            f"{each.runs:,}",
            f"{each.least_mu:.4f}",
            f"{each.allowed_mu:.4f}",
            _verdict(each),
            f"{each.seconds:.0f}",
        )
    return table


def _as_json(found: Found) -> dict[str, Any]:
    return {
        "release": found.fault,
        "cells": found.cells,
        "person": found.person,
        "runs": found.runs,
        "mu_at_least": round(found.least_mu, 4),
        "mu_paid_for": round(found.allowed_mu, 4),
        "verdict": _verdict(found),
        "seconds": round(found.seconds, 1),
    }


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(privacy)
    app()
