"""How far the cost of a past and the day of its end may be off: blocks of days drawn again."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Final

BLOCK_DAYS: Final = 7
"""Whole weeks, so that each day of the week counts alike."""
DRAWS: Final = 999
FEWEST_DAYS: Final = 14
"""With less than two weeks there is nothing to draw from, and no interval."""
_SEED: Final = 1
"""The same past has the same interval."""
_LOW: Final = (DRAWS + 1) * 5 // 100 - 1
_HIGH: Final = (DRAWS + 1) * 95 // 100 - 1


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle nine tenths of what was drawn."""

    low_yen: int
    high_yen: int
    earliest_on: date | None
    """None where the budget lasts."""
    latest_on: date | None


def spread_of(first: date, demand_yen: Sequence[int], budget_yen: int | None) -> Spread | None:
    """Draw each week of the past again, from the days around it; docs/decisions/0025 says why.

    `demand_yen` are the days from `first` on, as they cost where no budget ends. None where there
    are fewer than two weeks.
    """
    if len(demand_yen) < FEWEST_DAYS:
        return None
    chance = Random(_SEED)  # noqa: S311  nothing is secret here
    costs, ends = [], []
    for _ in range(DRAWS):
        so_far = list(accumulate(_draw(demand_yen, chance)))
        if budget_yen is None:
            costs.append(so_far[-1])
            continue
        highest = list(accumulate(so_far, max))
        costs.append(min(budget_yen, so_far[-1]))
        ends.append(bisect_left(highest, budget_yen))
    costs.sort()
    ends.sort()

    def day(place: int) -> date | None:
        if not ends or ends[place] >= len(demand_yen):
            return None
        return first + timedelta(days=ends[place])

    return Spread(costs[_LOW], costs[_HIGH], day(_LOW), day(_HIGH))


def _draw(days: Sequence[int], chance: Random) -> list[int]:
    """As many days, each block from a week before to a week after where it stands: so what changes
    slowly, as caps fill up and a campaign becomes known, stays as it was.
    """
    drawn: list[int] = []
    latest = len(days) - BLOCK_DAYS
    for start in range(0, len(days), BLOCK_DAYS):
        place = min(start, latest)
        low, high = max(0, place - BLOCK_DAYS), min(latest, place + BLOCK_DAYS)
        source = chance.randint(low, high)
        drawn += days[source : source + min(BLOCK_DAYS, len(days) - start)]
    return drawn
