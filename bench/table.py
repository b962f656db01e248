"""Show a run to people: ratios first, then the figures behind them, then what the books say."""

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from bench.figures import Figure, Ratio, Result


def show(result: Result, console: Console) -> None:
    """Print everything."""
    console.print(", ".join(f"{name} {value}" for name, value in result.machine.items()))
    console.print(_ratios(result))
    for ratio in result.ratios:
        console.print(f"[bold]{ratio.name}[/]: {ratio.means}. Bounded by: {ratio.bound}.")
    console.print(_figures(result))
    for figure in result.figures:
        if figure.note:
            console.print(f"[bold]{figure.name}[/], {figure.clients}: {figure.note}.")
    for name, verdict in result.verdicts.items():
        told = "sound" if verdict.is_sound else f"NOT SOUND: {verdict.faults[0]}"
        console.print(
            f"The books of {name} are {told}: {verdict.entries:,} entries, "
            f"{verdict.postings:,} postings, {verdict.accounts:,} accounts."
        )
    for reason in result.invalid:
        console.print(f"[bold red]This run does not count:[/] {reason}.")


def _ratios(result: Result) -> Table:
    table = Table("ratio", "this run", "target", "", box=SIMPLE)
    for column in table.columns[1:3]:
        column.justify = "right"
    for ratio in result.ratios:
        told = "" if ratio.is_met else "missed"
        table.add_row(ratio.name, f"{ratio.value:.2f}{ratio.unit}", _target(ratio), told)
    return table


def _target(ratio: Ratio) -> str:
    return f"{'≤' if ratio.is_ceiling else '≥'} {ratio.target:g}{ratio.unit}"


def _figures(result: Result) -> Table:
    """A line for each thing that was done by so many clients."""
    title = "A second on this machine: information, no target"
    columns = ("", "clients", "middle round", "lowest", "highest")
    table = Table(*columns, title=title, box=SIMPLE)
    for column in table.columns[1:]:
        column.justify = "right"
    for figure in result.figures:
        table.add_row(*_cells(figure))
    return table


def _cells(figure: Figure) -> tuple[str, ...]:
    """The middle round, and the lowest and highest where there were several."""
    middle = f"{figure.per_second:,.0f}"
    if len(figure.rounds) == 1:
        return figure.name, str(figure.clients), middle
    ends = (f"{end:,.0f}" for end in (min(figure.rounds), max(figure.rounds)))
    return figure.name, str(figure.clients), middle, *ends
