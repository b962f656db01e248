"""Every comparison that `make bench` makes, and the ratios that come of each."""

from collections.abc import Awaitable, Callable
from typing import Final

from bench import (
    compare_backtest,
    compare_bulk,
    compare_campaigns,
    compare_directory,
    compare_engine,
    compare_fanout,
    compare_history,
    compare_http,
    compare_latency,
    compare_processes,
    compare_refusals,
    compare_sales,
    compare_setbased,
    compare_settle,
    compare_sync_commit,
    compare_tables,
)
from bench.figures import Result
from bench.scale import Scale
from bench.sides import Sides

Compare = Callable[[Sides, Scale, Result], Awaitable[None]]

COMPARISONS: Final[dict[tuple[str, ...], Compare]] = {
    compare_engine.NAMES: compare_engine.compare_engine,
    compare_setbased.NAMES: compare_setbased.compare_setbased,
    compare_processes.NAMES: compare_processes.compare_processes,
    compare_sync_commit.NAMES: compare_sync_commit.compare_sync_commit,
    compare_bulk.NAMES: compare_bulk.compare_bulk,
    compare_campaigns.NAMES: compare_campaigns.compare_campaigns,
    compare_backtest.NAMES: compare_backtest.compare_backtest,
    compare_settle.NAMES: compare_settle.compare_settle,
    compare_directory.NAMES: compare_directory.compare_directory,
    compare_history.NAMES: compare_history.compare_history,
    compare_sales.NAMES: compare_sales.compare_sales,
    compare_tables.NAMES: compare_tables.compare_tables,
    compare_fanout.NAMES: compare_fanout.compare_fanout,
    compare_http.NAMES: compare_http.compare_http,
    compare_latency.NAMES: compare_latency.compare_latency,
    compare_refusals.NAMES: compare_refusals.compare_refusals,
}
"""In the order in which they run."""

NAMES: Final = tuple(name for names in COMPARISONS for name in names)


def chosen(only: str | None) -> dict[tuple[str, ...], Compare]:
    """All comparisons by their ratios, or the one that `only`, a ratio, comes of."""
    return {
        names: compare for names, compare in COMPARISONS.items() if only is None or only in names
    }
