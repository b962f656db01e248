"""Show a run to people: ratios first, then the figures behind them, then what the books say."""

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from bench.figures import Figure, Result


def show(result: Result, console: Console) -> None:
    """Print everything."""
    console.print(", ".join(f"{name} {value}" for name, value in result.machine.items()))
    console.print(_ratios(result))
    for ratio in result.ratios:
        console.print(f"[bold]{ratio.name}[/]: {ratio.means}. Bounded by: {ratio.bound}.")
    console.print(_figures(result))
    for figure in result.figures:
        if figure.note:
            console.print(f"[bold]{figure.name}[/]: {figure.note}.")
    for side, verdict in result.verdicts.items():
        told = "sound" if verdict.is_sound else f"NOT SOUND: {verdict.faults[0]}"
        console.print(
            f"The books of {side} are {told}: {verdict.entries:,} entries, "
            f"{verdict.postings:,} postings, {verdict.accounts:,} accounts."
        )
    for reason in result.invalid:
        console.print(f"[bold red]This run does not count:[/] {reason}.")


def _ratios(result: Result) -> Table:
    table = Table("ratio", "this run", "target", box=SIMPLE)
    for column in table.columns[1:]:
        column.justify = "right"
    for ratio in result.ratios:
        table.add_row(ratio.name, f"{ratio.value:.2f}", f"{ratio.target:g}")
    return table


def _figures(result: Result) -> Table:
    """A line for each thing that was done, a column for each number of clients."""
    clients = sorted({figure.clients for figure in result.figures})
    by_place = {(figure.name, figure.clients): figure for figure in result.figures}
    title = "A second on this machine, by clients: information, no target"
    table = Table("", *map(str, clients), title=title, box=SIMPLE)
    for column in table.columns[1:]:
        column.justify = "right"
    for name in dict.fromkeys(figure.name for figure in result.figures):
        table.add_row(name, *(_cell(by_place.get((name, number))) for number in clients))
    return table


def _cell(figure: Figure | None) -> str:
    """The middle round, and the lowest and highest where there were several."""
    if figure is None:
        return ""
    middle = f"{figure.per_second:,.0f}"
    if len(figure.rounds) == 1:
        return middle
    return f"{middle}\n{min(figure.rounds):,.0f}-{max(figure.rounds):,.0f}"
