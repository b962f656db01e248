"""The table that lives with the day: its clock, what moves, what is left, what was refused."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

_STEPS: Final = "▁▂▃▄▅▆▇█"
_WIDTH: Final = 78
"""A terminal of 80 columns shows all of it."""
_INSIDE: Final = _WIDTH - 6
_LEFT: Final = 40
_RIGHT: Final = _INSIDE - _LEFT - 3
_SPARKS: Final = 15


@dataclass(frozen=True, slots=True)
class Sale:
    """One payment as a passer-by sees it; money in yen."""

    shop: str
    amount_yen: int
    rebate_points: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The town at one moment; amounts in yen, `done` and `acts` count acts of the plan."""

    town: str
    at: datetime
    acts: int
    done: int
    payments: int
    paid_yen: int
    top_ups: int
    top_up_yen: int
    returns: int
    returns_yen: int
    rebate_points: int
    budget_yen: int
    budget_left_yen: int
    refusals: Counter[str]
    surprises: int
    latest: tuple[Sale, ...]

    @property
    def done_percent(self) -> int:
        """How much of the day's plan is done."""
        return 100 * self.done // max(self.acts, 1)


def draw(now: Snapshot, rates: list[int]) -> RenderableType:
    """The live table; `rates` are payments a second, the newest last."""
    below = Table.grid(padding=(0, 3))
    below.add_column(width=_LEFT)
    below.add_column(width=_RIGHT)
    below.add_row(Group(_figures(now, rates), Text(), _latest(now)), _refusals(now))
    return Panel(
        Group(_progress(now), Text(), below),
        title=f"[bold]{now.town}[/]  {now.at:%Y-%m-%d} [bold]{now.at:%H:%M}[/]",
        box=box.ROUNDED,
        border_style="cyan",
        width=_WIDTH,
        padding=(0, 2),
    )


def in_words(now: Snapshot, rates: list[int]) -> str:
    """The same in one line."""
    return (
        f"{now.at:%H:%M}  {now.done_percent:>3} %  {_newest(rates):>4} payments/s"
        f"  {now.payments:>7,} paid ¥{now.paid_yen:,}  rebates {now.rebate_points:,}"
        f"  budget left ¥{now.budget_left_yen:,}  refused {now.refusals.total():,}"
    )


def _progress(now: Snapshot) -> RenderableType:
    line = Table.grid(padding=(0, 2))
    line.add_column(width=_INSIDE - 7)
    line.add_column(justify="right", width=5)
    line.add_row(
        ProgressBar(total=max(now.acts, 1), completed=now.done, width=_INSIDE - 7),
        f"{now.done_percent} %",
    )
    return line


def _figures(now: Snapshot, rates: list[int]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", width=17)
    table.add_column(justify="right", width=6)
    table.add_column(justify="right", width=_SPARKS)
    table.add_row("payments a second", f"[bold]{_newest(rates):,}[/]", _sparks(rates))
    table.add_row("payments", f"{now.payments:,}", f"¥{now.paid_yen:,}")
    table.add_row("top-ups", f"{now.top_ups:,}", f"¥{now.top_up_yen:,}")
    table.add_row("refunds, voids", f"{now.returns:,}", f"¥{now.returns_yen:,}")
    table.add_row("rebates", "", f"[green]{now.rebate_points:,} pt[/]")
    left_percent = 100 * now.budget_left_yen // max(now.budget_yen, 1)
    table.add_row("budget left", f"{left_percent} %", f"[yellow]¥{now.budget_left_yen:,}[/]")
    table.add_row("not as expected", _surprises(now), "")
    return table


def _latest(now: Snapshot) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=_LEFT - 18, no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", width=7)
    table.add_column(justify="right", width=9, style="green")
    for sale in now.latest:
        rebate = f"+{sale.rebate_points:,} pt" if sale.rebate_points else ""
        table.add_row(sale.shop, f"¥{sale.amount_yen:,}", rebate)
    return table


def _refusals(now: Snapshot) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=_RIGHT - 7, no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", width=6)
    table.add_row("[bold]refused, as it must be[/]", f"[bold]{now.refusals.total():,}[/]")
    for slug, count in sorted(now.refusals.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(f"[dim]{slug}[/]", f"{count:,}")
    return table


def _newest(rates: list[int]) -> int:
    return rates[-1] if rates else 0


def _sparks(rates: list[int]) -> Text:
    """The last seconds as a row of bars, the highest of them as high as a line is."""
    shown = rates[-_SPARKS:]
    highest = max(shown, default=0) or 1
    bars = (_STEPS[rate * (len(_STEPS) - 1) // highest] for rate in shown)
    return Text("".join(bars), style="cyan")


def _surprises(now: Snapshot) -> str:
    return f"[bold red]{now.surprises:,}[/]" if now.surprises else "0"
