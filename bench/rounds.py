"""Take turns: what is compared is measured round by round, so a disturbance hits both sides."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench.figures import Figure

Figures = dict[tuple[str, int], Figure]
"""By name and number of clients."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that is measured in each round."""

    name: str
    clients: int
    measure: Callable[[], Awaitable[float]]
    """How often it was done in a second."""
    is_once: bool = False
    """Only in the first round: it stands beside a ratio and in none."""


async def take_turns(turns: Sequence[Turn], rounds: int) -> Figures:
    """Measure everything once a round."""
    rates: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    for number in range(rounds):
        for turn in turns:
            if number == 0 or not turn.is_once:
                rates[turn.name, turn.clients].append(await turn.measure())
    return {key: Figure(*key, tuple(measured)) for key, measured in rates.items()}
