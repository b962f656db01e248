"""The end screen: the day's books, busiest shops, a resident's statement, and the verdict."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from town import answers
from town.answers import Books, NearStore
from town.check import Figure
from town.day import Plan
from town.told import Told
from town.week import Place

SHOPS_SHOWN: Final = 8
LINES_SHOWN: Final = 12

_CLASSES: Final = {
    "street_member": "shopping street",
    "small": "small shop",
    "convenience": "convenience",
    "large": "large",
}
_KINDS: Final = {
    "payment": "payment",
    "refund": "refund",
    "void": "void",
    "top_up": "top-up",
    "top_up.reversed": "top-up reversed",
    "wallet.opened": "wallet opened",
}
_INDENT: Final = (0, 0, 0, 2)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the day's figures agree, what was not as awaited, and the audit's own words."""

    figures: Sequence[Figure]
    surprises: Sequence[str]
    audit: str
    is_whole: bool

    @property
    def agrees(self) -> bool:
        """Whether everything does."""
        return self.is_whole and not self.surprises and all(f.agrees for f in self.figures)


def show_books(console: Console, books: Books) -> None:
    """The trial balance; kinds of account that were not moved are left out."""
    table = _table("account", ">debits, yen", ">credits, yen", ">balance, yen")
    for line in books.lines:
        if line.debits or line.credits:
            table.add_row(line.kind, *_numbers(line.debits, line.credits, line.balance))
    table.add_section()
    difference = books.debits - books.credits
    colour = "red" if difference else "green"
    table.add_row(
        "[bold]together[/]",
        *_numbers(books.debits, books.credits),
        f"[bold {colour}]difference {difference:,}[/]",
    )
    _show(console, "The day's books 試算表", table)


def show_shops(console: Console, plan: Plan, told: Told) -> None:
    """The shops with the most payments."""
    visits = Counter(paid.shop for paid in told.payments.values())
    takings = told.takings()
    table = _table("shop", "class", "area", ">payments", ">taken, yen")
    for number, count in visits.most_common(SHOPS_SHOWN):
        shop = plan.shops[number]
        words = (shop.name, _CLASSES[shop.merchant_class], shop.area)
        table.add_row(*words, *_numbers(count, takings[number]))
    _show(console, "Busiest shops", table)


def show_directory(console: Console, stores: Sequence[NearStore]) -> None:
    """The stores nearest to the station, as anybody finds them at this moment."""
    table = _table("shop", "category", ">metres", "now", "campaigns")
    for store in stores:
        now = "[green]open[/]" if store.is_open else "[dim]closed[/]"
        words = (store.name, store.category, f"{store.metres:,}", now)
        table.add_row(*words, "、".join(store.campaigns) or "[dim]none[/]")
    _show(console, "Nearest to the station 加盟店一覧", table)


def show_statement(console: Console, resident: int, entries: Mapping[str, Any]) -> None:
    """The newest lines of one resident's history, as that resident sees them."""
    table = _table("time", "what", "where", ">yen", ">coin", ">points")
    for item in answers.statement(entries)[:LINES_SHOWN]:
        table.add_row(
            f"{datetime.fromisoformat(item.at):%H:%M}",
            _KINDS.get(item.kind, item.kind),
            item.store_name,
            f"{item.amount_yen:,}",
            *(f"{change:+,}" if change else "" for change in (item.coin_change, item.points)),
        )
    _show(console, f"Statement of resident {resident:,}, newest first", table)


def show_refusals(console: Console, told: Told) -> None:
    """How many mistakes met which problem."""
    table = _table("problem", ">times")
    for slug, count in sorted(told.refusals.items()):
        table.add_row(slug, f"{count:,}")
    _show(console, "Mistakes that were refused", table)


def show_week(console: Console, places: Sequence[Place], suppressed: int) -> None:
    """Who paid where in the week, as it was released, and what the gate says of a notice."""
    table = _table("where", ">payers", ">95 of 100 lie within", ">needed", "a notice to them")
    shown: Counter[str] = Counter()
    for place in places:
        shown[place.table] += 1
        if shown[place.table] > SHOPS_SHOWN:
            continue
        payers = place.payers
        verdict = "[green]✓ may be sent[/]" if place.passes else "[dim]too few people[/]"
        span = f"{payers.low:,} to {payers.high:,}"
        needed = f"{place.fewest:,}"
        table.add_row(" / ".join(place.keys), f"{payers.value:,}", span, needed, verdict)
    _show(console, "The week's tables, as released", table)
    said = f"  {suppressed:,} cells of the week's tables are too small to be told."
    console.print(said, style="dim", markup=False)


def show_verdict(console: Console, verdict: Verdict) -> None:
    """Every figure twice, by the town's own count and by the ledger; then the audit."""
    table = _table("figure", ">the town's count", ">the ledger", "")
    for figure in verdict.figures:
        mark = "[green]✓ agrees[/]" if figure.agrees else "[bold red]✗ DIFFERS[/]"
        table.add_row(figure.name, *_numbers(figure.town, figure.ledger), mark)
    _show(console, "Verdict", table)
    for surprise in verdict.surprises[:LINES_SHOWN]:
        console.print(f"  ✗ {surprise}", style="red", markup=False, soft_wrap=True)
    mark, colour = ("✓", "green") if verdict.is_whole else ("✗", "bold red")
    console.print(f"  {mark} Audit: {verdict.audit}", style=colour, markup=False, soft_wrap=True)
    show_conclusion(console, verdict)


def show_conclusion(console: Console, verdict: Verdict) -> None:
    """The verdict in one line."""
    if verdict.agrees:
        console.print("  [bold green]✓ Every figure agrees with the ledger.[/]")
    else:
        told = f"{len(verdict.surprises):,} answers were not as expected"
        console.print(f"  [bold red]✗ Not every figure agrees with the ledger[/] ({told}).")


def _show(console: Console, title: str, table: Table) -> None:
    console.print(f"\n  [bold cyan]{title}[/]")
    console.print(Padding(table, _INDENT))


def _table(*columns: str) -> Table:
    """A table without walls; a column that begins with > stands to the right."""
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column.lstrip(">"), justify="right" if column[:1] == ">" else "left")
    return table


def _numbers(*numbers: int) -> Iterable[str]:
    return (f"{number:,}" for number in numbers)
