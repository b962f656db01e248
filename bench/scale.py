"""How large a run is: a full one that may be quoted, and a quick one that shows that it works."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes and durations of one run. Rounds of both sides take turns; the middle one counts."""

    wallets: int
    merchants: int
    """Each has one store."""
    residents: int
    """Wallets whose residents pay over HTTP, each with a token of its own."""
    rounds: int
    seconds: float
    """How long each figure is measured in each round."""
    warm_up_seconds: float
    one_tx_clients: tuple[int, ...]
    """Where the other side is at its best; at 64 it meets the engine on equal terms."""
    drawn_in_sets: int
    """Payments that are drawn for set-based statements, which take them again and again."""
    in_bulk: int
    """Commands in each bulk; a round has two, and the wallets are enough for all rounds."""
    past_payments: int
    backtest_payments: int
    """Of a simulation's past."""
    settled_payments: int
    """Of the period that is closed."""
    tabled_payments: int
    """Of the week that is released as tables; `past_payments` of them are the kept history."""
    listed_stores: int
    """In the public directory."""
    notices: int
    """To as many people, each with a browser."""
    history_warm_up_seconds: float
    """After a checkpoint each page is logged whole once: this passes while payments go on."""
    tries: int
    """Answers of each kind whose waits are compared."""
    pgbench_scale: int
    """Of pgbench's own tables, 100,000 rows each: so many that its clients hardly meet."""


FULL: Final = Scale(
    wallets=180_000,
    merchants=3_000,
    residents=2_000,
    rounds=3,
    seconds=5,
    warm_up_seconds=2,
    one_tx_clients=(1, 8, 16, 32),
    drawn_in_sets=200_000,
    in_bulk=20_000,
    past_payments=5_000_000,
    backtest_payments=2_000_000,
    settled_payments=1_000_000,
    tabled_payments=10_000_000,
    listed_stores=6_200,
    notices=180_000,
    history_warm_up_seconds=60,
    tries=2_000,
    pgbench_scale=10,
)
QUICK: Final = Scale(
    wallets=3_000,
    merchants=150,
    residents=100,
    rounds=1,
    seconds=0.3,
    warm_up_seconds=0.1,
    one_tx_clients=(8,),
    drawn_in_sets=6_000,
    in_bulk=600,
    past_payments=9_000,
    backtest_payments=9_000,
    settled_payments=9_000,
    tabled_payments=12_000,
    listed_stores=1_200,
    notices=400,
    history_warm_up_seconds=0.2,
    tries=8,
    pgbench_scale=1,
)

ENGINE_CLIENTS: Final = 64
MOST_ENGINE_CLIENTS: Final = 256
SET_CLIENTS: Final = (1, 2)
"""Batches of sets queue for the head: a third client would only wait longer."""
CONNECTIONS: Final = 64
"""Of the load generator to the API, in closed loop."""
MOST_CONNECTIONS: Final = 128
"""In open loop: so many that a request hardly ever waits for one."""
SMALLEST_YEN: Final = 100
LARGEST_YEN: Final = 1_500
OPENING_YEN: Final = 50_000
"""Coin in each wallet at the start."""
BUDGET_YEN: Final = 10_000_000_000
ZIPF: Final = 1.1
"""How uneven the shops are: the n-th is visited in proportion to 1 / n ** ZIPF."""
